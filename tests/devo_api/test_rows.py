from __future__ import annotations

import pytest

from airflow_provider_devo_dga.devo_api.rows import RowDecoder
from airflow_provider_devo_dga.devo_api.wire import Column
from airflow_provider_devo_dga.errors import (
    DevoIncompleteError,
    DevoQueryError,
    DevoResultError,
    DevoTransientError,
)

HEAD = (
    b'{"m":{"host":{"type":"str","index":0},"n":{"type":"int8","index":1}},'
    b'"metadata":[{"name":"host","type":"str"},{"name":"n","type":"int8"}]}\r\n'
)
REPLY = HEAD + b'{"d":["a.example",1]}\r\n{"d":[null,2]}\r\n'


def decode(reply: bytes, size: int) -> list[list[object]]:
    decoder = RowDecoder()
    rows = []
    for start in range(0, len(reply), size):
        rows += decoder.feed(reply[start : start + size])
    return rows + decoder.close()


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
def test_rows_do_not_depend_on_how_the_bytes_arrive(size: int) -> None:
    assert decode(REPLY, size) == [["a.example", 1], [None, 2]]


def test_columns_keep_order_and_devos_type_names() -> None:
    decoder = RowDecoder()
    decoder.feed(HEAD)
    assert decoder.columns == (Column("host", "str"), Column("n", "int8"))


@pytest.mark.parametrize(
    "first",
    [
        b'{"m":{"host":{"type":"str","index":0},"n":{"type":"int8","index":1}}}',
        b'{"m":{"n":{"type":"int8","index":1},"host":{"type":"str","index":0}}}',
        b'{"m":{"n":{"type":"int8","index":1},"host":{"type":"str","index":0}},"metadata":null}',
        b'{"metadata":[{"name":"host","type":"str"},{"name":"n","type":"int8"}]}',
    ],
)
def test_either_form_of_the_first_line_tells_the_columns(first: bytes) -> None:
    decoder = RowDecoder()
    assert decoder.feed(first + b"\r\n" + b'{"d":["a.example",1]}\r\n') == [["a.example", 1]]
    assert decoder.columns == (Column("host", "str"), Column("n", "int8"))


@pytest.mark.parametrize(
    "told",
    [
        b"{}",
        b"[]",
        b'"n"',
        b'{"n":{}}',
        b'{"n":{"type":"int8"}}',
        b'{"n":{"type":"int8","index":1}}',
        b'{"n":{"type":"int8","index":"x"}}',
        b'{"a":{"type":"int8","index":0},"n":{"type":"int8","index":0}}',
    ],
)
def test_a_first_line_without_every_column_is_not_devos(told: bytes) -> None:
    with pytest.raises(DevoResultError, match="not Devo's row format"):
        RowDecoder().feed(b'{"m":' + told + b"}\r\n")


def test_keep_alive_spaces_are_dropped_wherever_they_come() -> None:
    reply = b"    " + HEAD + b'        {"d":["a    b",1]}\r\n    \r\n    '
    assert decode(reply, 3) == [["a    b", 1]]


def test_line_separators_of_unicode_do_not_split_rows() -> None:
    reply = HEAD + '{"d":["a\u2028b\u0085c",1]}\r\n'.encode()
    assert decode(reply, 5) == [["a\u2028b\u0085c", 1]]


def test_no_rows_is_a_result() -> None:
    assert decode(HEAD, 10) == []


def test_an_empty_reply_is_not_a_result() -> None:
    with pytest.raises(DevoIncompleteError, match="not even its columns"):
        decode(b"    ", 10)


def test_a_last_row_without_its_line_break_counts() -> None:
    assert decode(HEAD + b'{"d":["a",1]}', 9) == [["a", 1]]


def test_every_cut_inside_a_line_is_seen() -> None:
    line_ends = {len(HEAD) - 2, len(HEAD) - 1, len(HEAD)}
    for end in range(1, len(REPLY)):
        cut = REPLY[:end]
        if cut.endswith((b"\n", b"\r", b"}")) and (end in line_ends or cut.rstrip().endswith(b"]}")):
            continue  # between two lines: nothing on the wire can tell
        with pytest.raises(DevoIncompleteError):
            decode(cut, 11)


@pytest.mark.parametrize(
    "line",
    [
        b'{"e":[500,"Error Processing Query"]}',
        b'{"e": [500, "text with \\"quotes\\""]}',
    ],
)
def test_an_error_in_place_of_a_row_ends_the_answer(line: bytes) -> None:
    decoder = RowDecoder()
    decoder.feed(HEAD + b'{"d":["a",1]}\r\n')
    with pytest.raises(DevoIncompleteError, match="after 1 rows") as caught:
        decoder.feed(line + b"\r\n")
    assert (caught.value.code, caught.value.rows_read) == (500, 1)


@pytest.mark.parametrize(
    ("text", "kind"), [("boom", DevoTransientError), ("Error Launching Query", DevoQueryError)]
)
def test_an_error_as_the_first_line_is_no_row(text: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=text):
        decode(b'{"e":[500,"%s"]}\r\n' % text.encode(), 100)


def test_a_launch_error_with_status_200_is_an_error() -> None:
    with pytest.raises(DevoQueryError, match="Error Launching Query"):
        decode(b'{"msg":"Error Launching Query","status":500}\r\n', 100)


def test_a_column_named_error_loses_nothing() -> None:
    head = (
        b'{"m":{"error_code":{"type":"int4","index":0}},"metadata":[{"name":"error_code","type":"int4"}]}\r\n'
    )
    assert decode(head + b'{"d":[7]}\r\n', 100) == [[7]]


@pytest.mark.parametrize("row", [b'{"d":["a"]}', b'{"d":["a",1,2]}', b'{"d":7}'])
def test_a_row_of_another_shape_is_refused(row: bytes) -> None:
    with pytest.raises(DevoResultError, match="does not have its 2 columns"):
        decode(HEAD + row + b"\r\n", 100)


def test_two_columns_of_one_name_are_refused() -> None:
    head = b'{"m":{},"metadata":[{"name":"n","type":"int4"},{"name":"n","type":"int4"}]}\r\n'
    with pytest.raises(DevoResultError, match="two columns of one name"):
        decode(head, 100)


@pytest.mark.parametrize("page", [b"<html><title>Log in</title>\n</html>", b"<html>", b"[1,2]\n", b'"x"\n'])
def test_a_login_page_is_named_by_its_beginning(page: bytes) -> None:
    with pytest.raises(DevoResultError, match="not Devo's row format"):
        decode(page, 100)


def test_bytes_that_are_no_utf8_are_refused() -> None:
    with pytest.raises(DevoResultError):
        decode(HEAD + b'{"d":["\xff",1]}\r\n', 100)


BROKEN = [
    b'{"d":["a"',
    b"1]}",
    b'{"d":["a",1],["b",2]}',
    b'{"d":["a",1],["b"}',
    b'{"d":2]}',
    b'{"d":["a",1]},{"d":["b",2]}',
    b'{"d":["a]}',
    b'{"d":[",1]}',
    b'[["a",1]]',
    b'"d"',
    b"7",
    b'{"d":null}',
    b'{"d":{"a":1,"b":2}}',
    b'{"d":"ab"}',
    b'{"d":["a"]}',
    b'{"d":["a",1,2]}',
    b'{"e":[500,"boom"]}',
    b'{"d":["\xff",1]}',
    b'{"d":["a\t",1]}',
    b'{"d":["a",NaN]}',
]


def outcome(pieces: list[bytes]) -> object:
    decoder = RowDecoder()
    decoder.feed(HEAD)
    try:
        return [row for piece in pieces for row in decoder.feed(piece)]
    except (DevoIncompleteError, DevoResultError) as error:
        return type(error)


@pytest.mark.parametrize("line", BROKEN)
@pytest.mark.parametrize("other", [b'{"d":["b",2]}', *BROKEN])
def test_a_broken_line_is_refused_in_whatever_company(line: bytes, other: bytes) -> None:
    """Many lines in one piece are decoded in one go; that may not accept what a line alone would not."""
    for lines in ([line, other], [other, line], [other, line, other]):
        together = outcome([b"".join(one + b"\r\n" for one in lines)])
        assert together == outcome([one + b"\r\n" for one in lines])
        assert together in (DevoIncompleteError, DevoResultError)


def test_blank_lines_between_rows_are_no_rows() -> None:
    assert outcome([b'{"d":["a",1]}\r\n    \r\n{"d":["b",2]}\r\n']) == [["a", 1], ["b", 2]]
