"""The stream of syslog is cut the same way however it arrives."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devo_sandbox.intake.frames import BadFrameError, Frames

TEXT = b"<14>Jan  1 00:00:00 h my.app.a.b: "
LINES = st.binary(max_size=40).map(lambda end: TEXT + end.replace(b"\n", b" "))
ZIPPED = st.lists(LINES, min_size=1, max_size=4)


def counted(line: bytes) -> bytes:
    return b"%d %s" % (len(line), line)


PIECES = st.one_of(
    LINES.map(lambda line: ([line], line + b"\n")),
    LINES.map(lambda line: ([line + b"\nmore"], counted(line + b"\nmore\n"))),
    ZIPPED.map(lambda lines: (lines, gzip.compress(b"\n".join([*lines, b""])))),
    st.just(([b"42 is a number"], b"42 is a number\n")),
)


@given(st.lists(PIECES, max_size=6), st.lists(st.integers(1, 60), min_size=1, max_size=20))
def test_however_it_arrives(pieces: list[tuple[list[bytes], bytes]], sizes: list[int]) -> None:
    content = b"".join(piece for _, piece in pieces)
    frames, seen, place, turn = Frames(), [], 0, 0
    while place < len(content):
        size = sizes[turn % len(sizes)]
        seen += frames.feed(content[place : place + size])
        place, turn = place + size, turn + 1
    seen += frames.end()
    assert seen == [line for lines, _ in pieces for line in lines]


@given(st.binary(max_size=400))
def test_whatever_arrives(content: bytes) -> None:
    frames = Frames()
    try:
        seen = [*frames.feed(content), *frames.end()]
    except BadFrameError:
        return
    assert sum(map(len, seen)) <= len(content)


def test_an_end_within_gzip() -> None:
    frames = Frames()
    assert [*frames.feed(gzip.compress(b"x\n")[:-3])] == [b"x"]
    with pytest.raises(BadFrameError):
        [*frames.end()]
