"""Arrays of JSON are read as they come, wherever they are cut into pieces."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterable
from itertools import chain
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.training.dataset.json_rows import ArrayReader, elements_of
from airflow_provider_devo_dga.training.dataset.rows import Batch
from airflow_provider_devo_dga.training.dataset.text import Text

ODD = [
    {"domain": "a.com", "note": '},{ "] \\\\'},
    {"domain": "ü.com", "of": {"family": "x", "n": [1, {"b": "]"}]}},
    {},
    "name.com",
    -1.5e3,
    17,
    None,
    [],
]


class Made(io.RawIOBase):
    """A stream whose bytes are made as they are read."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.parts, self.rest = iter(parts), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.rest = self.rest or next(self.parts, b"")
        part, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def rows_of(content: bytes) -> list[Batch]:
    return [batch() for batch in ArrayReader(Text(io.BytesIO(content))).batches([0])]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1 << 20])
def test_elements_are_those_of_the_whole_array(
    monkeypatch: pytest.MonkeyPatch, indent: int | None, piece: int
) -> None:
    content = json.dumps(ODD, indent=indent, ensure_ascii=False).encode() + b" \n"
    for name in ("SAMPLE", "PIECE"):
        monkeypatch.setattr(f"airflow_provider_devo_dga.training.dataset.text.{name}", piece)
    found = list(elements_of(Text(io.BytesIO(content))))
    assert [element.value for element in found] == ODD
    lines = content.decode().splitlines()
    if indent:
        assert [lines[element.line - 1].strip()[:1] for element in found] == [*'{{{"-1n[']


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('[{"a": 1},\n{"a": 2', "Line 2: the JSON array is damaged or cut off here"),
        ('[{"a": 1}\n{"a": 2}]', "Line 2: the JSON array is damaged .*','"),
        ('[{"a": 1},\n]', "Line 2: the JSON array is damaged"),
        ('[{"a": 1}]\n[{"a": 2}]', "Line 2: something stands behind"),
        ("[" * 100_000, "Line 1: the JSON array is damaged"),
        ('[{"a": "' + "b" * (3 << 20) + '"}]', "longer than a megabyte"),
        ("[ ]", "is empty"),
        ("[[1], [2]]", "neither objects nor names"),
    ],
)
def test_a_damaged_array_is_refused_by_its_line(content: str, told: str) -> None:
    with pytest.raises(DatasetError, match=told):
        rows_of(content.encode())


def test_elements_of_another_kind_are_told_by_their_lines() -> None:
    content = b'[{"domain": "a.com"},\n"b.com",\nnull,\n{"domain": "c.com"}]'
    [batch] = rows_of(content)
    assert batch.columns[0].to_pylist() == ["a.com", "c.com"]
    assert [(bad.line, bad.text) for bad in batch.bad] == [(2, '"b.com"'), (3, "null")]
    assert [batch.line_of(row) for row in (0, 1)] == [1, 4]


@pytest.mark.parametrize("row", ['{"domain": "\\ud800.com"}', '{"domain": "c.com", "\\udfff": "x"}'])
def test_half_a_pair_is_set_aside(row: str) -> None:
    [batch] = rows_of(f'[{row},\n{{"domain": "\\ud83d\\ude00ü.com"}},\n{row}]'.encode())
    assert batch.columns[0].to_pylist() == ["😀ü.com"]
    assert [(bad.line, bad.text) for bad in batch.bad] == [(1, row), (3, row)]


def test_names_with_half_a_pair_are_set_aside() -> None:
    [batch] = rows_of(b'["a.com", "\\udc00.com"]')
    assert (batch.columns[0].to_pylist(), len(batch.bad)) == (["a.com"], 1)


def test_memory_does_not_grow_with_the_array() -> None:
    row = b'{"domain": "name%d.example.com", "label": "dga", "family": "one with a long name"}'
    parts = 200
    content = (b"[" + row % 0 if not n else (b"," + row % n) * 1000 for n in range(parts))
    stream = io.BufferedReader(Made(chain(content, [b"]"])))
    tracemalloc.start()
    try:
        rows = sum(1 for _ in elements_of(Text(stream)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows == 1 + 1000 * (parts - 1)
    assert peak < 8 << 20  # the array is 17 MB of text, and more as objects
