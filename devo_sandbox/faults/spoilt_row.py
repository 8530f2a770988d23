"""Single lines of an answer, spoilt: rows of another length, bytes that are no text, odd names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

EXTRA = "extra"


def shorter(line: bytes) -> bytes:
    """Return a row without its last value."""
    row = _read(line)
    match row:
        case {"d": [*values]}:
            return _written({"d": values[:-1]}, line)
        case dict():
            return _written(dict([*row.items()][:-1]), line)
    text, end = _without_end(line)
    return text.rpartition(_comma(text))[0] + end


def longer(line: bytes) -> bytes:
    """Return a row with one value more."""
    row = _read(line)
    match row:
        case {"d": [*values]}:
            return _written({"d": [*values, EXTRA]}, line)
        case dict():
            return _written({**row, EXTRA: EXTRA}, line)
    text, end = _without_end(line)
    return text + _comma(text) + EXTRA.encode() + end


def no_text(line: bytes) -> bytes:
    """Return a row that is no UTF-8."""
    before, quote, after = line.rpartition(b'"')
    return before + b"\xff" + quote + after


def error_column(line: bytes) -> bytes:
    """Return a line whose first column has another name."""
    return _renamed(line, lambda names: ["error_code", *names[1:]])


def name_twice(line: bytes) -> bytes:
    """Return a line whose second column has the name of the first."""
    return _renamed(line, lambda names: [*names[:1], *names[:1], *names[2:]] if len(names) > 1 else names)


def _renamed(line: bytes, change: Callable[[list[str]], list[str]]) -> bytes:
    row = _read(line)
    match row:
        case {"m": dict() as columns, "metadata": [*listed]}:
            names = change([*columns])
            entries = [{**entry, "name": name} for name, entry in zip(names, listed, strict=True)]
            told = _object(zip(names, columns.values(), strict=True))
            return f'{{"m":{told},"metadata":{_dumped(entries)}}}'.encode() + _without_end(line)[1]
        case dict() if "d" not in row:
            names = change([*row])
            return _object(zip(names, row.values(), strict=True)).encode() + _without_end(line)[1]
    return line


def _read(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _object(pairs: Iterable[tuple[str, Any]]) -> str:
    # By hand: a name may come twice.
    return "{" + ",".join(f"{_dumped(name)}:{_dumped(value)}" for name, value in pairs) + "}"


def _dumped(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _written(value: Any, line: bytes) -> bytes:
    return _dumped(value).encode() + _without_end(line)[1]


def _without_end(line: bytes) -> tuple[bytes, bytes]:
    text = line.rstrip(b"\r\n")
    return text, line[len(text) :]


def _comma(text: bytes) -> bytes:
    return b"\t" if b"\t" in text else b","
