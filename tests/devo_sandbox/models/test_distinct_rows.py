"""Each distinct row reaches the model once."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from devo_sandbox.linq import types
from devo_sandbox.models.distinct_rows import DistinctRows


class Doubling:
    """Answers a row's sum and twice that; counts what it is asked."""

    width = 3
    features = ()
    labels = ()
    category = None
    result = types.FLOAT8
    fields: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(self) -> None:
        self.asked = 0

    def scored(self, rows: Any) -> Any:
        self.asked += len(rows)
        total = rows.sum(axis=1)
        return np.stack([total, total * 2], axis=1)


def _wanted(rows: Any) -> Any:
    return np.stack([rows.sum(axis=1), rows.sum(axis=1) * 2], axis=1)


def test_within_a_batch_and_over_batches() -> None:
    model = Doubling()
    distinct = DistinctRows(model)
    rows = np.repeat(np.arange(30.0).reshape(10, 3), 5, axis=0)
    for _ in range(3):
        assert (distinct.scored(rows) == _wanted(rows)).all()
    assert model.asked == 10


def test_side_by_side() -> None:
    model = Doubling()
    distinct = DistinctRows(model)
    rows = np.random.default_rng(1).normal(size=(2000, 3))
    threads = [threading.Thread(target=distinct.scored, args=(rows,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert model.asked == 2000


def test_no_number_at_all_is_a_number_like_others() -> None:
    model = Doubling()
    rows = np.array([[np.nan, 1.0, 2.0], [np.nan, 1.0, 2.0], [0.0, 1.0, 2.0]])
    said = DistinctRows(model).scored(rows)
    assert np.isnan(said[0]).all()
    assert said[2].tolist() == [3.0, 6.0]
    assert model.asked == 2


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    model = Doubling()
    distinct = DistinctRows(model, memory=100 * (24 + 200))
    for start in range(0, 3000, 10):
        rows = np.arange(start * 3.0, (start + 10) * 3).reshape(10, 3)
        assert (distinct.scored(rows) == _wanted(rows)).all()
    assert len(distinct._young) + len(distinct._old) <= 120
    assert model.asked == 3000
    distinct.scored(rows)
    assert model.asked == 3000
