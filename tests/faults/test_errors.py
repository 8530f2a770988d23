"""What an error of a fault holds beside its type."""

from __future__ import annotations

import pickle
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoError,
    DevoIncompleteError,
    DevoQueryError,
    DevoResultError,
    DevoTransientError,
)
from airflow_provider_devo_dga.hooks.devo import DevoHook
from tests.faults.callers import Asked, async_rows
from tests.waiting import SOON

REASONS = [
    ("auth", 0, DevoAuthError, "Token invalid or expired"),
    ("http_503", 0, DevoTransientError, "Service Unavailable"),
    ("html_502", 0, DevoTransientError, "Bad Gateway"),
    ("html_200", 0, DevoResultError, "begins '<html>"),
    ("login_302", 0, DevoConnectionConfigError, "no Devo API at this address"),
    ("launch_200", 0, DevoQueryError, "Unknown table `t`"),
    ("error_200", 0, DevoTransientError, "could not begin the query: boom"),
    ("empty_200", 0, DevoIncompleteError, "not even its columns"),
    ("e_first", 0, DevoQueryError, "Error Launching Query"),
    ("e_first_busy", 0, DevoTransientError, "Error Processing Query"),
    ("e_mid", 1, DevoIncompleteError, "boom"),
    ("e_mid_escaped", 1, DevoIncompleteError, 'bo"om'),
    ("short_row", 1, DevoResultError, "Row 2"),
    ("cut_row", 1, DevoIncompleteError, "ended after 1 rows; it counts 3"),
    ("cut_mid_row", 1, DevoIncompleteError, "cut inside a row, after 1 whole rows"),
    ("cut_chunked", 0, DevoTransientError, "No answer"),
    ("cut_chunked", 2, DevoIncompleteError, "broke after 2 rows"),
]


@pytest.fixture(scope="module")
def table(_owner: Any) -> str:
    return _owner.table([{"n": number} for number in range(3)], n="int4")


@pytest.fixture
def asked(devo: Any, connect: Any, table: str, context: Any, tmp_path: Any) -> Asked:
    connect("faulty", extra={"timeout": 10, "retries": 0})
    return Asked(f"from {table} select n", devo.window, "framing", tmp_path, context, 3)


@pytest.mark.parametrize(("fault", "after", "kind", "reason"), REASONS)
def test_the_words_are_the_same_in_a_task_and_in_the_triggerer(
    devo: Any, asked: Asked, fault: str, after: int, kind: type[DevoError], reason: str
) -> None:
    devo.fault(fault, after_rows=after)
    with pytest.raises(kind) as sync:
        asked.hook.get_records(asked.query, **devo.window)
    devo.fault(fault, after_rows=after)
    with pytest.raises(kind) as concurrent:
        async_rows(asked)
    told = [str(caught.value).partition(" [")[0] for caught in (sync, concurrent)]
    assert reason in told[0]
    assert told[0] == told[1]
    if isinstance(sync.value, DevoIncompleteError):
        assert sync.value.rows_read == concurrent.value.rows_read == after  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", ["launch_200", "e_first", "bad_param", "odd_error_null"])
def test_a_refused_query_is_kept_with_its_error(devo: Any, asked: Asked, fault: str) -> None:
    devo.fault(fault)
    with pytest.raises(DevoQueryError) as caught:
        asked.hook.get_records(asked.query, **devo.window)
    assert caught.value.query == asked.query


def test_an_error_can_be_pickled(devo: Any, asked: Asked) -> None:
    devo.fault("auth")
    with pytest.raises(DevoAuthError) as caught:
        asked.hook.get_records(asked.query, **devo.window)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert (type(again), str(again)) == (DevoAuthError, str(caught.value))


def test_by_default_three_more_attempts_are_made(
    devo: Any, devo_connections: None, no_pauses: None, asked: Asked
) -> None:
    devo.fault("http_503", times=10)
    with pytest.raises(DevoTransientError) as caught:
        DevoHook().get_records(asked.query, **devo.window)
    assert caught.value.status == 503
    assert len(devo.asked(asked.query)) == 4


def test_keep_alives_do_not_stretch_the_timeout(devo: Any, connect: Any, asked: Asked) -> None:
    # a window that ends in the future is held open with keep-alives; the hook refuses it, the reader does not
    connect("faulty", extra={"timeout": 0.7, "retries": 0})
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)
    asked.window = {"from_": end - timedelta(hours=1), "to": end}
    began = time.monotonic()
    with pytest.raises(DevoTransientError, match="within its timeout"):
        async_rows(asked)
    assert time.monotonic() - began < SOON
