"""Rows that are parsed many at once are the rows that are parsed line by line, or neither reads them."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_provider_devo_dga.devo_api.rows import RowDecoder
from airflow_provider_devo_dga.errors import DevoError

HEAD = b'{"metadata":[{"name":"a","type":"str"},{"name":"b","type":"int8"}]}\r\n'
TEXT = st.text(max_size=8) | st.sampled_from(['}\r\n{"d":', "]}\r\n", '{"d":[', "\u2028", '"', "\\"])
VALUE = st.none() | TEXT | st.integers(-(2**60), 2**60) | st.lists(TEXT, max_size=2)
ROW = st.tuples(VALUE, VALUE).map(lambda row: b'{"d":%s}\r\n' % orjson.dumps(row))
ODD = st.sampled_from(
    [
        b'{"d":[1]}\r\n',
        b'{"d":[1,2,3]}\r\n',
        b'{"d":[1,2],[3,4]}\r\n',
        b'{"d":[1,2],"e":[500,"boom"]}\r\n',
        b'{"e":[500,"boom"]}\r\n',
        b'{"d":{"a":1,"b":2}}\r\n',
        b'{"d":"ab"}\r\n',
        b'{"d":[1,2]}\n',
        b'    {"d":[1,2]}\r\n',
        b'{"d":[1,    2]}\r\n',
        b'{"d":[1,2]},{"d":[3,4]}\r\n',
        b"\xff\r\n",
        b"    \r\n",
        b"[1,2]\r\n",
    ]
)


def outcome(lines: list[bytes], *, at_once: bool) -> tuple[list[Any], str]:
    """Return the rows and the error of an answer that is fed in one piece, or line by line, never a block."""
    decoder = RowDecoder()
    rows: list[Any] = []
    try:
        decoder.feed(HEAD)
        for piece in [b"".join(lines)] if at_once else [part for line in lines for part in (b" ", line)]:
            rows += decoder.feed(piece)
        rows += decoder.close()
    except DevoError as error:
        return [], f"{type(error).__name__}"
    return rows, ""


@given(st.lists(ROW | ODD, max_size=6))
@example([b'{"d":[1,2]}\r\n', b'{"d":[1,2],[3,4]}\r\n'])
def test_both_ways_agree(lines: list[bytes]) -> None:
    assert outcome(lines, at_once=True) == outcome(lines, at_once=False)


@given(st.lists(ROW, min_size=1, max_size=6), st.data())
def test_it_does_not_matter_where_an_answer_is_parted(lines: list[bytes], data: st.DataObject) -> None:
    whole = HEAD + b"".join(lines)
    decoder, rows, start = RowDecoder(), [], 0
    for end in [*sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=5))), len(whole)]:
        rows += decoder.feed(whole[start:end])
        start = end
    assert rows + decoder.close() == [orjson.loads(line)["d"] for line in lines]
