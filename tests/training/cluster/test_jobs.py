"""A job as H2O tells of it, with all fields or with few."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_devo_dga.training.cluster.jobs import Job

KEY = {"key": {"name": "$03"}, "status": "RUNNING"}


@pytest.mark.parametrize(
    ("told", "job"),
    [
        (KEY, Job("$03", "", "RUNNING", 0.0, 0, "no reason given")),
        (
            KEY | {"dest": {"name": "m"}, "progress": 0.25, "start_time": 7, "progress_msg": "tree 5\nof 20"},
            Job("$03", "m", "RUNNING", 0.25, 7, "tree 5"),
        ),
        (
            KEY | {"dest": None, "progress": None, "exception": "no rows\n\tat water.X", "progress_msg": "x"},
            Job("$03", "", "RUNNING", 0.0, 0, "no rows"),
        ),
    ],
)
def test_it_is_read(told: dict[str, Any], job: Job) -> None:
    assert Job.of(told) == job


@pytest.mark.parametrize(
    ("status", "over"),
    [
        ("CREATED", False),
        ("RUNNING", False),
        ("DONE", True),
        ("FAILED", True),
        ("CANCELLED", True),
        ("?", False),
    ],
)
def test_it_is_over_when_h2o_says_so(status: str, over: bool) -> None:
    assert Job.of(KEY | {"status": status}).is_over is over
