"""An answer cut at every byte, in every way that HTTP tells a length: all rows, or an error. Never a part."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from airflow_provider_devo_dga.devo_api.access import Credentials, Endpoint, Limits
from airflow_provider_devo_dga.devo_api.async_reader import AsyncReader
from airflow_provider_devo_dga.devo_api.files import write_batches
from airflow_provider_devo_dga.devo_api.query import Completeness, Query
from airflow_provider_devo_dga.devo_api.reader import Reader
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import DevoError, DevoIncompleteError, DevoTransientError
from airflow_provider_devo_dga.hooks.devo import DevoHook
from tests.conftest import START_MS
from tests.faults.callers import read
from tests.faults.cut_server import COUNT_HEAD, FRAMES, CutServer

WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC))
QUERY = Query("from t select n, t", WINDOW)
SMALL = [(1, "a"), (22, "}\r\n{"), (3, "ä\u2028")]
WHOLE = [[*row] for row in SMALL]
ONCE, TWICE = Limits(timeout=10, retries=0), Limits(timeout=10, retries=1)
# thousands of clients are made here: the authorities' certificates are not read for each
OPTIONS: dict[str, Any] = {
    "verify": False,
    "timeout": 10,
    "limits": httpx.Limits(max_keepalive_connections=0),
}
CAN_BE_SEEN = [frame for frame in FRAMES if frame != "reframed"]
"""Every cut but that of a proxy that frames half an answer anew."""


@pytest.fixture(scope="module")
def server() -> Iterator[CutServer]:
    with CutServer(SMALL) as running:
        yield running


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow_provider_devo_dga.devo_api.attempts._LONGEST_PAUSE", 0.0)


Read = Callable[[CutServer, Limits, Completeness, Path, list[Any]], None]


def read_stream(server: CutServer, limits: Limits, how: Completeness, folder: Path, rows: list[Any]) -> None:
    with httpx.Client(**OPTIONS) as client:
        for batch in Reader(client, endpoint(server), limits).batches(QUERY, how):
            rows += batch.rows


def read_whole(server: CutServer, limits: Limits, how: Completeness, folder: Path, rows: list[Any]) -> None:
    with httpx.Client(**OPTIONS) as client:
        reader = Reader(client, endpoint(server), limits)
        rows += reader.whole(QUERY, lambda batches: [row for batch in batches for row in batch.rows], how)


def read_file(server: CutServer, limits: Limits, how: Completeness, folder: Path, rows: list[Any]) -> None:
    target = folder / "rows.ndjson"
    target.unlink(missing_ok=True)
    try:
        with httpx.Client(**OPTIONS) as client:
            reader = Reader(client, endpoint(server), limits)
            reader.whole(QUERY, lambda batches: write_batches(batches, target, "ndjson"), how)
    finally:
        assert [*folder.iterdir()] == [target] * target.exists()
        rows += read(target) if target.exists() else []


def read_async(server: CutServer, limits: Limits, how: Completeness, folder: Path, rows: list[Any]) -> None:
    async def read_all() -> None:
        async with httpx.AsyncClient(**OPTIONS) as client:
            for batch in await AsyncReader(client, endpoint(server), limits.timeout).whole(QUERY, how):
                rows.extend(batch.rows)

    asyncio.run(read_all())


def endpoint(server: CutServer) -> Endpoint:
    return Endpoint(server.url, Credentials(token="hunter2"))


HANDS_OUT = {read_stream}
AGAIN = [read_whole, *(pytest.param(read, marks=pytest.mark.slow) for read in (read_stream, read_file))]
READ_AGAIN = pytest.mark.parametrize("reading", AGAIN)
"""Those that ask again after a fault; the async reader asks once."""
READ = pytest.mark.parametrize("reading", [*AGAIN, pytest.param(read_async, marks=pytest.mark.slow)])


def outcome(
    server: CutServer, reading: Read, limits: Limits, how: Completeness, folder: Path
) -> tuple[list[Any], DevoError | None]:
    """Return the rows that were delivered, and the error; a cut has to be one that may be asked again."""
    rows: list[Any] = []
    try:
        reading(server, limits, how, folder, rows)
    except (DevoIncompleteError, DevoTransientError) as error:
        return rows, error
    return rows, None


def check_each_cut(server: CutServer, reading: Read, frame: str, how: Completeness, folder: Path) -> None:
    for cut in range(len(server.body) + 1):
        server.plan(frame, cut)
        rows, error = outcome(server, reading, ONCE, how, folder)
        if error is None:
            assert rows == WHOLE, cut
            # the line break of the last row is no part of it
            assert cut >= len(server.body) - 2
        else:
            assert rows == WHOLE[: len(rows)], cut
            assert not rows or reading in HANDS_OUT, cut
            assert server.counted <= 1


@READ
@pytest.mark.parametrize("frame", CAN_BE_SEEN)
def test_no_cut_is_silent(server: CutServer, tmp_path: Path, reading: Read, frame: str) -> None:
    check_each_cut(server, reading, frame, "framing", tmp_path)


@READ
def test_a_count_sees_the_cut_that_a_proxy_framed_anew(
    server: CutServer, tmp_path: Path, reading: Read
) -> None:
    check_each_cut(server, reading, "reframed", "count", tmp_path)


def test_only_a_count_sees_that_a_proxy_framed_a_part_anew(server: CutServer, tmp_path: Path) -> None:
    two_rows = server.body.index(b'{"d":[3')
    server.plan("reframed", two_rows)
    assert outcome(server, read_whole, ONCE, "framing", tmp_path) == (WHOLE[:2], None)
    rows, error = outcome(server, read_whole, ONCE, "count", tmp_path)
    assert rows == []
    assert "ended after 2 rows; it counts 3" in str(error)


@READ_AGAIN
@pytest.mark.parametrize("frame", FRAMES)
def test_a_cut_that_passes_is_read_again(
    server: CutServer, now: None, tmp_path: Path, reading: Read, frame: str
) -> None:
    for cut in range(0, len(server.body) - 2, 7):
        server.plan(frame, cut, times=1)
        rows, error = outcome(server, reading, TWICE, "count", tmp_path)
        if reading in HANDS_OUT and rows and error:
            assert (rows, server.asked) == (WHOLE[: len(rows)], 1)
        else:
            assert (rows, error, server.asked) == (WHOLE, None, 2)


@READ_AGAIN
def test_an_answer_and_its_count_share_their_attempts(
    server: CutServer, now: None, tmp_path: Path, reading: Read
) -> None:
    busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
    server.plan("closing", None)
    server.count_replies = [busy] * 2
    assert outcome(server, reading, Limits(10, retries=2), "framing", tmp_path) == (WHOLE, None)
    assert (server.asked, server.counted) == (1, 3)
    server.plan("closing", None)
    server.count_replies = [busy] * 100
    _, error = outcome(server, reading, Limits(10, retries=2), "framing", tmp_path)
    server.count_replies = []
    assert isinstance(error, DevoTransientError)
    assert (server.asked, server.counted) == (1, 3)


@READ
@pytest.mark.parametrize("frame", CAN_BE_SEEN)
def test_a_count_that_is_cut_itself_proves_nothing(
    server: CutServer, tmp_path: Path, reading: Read, frame: str
) -> None:
    body = COUNT_HEAD + b'{"d":[3]}\r\n'
    for cut in range(0, len(body) - 2, 3):
        server.plan("closing", None)
        server.count_replies = [FRAMES[frame](body, cut)]
        rows, error = outcome(server, reading, ONCE, "framing", tmp_path)
        assert error is not None, cut
        assert not rows or reading in HANDS_OUT


# A large answer, through the sandbox and TLS

LARGE = 50_000
CUTS = ("cut_row", "cut_mid_row", "cut_chunked", "reset_mid", "length_short", "length_long", "reframed")


@pytest.fixture(scope="module")
def large(sandbox: Any, _owner: Any) -> str:
    table: str = _owner.table(n="int8", t="str")
    step = 10_000
    for start in range(0, LARGE, step):
        numbers = range(start, start + step)
        _owner.load(table, [{"eventdate": START_MS + n, "n": n, "t": f"value {n}"} for n in numbers])
    return table


def offsets(fault: str) -> list[int]:
    chosen = random.Random(fault)  # noqa: S311 - the same each run
    return sorted({LARGE - 1, chosen.randrange(LARGE), chosen.randrange(LARGE)})


@pytest.mark.slow
@pytest.mark.parametrize("fault", CUTS)
def test_a_large_answer_is_never_a_part(
    devo: Any, connect: Any, now: None, large: str, tmp_path: Path, fault: str
) -> None:
    query = f"from {large} select n, t"
    whole = [[number, f"value {number}"] for number in range(LARGE)]
    connect("once", extra={"retries": 0})
    connect("twice", extra={"retries": 1})
    target = tmp_path / "out" / "rows.ndjson"
    # how much arrives of an answer with a wrong length does not depend on a row
    for after in [0] if fault.startswith("length") else offsets(fault):
        how: dict[str, Any] = {**devo.window, "completeness": "count" if fault == "reframed" else "framing"}
        devo.fault(fault, after_rows=after)
        seen: list[Any] = []
        with pytest.raises((DevoIncompleteError, DevoTransientError)):
            seen.extend([*row.values()] for row in DevoHook("once").iter_rows(query, **how))
        assert seen == whole[: len(seen)]
        devo.fault(fault, after_rows=after)
        assert DevoHook("twice").to_file(query, target, file_format="ndjson", **how).rows == LARGE
        assert read(target) == whole
        target.unlink()
    devo.fault(fault, after_rows=LARGE // 2)
    with pytest.raises((DevoIncompleteError, DevoTransientError)):
        DevoHook("once").to_file(query, target, file_format="ndjson", **how)
    assert not [*target.parent.iterdir()]
