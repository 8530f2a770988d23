"""A small fixed part of the simulated networks, with names and flags made up here."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from benchmarks.network import scenarios
from benchmarks.network.__main__ import table
from benchmarks.network.judging import judge
from benchmarks.network.names import Name, Names, Pools
from benchmarks.network.scenarios import SCENARIOS


def names(kind: str, count: int, flagged: float) -> Names:
    chance = random.Random(kind)  # noqa: S311
    return [Name(f"{kind}{n}.com", f"{kind}{n}", chance.random() < flagged) for n in range(count)]


@pytest.fixture(scope="module")
def pools() -> Pools:
    return Pools(
        rate=0.0108,
        legit=names("legit", 4000, 0.01),
        foreign=names("foreign", 1000, 0.03),
        cdn=names("cdn", 1500, 0.7),
        odd=names("odd", 80, 1),
        suspect=names("suspect", 800, 0.06),
        known={family: names(family, 300, 0.85) for family in ("a", "b")},
        never_seen={"c": names("c", 300, 0.6)},
        words={"d": names("d", 300, 0.03)},
    )


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return how to let scenarios last fewer hours."""
    return lambda hours: monkeypatch.setattr(scenarios, "HOURS", hours)


@pytest.mark.parametrize(
    "name", ["office", "cdn", "roles", "known", "unseen, answers", "words", "one family", "roots", "site"]
)
def test_the_floors_hold(name: str, pools: Pools, short: Callable[[int], None]) -> None:
    short(2)
    outcome = judge(SCENARIOS[name], pools, range(1, 2))
    assert outcome.holds(SCENARIOS[name]), table({name: outcome})
