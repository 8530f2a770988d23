"""How many flagged names clean clients have on this network: a rate, and how much clients differ in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from airflow_provider_devo_dga.chance import log_beta_binomial_tail, log_choose, two_digit_unit

DISPERSIONS = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064)
"""What is tried, from clients that are alike."""

MEANS = tuple(1e-4 * 1.6**step for step in range(19))
"""What is tried at first, 0.01 % to 47 %."""

OTHERS = (0.06, 0.12, 0.25, 0.5, 0.85)
OTHERS_DISPERSION = 0.03
"""Clients that are not clean: kinds of shares of flagged names."""

OTHERS_FROM = 3
"""How many times the rate of clean clients that of others is at least."""

NOT_CLEAN_MOST = 0.45
"""Largest share of clients that may be no clean ones; with more, the clean would be a minority."""

NEIGHBOURS = 3
FINER = (0.8, 0.9, 1.1, 1.25)
PROMISING = 8.0
"""Log-likelihood below the best up to which the neighbours of a distribution are looked at."""

PLAUSIBLE = 1.0
"""Log-likelihood below the best up to which a null distribution is taken for possible."""

EM_STEPS = 4
_TINY = 1e-300
PAST_NEEDED = 6
"""Windows before which a network has no past of its own."""


@dataclass(frozen=True, slots=True)
class NullRate:
    """The null distribution: clean clients' counts are beta-binomial.

    :param mean: share of the names of a clean client that count.
    :param dispersion: how much clean clients differ: correlation of two names of one client.
    """

    mean: float
    dispersion: float

    def log10_tail(self, k: int, n: int) -> float:
        """Return log10 of the probability that a clean client with ``n`` names has ``k`` or more."""
        return log_beta_binomial_tail(k, n, self.mean, self.dispersion) / math.log(10)


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a rate before the window is looked at: log-normal around a rate and a dispersion.

    :param spread: of the logarithm of the mean; 0.7 is a factor of two either way.
    """

    mean: float
    dispersion: float = 0.005
    spread: float = 0.7
    dispersion_spread: float = 0.6

    def log_density(self, null: NullRate) -> float:
        """Return the logarithm of how likely a null distribution is, up to a constant."""
        mean = math.log(null.mean / self.mean) / self.spread
        dispersion = math.log(null.dispersion / self.dispersion) / self.dispersion_spread
        return -(mean**2 + dispersion**2) / 2


def expected_of(past: Sequence[NullRate], training: float) -> Expected:
    """Return what to expect: the middle of earlier windows where there are enough, else training's rate.

    A median: an outbreak that lasts less than half of the windows moves nothing.
    """
    if len(past) < PAST_NEEDED:
        return Expected(training)
    return Expected(median(null.mean for null in past), median(null.dispersion for null in past), 0.35, 0.4)


Cells = Mapping[tuple[int, int], int]
"""(names asked, names that count) → clients."""


def fit(cells: Cells, expected: Expected) -> NullRate:
    """Return the null distribution of a window, out of the clients themselves.

    Clients are a mixture: clean ones, whose counts are beta-binomial, and an unknown share of others, for
    whom every count is as likely. The likelihood of this mixture, with what was expected, is searched on a
    grid. So a minority of infected clients is told apart and moves nothing. Of the distributions that the
    window does not contradict, the one under which many flagged names are least surprising is returned:
    where little was seen, verdicts are weak.
    """
    known = _Known(cells)
    tried: dict[NullRate, float] = {}

    def log_posterior(mean: float, dispersion: float) -> float:
        null = NullRate(mean, dispersion)
        if null not in tried:
            tried[null] = known.log_likelihood(null) + expected.log_density(null)
        return tried[null]

    around = 0, len(MEANS)
    for dispersion in DISPERSIONS:
        steps = range(max(0, around[0]), min(len(MEANS), around[1]))
        middle = max(steps, key=lambda step: log_posterior(MEANS[step], dispersion))
        around = middle - NEIGHBOURS, middle + NEIGHBOURS + 1
    floor = max(tried.values()) - PROMISING
    for null in [null for null, value in tried.items() if value >= floor]:
        for finer in FINER:
            log_posterior(null.mean * finer, null.dispersion)
    best = max(tried, key=tried.__getitem__)
    asked = known.typical
    enough = next((k for k in range(1, asked) if best.log10_tail(k, asked) < -8), asked)
    plausible = (null for null, value in tried.items() if value >= tried[best] - PLAUSIBLE)
    return max(plausible, key=lambda null: (null.log10_tail(enough, asked), null.mean))


class _Known:
    """Counts of clients, few enough to be looked at a few hundred times."""

    def __init__(self, cells: Cells) -> None:
        kept: dict[tuple[int, int], int] = {}
        for (asked, counted), clients in cells.items():
            key = (max(counted, _rounded(asked)), counted)
            kept[key] = kept.get(key, 0) + clients
        self.cells = sorted(pair for pair in kept if pair[0])
        self.clients = [kept[pair] for pair in self.cells]
        self._choose = [log_choose(n, k) for n, k in self.cells]
        self.typical = max(20, _median(zip((n for n, _ in self.cells), self.clients, strict=True)))
        self._others = [
            (mean, self._probabilities(NullRate(mean, OTHERS_DISPERSION))) for mean in OTHERS if self.cells
        ]

    def log_likelihood(self, null: NullRate) -> float:
        """Return the logarithm of the mixture's likelihood, the shares of other clients chosen best."""
        clean = self._probabilities(null)
        others = [found for mean, found in self._others if mean >= OTHERS_FROM * null.mean]
        shares = [0.1 / max(1, len(others))] * len(others)
        for _ in range(EM_STEPS):
            blamed = [0.0] * len(others)
            rest = 1 - sum(shares)
            for clients, f, *gs in zip(self.clients, clean, *others, strict=True):
                parts = [share * g for share, g in zip(shares, gs, strict=True)]
                scale = clients / (rest * f + sum(parts) + _TINY)
                blamed = [sum_ + part * scale for sum_, part in zip(blamed, parts, strict=True)]
            # one clean client more than there are: no share is ever certain
            shares = [each / (sum(self.clients) + 1) for each in blamed]
            shrink = min(1.0, NOT_CLEAN_MOST / max(sum(shares), _TINY))
            shares = [share * shrink for share in shares]
        rest = 1 - sum(shares)
        found: float = sum(
            clients * math.log(rest * f + sum(share * g for share, g in zip(shares, gs, strict=True)) + _TINY)
            for clients, f, *gs in zip(self.clients, clean, *others, strict=True)
        )
        return found

    def _probabilities(self, null: NullRate) -> list[float]:
        """Return P(X = k) of each cell; what few n and k have in common is computed once."""
        size = 1 / null.dispersion - 1
        alpha, beta = null.mean * size, (1 - null.mean) * size
        lgamma, exp = math.lgamma, math.exp
        whole = lgamma(size) - lgamma(alpha) - lgamma(beta)
        of_n = {n: whole - lgamma(n + size) for n in {n for n, _ in self.cells}}
        of_k = {k: lgamma(k + alpha) for k in {k for _, k in self.cells}}
        return [
            exp(choose + of_n[n] + of_k[k] + lgamma(n - k + beta))
            for (n, k), choose in zip(self.cells, self._choose, strict=True)
        ]


def _median(counted: Iterable[tuple[int, int]]) -> int:
    pairs = sorted(counted)
    left = sum(clients for _, clients in pairs) / 2
    for value, clients in pairs:
        left -= clients
        if left <= 0:
            return value
    return 0


def _rounded(count: int) -> int:
    """Return the nearest number with two leading digits and zeros."""
    unit = two_digit_unit(count)
    return (count + unit // 2) // unit * unit
