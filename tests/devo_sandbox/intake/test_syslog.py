"""Lines of syslog as they may come, and the port that takes them."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import Any

import pytest

from devo_sandbox.server import Sandbox
from tests.devo_sandbox.conftest import TOKEN, Api
from tests.devo_sandbox.intake.arrivals import LATE_S, late, raw, rows


@pytest.mark.parametrize(
    ("content", "stored"),
    [
        (b"no syslog\n", [("", "no syslog")]),
        (b"12 monkeys\n", [("", "12 monkeys")]),
        (b"<14>Jan  1 00:00:00 host no message\n", [("", "<14>Jan  1 00:00:00 host no message")]),
        (b"\n \r\n\x00\n", []),
        (b"\xff\xfe\n", [("", "\ufffd\ufffd")]),
        (b"a\x00b\n", [("", "a\x00b")]),
        (b"<14>Jan  1 00:00:00 h a.b: cut off", [("a.b", "cut off")]),
        (b"<14>Jan  1 00:00:00 h a.b: x\r\n", [("a.b", "x")]),
        (b"30 <14>Jan  1 00:00:00 h a.b: x\ny", [("a.b", "x\ny")]),
        (b"99 <14>Jan  1 00:00:00 h a.b: x", [("", "99 <14>Jan  1 00:00:00 h a.b: x")]),
        (
            gzip.compress(b"<14>Jan  1 00:00:00 h a.b: x\n", mtime=0) * 2 + b"last\n",
            [("a.b", "x")] * 2 + [("", "last")],
        ),
        (b"first\n" + gzip.compress(b"lost\n", mtime=0)[:-9] + b"broken", [("", "first")]),
    ],
)
def test_lines_that_are_odd(start: Any, content: bytes, stored: list[Any]) -> None:
    api = start(tls=False)
    raw(api, content)
    assert sorted(rows(api, "unknown.unknown", "tag, message")) == sorted(stored)


def test_a_line_that_is_too_long(start: Any) -> None:
    api = start()
    line = b"<14>Jan  1 00:00:00 h my.app.x.y: "
    raw(
        api,
        line
        + b"a" * (2 << 20)
        + b"\n"
        + line
        + b"kept\n"
        + b"3000000 "
        + line
        + b"b" * 2_999_966
        + line
        + b"z\n",
    )
    assert rows(api, "my.app.x.y") == ["kept", "z"]
    cut = rows(api, "unknown.unknown")
    assert [len(text) for text in cut] == [4097, 4097]
    assert [text[-1] for text in cut] == ["a", "b"]


def test_a_bomb_of_gzip_is_taken_piece_by_piece(start: Any) -> None:
    api = start()
    raw(api, gzip.compress(b"a" * (64 << 20)))
    assert [len(text) for text in rows(api, "unknown.unknown")] == [4097]


@pytest.mark.slow
def test_a_sender_cannot_create_tables_without_end(start: Any) -> None:
    api = start()
    lines = (f"<14>Jan  1 00:00:00 h my.app.t{number}: x\n" for number in range(600))
    raw(api, "".join(lines).encode())
    assert len([name for name in api.sandbox.tenant.tables.names if name.startswith("my.app.t")]) == 500
    assert len(rows(api, "unknown.unknown")) == 600 - 500


def test_late_events(start: Any) -> None:
    api = start()
    assert api.post("/_sandbox/ingestion", {"late_s": 600}).json() == {"late_s": 600}
    sent = time.time() * 1000
    raw(api, b"<14>Jan  1 00:00:00 h my.app.late.x: late\n")
    api.post("/_sandbox/ingestion", {"late_s": LATE_S})
    raw(api, b"<14>Jan  1 00:00:00 h my.app.late.x: in time\n")
    late, in_time = rows(api, "my.app.late.x", "eventdate, message")
    assert (late[1], in_time[1]) == ("late", "in time")
    assert abs(late[0] - (sent - 600_000)) < 5000
    for wrong in ({"late_s": -1}, {"late_s": "1"}, {}, {"late_s": 1, "x": 1}):
        assert api.post("/_sandbox/ingestion", wrong).status_code == 400


def test_events_outlast_a_restart(start: Any, tmp_path: Path) -> None:
    with Sandbox(token=TOKEN, data_dir=tmp_path) as sandbox:
        raw(late(Api(sandbox)), b"<14>Jan  1 00:00:00 h my.app.last.x: {}\n")
    api = start(data_dir=tmp_path)
    raw(api, b"<14>Jan  1 00:00:00 h my.app.last.x: again\n")
    assert rows(api, "my.app.last.x") == ["{}", "again"]


def test_no_syslog(start: Any) -> None:
    assert start(syslog_port=None).sandbox.syslog is None
