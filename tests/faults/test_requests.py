"""The request's side of the contract: what is sent, what never is, and what a wrong connection comes to."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoError,
    DevoPermanentError,
    DevoQueryError,
    DevoTransientError,
    DevoWindowError,
)
from airflow_provider_devo_dga.hooks.devo import DevoHook
from devo_sandbox.server import Sandbox
from tests.faults.callers import CALLERS, Asked, EventError
from tests.faults.ledger import Cell, Ledger

ROWS = [{"n": number} for number in range(3)]
Setting = Callable[[Any, Any, Any, int], None]


@pytest.fixture(scope="module")
def table(_owner: Any) -> str:
    return _owner.table(ROWS, n="int4")


@pytest.fixture
def asked(devo: Any, connect: Any, no_pauses: None, table: str, tmp_path: Any, context: Any) -> Asked:
    connect("faulty", extra={"timeout": 10, "retries": 1})
    return Asked(f"from {table} select n", devo.window, "framing", tmp_path / "out", context, len(ROWS))


def dead(asked: Asked, connect: Any, devo: Any, port: int) -> None:
    connect("faulty", port=port, extra={"retries": 1})


def stranger(asked: Asked, connect: Any, devo: Any, port: int) -> None:
    connect("faulty", extra={"verify": True})


def wrong_token(asked: Asked, connect: Any, devo: Any, port: int) -> None:
    connect("faulty", password="a-strangers-t0ken")


def no_api(asked: Asked, connect: Any, devo: Any, port: int) -> None:
    connect("faulty", host=devo.sandbox.base_url + "/nothing/here")


def no_table(asked: Asked, connect: Any, devo: Any, port: int) -> None:
    asked.query = "from no.such.table"


def no_linq(asked: Asked, connect: Any, devo: Any, port: int) -> None:
    asked.query += " order by n"


def no_query(asked: Asked, connect: Any, devo: Any, port: int) -> None:
    asked.query = "  \n"


def reversed_window(asked: Asked, connect: Any, devo: Any, port: int) -> None:
    asked.window = {"from_": devo.window["to"], "to": devo.window["from_"]}


def naive_window(asked: Asked, connect: Any, devo: Any, port: int) -> None:
    asked.window = {name: moment.replace(tzinfo=None) for name, moment in devo.window.items()}


SETTINGS: list[tuple[str, Setting, type[DevoError], int]] = [
    ("14", dead, DevoTransientError, 0),
    ("14", stranger, DevoConnectionConfigError, 0),
    ("15", wrong_token, DevoAuthError, 1),
    ("15", no_api, DevoConnectionConfigError, 1),
    ("16", no_table, DevoQueryError, 1),
    ("16", no_linq, DevoQueryError, 1),
    ("20", no_query, DevoQueryError, 0),
    ("20", reversed_window, DevoWindowError, 0),
    ("20", naive_window, DevoWindowError, 0),
]


@pytest.mark.parametrize(
    ("row", "wrong", "error", "requests", "caller"),
    [
        pytest.param(*setting, caller, id=f"{setting[1].__name__}-{caller}")
        for setting in SETTINGS
        for caller in CALLERS
        # a trigger waits, without an end, for a server that is away
        if (setting[1], caller) != (dead, "trigger")
    ],
)
def test_what_is_wrong_on_our_side_is_asked_once_at_most(
    devo: Any,
    connect: Any,
    asked: Asked,
    ledger: Ledger,
    dead_port: int,
    row: str,
    wrong: Setting,
    error: type[DevoError],
    requests: int,
    caller: str,
) -> None:
    kind, call = CALLERS[caller]
    wrong(asked, connect, devo, dead_port)
    if wrong is dead and kind == "poke":
        call(asked)
        assert asked.number is None
        outcome = "not yet"
    else:
        with pytest.raises((DevoError, EventError)) as caught:
            call(asked)
        outcome = caught.value.name if isinstance(caught.value, EventError) else type(caught.value).__name__
        assert outcome == error.__name__
    sent = len(devo.asked())
    assert sent == requests
    assert asked.rows == []
    assert not asked.folder.exists() or not [*asked.folder.iterdir()]
    ledger.note(Cell("settings", row, wrong.__name__, caller, True, outcome, sent))


@pytest.mark.parametrize("caller", CALLERS)
def test_a_server_without_tls_is_a_wrong_address(connect: Any, asked: Asked, caller: str) -> None:
    with Sandbox(tls=False) as plain:
        connect("faulty", port=plain.port)
        with pytest.raises((DevoConnectionConfigError, EventError), match="does not speak TLS"):
            CALLERS[caller][1](asked)


@pytest.mark.parametrize("caller", [caller for caller in CALLERS if caller != "trigger"])
def test_no_rows_are_an_answer(devo: Any, asked: Asked, caller: str) -> None:
    """Row 7: columns and no row. Whoever waits for rows waits on, a trigger without an end."""
    asked.query = f"from {devo.table(n='int4')} select n"
    CALLERS[caller][1](asked)
    assert asked.rows == []
    assert asked.number == (None if caller in {"get_records", "iter_rows", "sensor"} else 0)


@pytest.mark.parametrize("caller", CALLERS)
def test_what_is_sent(devo: Any, asked: Asked, table: str, caller: str) -> None:
    """Rows 25 to 28, 30 to 33 and 35: one format, a closed window in seconds, nothing in the background."""
    CALLERS[caller][1](asked)
    (request,) = devo.asked()
    assert (request["method"], request["path"]) == ("POST", "/search/query")
    body = json.loads(request["body"])
    assert body["mode"] == {"type": "json/simple/compact"}
    assert (body["from"], body["to"]) == tuple(int(moment.timestamp()) for moment in devo.window.values())
    assert body["ipAsString"] is True
    assert not {"destination", "keepAlive", "offset"} & body.keys()
    assert body.get("limit") == (len(ROWS) if caller in {"sensor", "trigger"} else None)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_would_not_be_sent_is_refused(devo: Any, asked: Asked, limit: int) -> None:
    """Row 34: devo-sdk leaves out a limit of 0, and Devo sends everything."""
    with pytest.raises(DevoQueryError, match="limit must be at least 1"):
        asked.hook.get_records(asked.query, limit=limit, **devo.window)
    assert devo.asked() == []


def test_a_word_for_completeness_that_is_none_is_refused(devo: Any, asked: Asked) -> None:
    asked.completeness = "none"
    with pytest.raises(DevoPermanentError, match="auto or count or framing, not 'none'"):
        asked.hook.get_records(asked.query, **asked.how)
    assert devo.asked() == []


def test_a_window_that_is_not_over_is_refused(devo: Any, asked: Asked) -> None:
    """Devo would hold the answer open with keep-alives until the window ends."""
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)
    with pytest.raises(DevoWindowError, match="not over yet"):
        asked.hook.count(asked.query, from_=end - timedelta(hours=1), to=end)
    assert devo.asked() == []


def test_queries_that_run_at_once_keep_their_columns(devo: Any, asked: Asked, table: str) -> None:
    """Row 21: with devo-sdk, the second query on a client gives its column names to the first one's rows."""
    hook = DevoHook("faulty")
    texts = [f"from {table} select n as a{number}" for number in range(4)]
    streams = [hook.iter_rows(text, **devo.window) for text in texts]
    taken = [[next(stream) for stream in streams] for _ in ROWS]
    assert taken == [[{f"a{number}": row["n"]} for number in range(4)] for row in ROWS]
    with ThreadPoolExecutor(4) as threads:
        whole = [*threads.map(lambda text: hook.get_records(text, **devo.window), texts)]
    assert whole == [[{f"a{number}": row["n"]} for row in ROWS] for number in range(4)]


def test_each_official_client_is_its_own(asked: Asked) -> None:
    """Row 35: a client of devo-sdk changes its configuration while it is used."""
    first, second = asked.hook.get_conn(), asked.hook.get_conn()
    assert first is not second
    assert first.config is not second.config
    assert (first.config.stream, first.config.response) == (True, "json/simple/compact")
