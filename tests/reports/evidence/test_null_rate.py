"""The null distribution comes from the clients themselves, and infected ones do not move it."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from airflow_provider_devo_dga.reports.evidence import null_rate
from airflow_provider_devo_dga.reports.evidence.null_rate import (
    PAST_NEEDED,
    Expected,
    NullRate,
    expected_of,
    fit,
)

TRAINING = 0.0108


def network(
    clients: int, rate: float, sick: int = 0, spread: float = 0.0, seed: int = 1
) -> Counter[tuple[int, int]]:
    """Return (asked, flagged) → clients; sick ones ask for 40 names more, four fifths of them flagged."""
    chance = random.Random(seed)  # noqa: S311
    cells: Counter[tuple[int, int]] = Counter()
    for number in range(clients):
        asked = round(min(300.0, chance.lognormvariate(4.1, 0.6)))
        size = 1 / spread - 1 if spread else 0
        own = chance.betavariate(rate * size, (1 - rate) * size) if spread else rate
        flagged = sum(chance.random() < own for _ in range(asked))
        if number < sick:
            asked, flagged = asked + 40, flagged + 32
        cells[asked, flagged] += 1
    return cells


@pytest.mark.parametrize("rate", [0.002, TRAINING, 0.066])
@pytest.mark.parametrize("sick", [0, 6, 80])
def test_finds_the_rate_of_the_clean_clients(rate: float, sick: int) -> None:
    found = fit(network(200, rate, sick), Expected(TRAINING))
    assert rate / 1.4 < found.mean < rate * 2.5
    assert found.dispersion <= 0.008


def test_finds_that_clients_differ() -> None:
    alike, unlike = (fit(network(300, 0.02, 10, spread), Expected(TRAINING)) for spread in (0.0, 0.03))
    assert alike.dispersion <= 0.004
    assert 0.015 < unlike.dispersion < 0.07
    assert unlike.log10_tail(12, 80) > alike.log10_tail(12, 80) + 1


@pytest.mark.parametrize("clients", [0, 1, 3])
def test_with_few_clients_training_s_rate_decides_and_verdicts_are_weak(clients: int) -> None:
    few, many = (fit(network(count, TRAINING), Expected(TRAINING)) for count in (clients, 300))
    assert TRAINING / 2 < few.mean < TRAINING * 4
    assert few.log10_tail(10, 80) > many.log10_tail(10, 80)
    assert few.log10_tail(40, 80) < -8


def test_an_earlier_outbreak_moves_nothing() -> None:
    quiet, sick = NullRate(0.02, 0.004), NullRate(0.3, 0.064)
    assert expected_of([quiet] * 13 + [sick] * 11, TRAINING).mean == quiet.mean
    assert expected_of([quiet] * (PAST_NEEDED - 1), TRAINING).mean == TRAINING


def test_many_clients_are_looked_at_coarsely_and_found_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = network(3000, 0.03, 60, 0.02)
    spread = {
        (asked + 700 * (number % 7), flagged): n for number, ((asked, flagged), n) in enumerate(cells.items())
    }
    coarse = fit(spread, Expected(TRAINING))
    looked_at = []
    monkeypatch.setattr(null_rate, "_rounded", lambda count: looked_at.append(count) or count)
    exact = fit(spread, Expected(TRAINING))
    assert looked_at
    assert coarse.mean == pytest.approx(exact.mean, rel=0.1)
    assert coarse.dispersion == exact.dispersion
    assert 0.02 < fit(cells, Expected(TRAINING)).mean < 0.04
