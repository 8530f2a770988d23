"""Rows as dicts: the columns' names, whatever they are, and the values in their order."""

from __future__ import annotations

import pytest

from airflow_provider_devo_dga.client.row_dicts import dicts
from airflow_provider_devo_dga.client.wire import Batch, Column


@pytest.mark.parametrize(
    "names", [["a"], ["a", "b"], ["class", "a b", 'quo"te', "n0", "v1", "__import__('os')", "", "\u00f1"]]
)
def test_any_name_is_a_key(names: list[str]) -> None:
    rows = [list(range(len(names))), [None] * len(names)]
    batch = Batch(tuple(Column(name, "int8") for name in names), rows)
    found = list(dicts(batch))
    assert found == [dict(zip(names, row, strict=True)) for row in rows]
    assert [list(row) for row in found] == [names, names]


def test_hundreds_of_columns() -> None:
    names = [f"c{place}" for place in range(1000)]
    assert len(next(dicts(Batch(tuple(Column(n, "str") for n in names), [names])))) == 1000


def test_no_columns_yet() -> None:
    assert list(dicts(Batch((), []))) == []
