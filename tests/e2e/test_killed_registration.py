"""A task that registers a model is killed between the steps that make one."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from tests.e2e.airflow_processes import is_alive, kill_task, wait_until
from tests.e2e.installation import Installation
from tests.e2e.rest_api import Run

SAVE = {"match": "/mlmodelmanager/models$", "method": "POST", "delay_s": 60}


@pytest.fixture
def content(glm_mojo: Any) -> bytes:
    """Return a small model file."""
    return bytes(glm_mojo(TUTORIAL_FEATURES.names, {"entropy": 1.0}, -3.0))


def registering(airflow: Installation, name: str, content: bytes, folder: Path) -> tuple[Run, int]:
    """Return a run that registers, and the number of the process that does."""
    file = folder / f"{name}.zip"
    file.write_bytes(content)
    run = airflow.run("e2e_register", name=name, model_file=file.as_uri())
    return run, run.wait_for("register", "running")["pid"]


def test_a_try_killed_between_upload_and_save_is_followed_by_one_model(
    airflow: Installation, told: Callable[..., None], content: bytes, tmp_path: Path
) -> None:
    name = "e2e_unsaved"
    airflow.devo.fault("stall_headers", **SAVE)
    run, pid = registering(airflow, name, content, tmp_path)
    wait_until(lambda: airflow.devo.saves(name), 60, "nothing was saved")
    assert len(airflow.devo.uploads(name)) == 1
    kill_task(pid, signal.SIGKILL)
    assert run.wait() == "success", run.log("register", 2)
    assert airflow.devo.model(name) == content
    answered = [request for request in airflow.devo.saves(name) if request["status"] == 200]
    assert len(answered) == 1
    told(
        "RegisterModelOperator",
        "SIGKILL between upload and save",
        "success at try 2",
        f"{len(airflow.devo.uploads(name))} uploads, 1 save answered, 1 model, right bytes",
    )


def test_a_try_killed_after_the_save_is_followed_by_none(
    airflow: Installation, told: Callable[..., None], content: bytes, tmp_path: Path
) -> None:
    name = "e2e_saved"
    airflow.devo.fault("slow_upload", delay_s=4)
    run, pid = registering(airflow, name, content, tmp_path)
    wait_until(lambda: airflow.devo.uploads(name), 60, "nothing was uploaded", every=0.1)
    # the model is there before reading it back is answered
    airflow.devo.fault("stall_headers", match=f"/mlmodelmanager/models/{name}", method="GET", delay_s=60)
    wait_until(lambda: any(save["status"] for save in airflow.devo.saves(name)), 60, "nothing was saved")
    time.sleep(0.5)
    kill_task(pid, signal.SIGKILL)
    assert run.wait() == "success", run.log("register", 2)
    assert run.task("register")["try_number"] == 2
    assert "nothing to do" in run.log("register", 2)
    assert (len(airflow.devo.uploads(name)), len(airflow.devo.saves(name))) == (1, 1)
    assert airflow.devo.model(name) == content
    told(
        "RegisterModelOperator", "SIGKILL after the save", "success at try 2", "1 upload, 1 save, right bytes"
    )

    again = airflow.run("e2e_register", name=name, model_file=(tmp_path / f"{name}.zip").as_uri())
    assert again.wait() == "success"
    assert (len(airflow.devo.uploads(name)), len(airflow.devo.saves(name))) == (1, 1)
    told("RegisterModelOperator", "none, run again", "success", "0 uploads, 0 saves")


def test_a_registration_marked_failed_saves_nothing(
    airflow: Installation, told: Callable[..., None], content: bytes, tmp_path: Path
) -> None:
    name = "e2e_marked"
    airflow.devo.fault("slow_upload", delay_s=5)
    run, pid = registering(airflow, name, content, tmp_path)
    wait_until(lambda: airflow.devo.uploads(name), 60, "nothing was uploaded", every=0.1)
    run.mark_failed("register")
    wait_until(lambda: not is_alive(pid), 12, "the task goes on", every=0.05)
    assert "told to stop" in run.log("register")
    time.sleep(5)
    assert airflow.devo.saves(name) == []
    assert airflow.devo.model(name) is None
    assert run.wait() == "failed"
    told("RegisterModelOperator", "marked failed during the upload", "failed", "0 saves, no model")
