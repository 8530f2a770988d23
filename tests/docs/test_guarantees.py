"""Each promise of the docs names the tests that hold it."""

from __future__ import annotations

import re

import pytest

from tests.docs.generated.place import ROOT

PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
PROMISES = PAGE[PAGE.index("## Promises") : PAGE.index("## Documented, exemplified, assumed")]
HEAD = ("promise and condition", "proof")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in PROMISES.splitlines()
    if line.startswith("| ")
]


def test_there_is_a_table_of_promises() -> None:
    assert ROWS.count(HEAD) > 3
    assert {len(row) for row in ROWS} == {2}


@pytest.mark.parametrize(("promise", "proof"), [row for row in ROWS if row != HEAD and "---" not in row[0]])
def test_a_promise_names_proofs_that_are_there(promise: str, proof: str) -> None:
    named = proof.split(", ")
    assert all(re.fullmatch(r"`tests/(\w+/)*test_\w+\.py`", name) for name in named), proof
    for name in named:
        text = (ROOT / name.strip("`")).read_text(encoding="utf-8")
        assert re.search(r"^(async )?def test_", text, re.MULTILINE), name
