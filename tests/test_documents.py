"""Stored documents: what was written is read, older formats too; the rest is refused by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from airflow_provider_devo_dga.documents import DocumentKind
from airflow_provider_devo_dga.errors import DocumentError


@dataclass(frozen=True)
class Inner:
    share: float


@dataclass(frozen=True)
class Note:
    name: str
    inner: Inner
    counts: dict[str, int]
    remark: str | None = None


def renamed(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "name": found["title"]}


NOTES = DocumentKind("note", Note, 2, {0: renamed, 1: lambda found: {**found, "counts": {}}})
WHOLE = {"format": 2, "name": "a", "inner": {"share": 0.5}, "counts": {"x": 1}}


def test_what_was_written_is_read_and_carries_its_format() -> None:
    note = Note("a", Inner(0.5), {"x": 1}, "é")
    content = NOTES.write(note)
    assert json.loads(content)["format"] == 2
    assert NOTES.read(content, "here") == note


def test_older_formats_are_brought_up_step_by_step() -> None:
    oldest = json.dumps({"title": "a", "inner": {"share": 1.0}})
    assert NOTES.read(oldest, "here") == Note("a", Inner(1.0), {})


def test_what_a_later_release_of_the_same_format_adds_is_passed_over() -> None:
    assert NOTES.of({**WHOLE, "new": 1}, "here").name == "a"


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({**WHOLE, "format": 3}, "of format 3; this release reads up to 2. Upgrade"),
        ({**WHOLE, "format": "2"}, "damaged note: its format is '2'"),
        ({**WHOLE, "format": True}, "damaged note: its format is True"),
        ({**WHOLE, "format": -1}, "damaged note: its format is -1"),
        ({**WHOLE, "counts": {"x": "1"}}, "damaged note: Expected `int`"),
        ({**WHOLE, "inner": None}, "damaged note: Expected `object`"),
        ({"format": 2}, "damaged note: Object missing required field `name`"),
        ({"format": 0}, "damaged note: 'title'"),
        ([], "it is no JSON object"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(document: object, says: str) -> None:
    with pytest.raises(DocumentError, match=r"^here is ") as refused:
        NOTES.read(json.dumps(document), "here")
    assert says in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b'{"format": NaN}'])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(DocumentError, match="no JSON"):
        NOTES.read(content, "here")


def test_a_forgotten_format_is_said() -> None:
    kind = DocumentKind("note", Note, 2, {1: renamed})
    with pytest.raises(DocumentError, match="of format 0, which this release no longer reads"):
        kind.of({}, "here")
