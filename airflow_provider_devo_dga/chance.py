"""What chance does: exact tails of the binomial and beta-binomial distributions, and how sure a share is."""

from __future__ import annotations

import math

_NEGLIGIBLE = 1e-18  # a term this small against the sum changes no digit of a float
_Z = 1.959963984540054  # 95 %


def log_choose(n: int, k: int) -> float:
    """Return the natural logarithm of the number of ways to choose k of n."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def log_tail(k: int, n: int, p: float) -> float:
    """Return the natural logarithm of P(X ≥ k) for X ~ Binomial(n, p).

    Logarithms, because an infected client's probability is often below the smallest float.

    :param k: successes; k ≤ 0 gives 0.0, k > n gives ``-inf``.
    :param n: trials, n ≥ 0.
    :param p: probability of one success, 0 < p < 1.
    :return: ≤ 0.0, exact to about 1e-9 relative for n up to a million.
    :raises ValueError: for a ``p`` outside (0, 1) or a negative ``n``.
    """
    if not 0 < p < 1 or n < 0:
        raise ValueError(f"no binomial distribution with n={n}, p={p}")
    if k <= 0:
        return 0.0
    if k > n:
        return -math.inf
    if k > n * p:
        return min(0.0, _log_probability(k, n, p) + math.log(_sum_upwards(k, n, p / (1 - p))))
    # fewer successes are more failures
    failures = n - k + 1
    below = _log_probability(k - 1, n, p) + math.log(_sum_upwards(failures, n, (1 - p) / p))
    return math.log1p(-math.exp(below))


def log_beta_binomial(k: int, n: int, mean: float, dispersion: float) -> float:
    """Return the natural logarithm of P(X = k), X ~ Binomial(n, p) whose p differs from draw to draw.

    p is Beta-distributed.

    :param mean: of p, 0 < mean < 1.
    :param dispersion: correlation of two trials of one draw, 0 < dispersion < 1; p has the variance
        mean × (1 − mean) × dispersion.
    """
    alpha, beta = _beta(mean, dispersion)
    return log_choose(n, k) + _log_beta(k + alpha, n - k + beta) - _log_beta(alpha, beta)


def log_beta_binomial_tail(k: int, n: int, mean: float, dispersion: float) -> float:
    """Return the natural logarithm of P(X ≥ k); parameters as in :func:`log_beta_binomial`.

    :return: ≤ 0.0; k ≤ 0 gives 0.0, k > n gives ``-inf``.
    """
    if k <= 0:
        return 0.0
    if k > n:
        return -math.inf
    alpha, beta = _beta(mean, dispersion)
    if k <= n * mean:
        below = math.fsum(math.exp(log_beta_binomial(i, n, mean, dispersion)) for i in range(k))
        return math.log1p(-below) if below < 1 else -math.inf
    term = total = 1.0
    for i in range(k, n):
        term *= (n - i) / (i + 1) * (i + alpha) / (n - i - 1 + beta)
        total += term
        if term < total * _NEGLIGIBLE:
            break
    return min(0.0, log_beta_binomial(k, n, mean, dispersion) + math.log(total))


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of ``successes`` ÷ ``trials``; (0.0, 1.0) without trials."""
    if not trials:
        return 0.0, 1.0
    share = successes / trials
    middle = share + _Z**2 / (2 * trials)
    half = _Z * math.sqrt(share * (1 - share) / trials + _Z**2 / (4 * trials**2))
    scale = 1 + _Z**2 / trials
    # no rounding may push an end past the share itself
    return max(0.0, min(share, (middle - half) / scale)), min(1.0, max(share, (middle + half) / scale))


def _log_probability(k: int, n: int, p: float) -> float:
    return log_choose(n, k) + k * math.log(p) + (n - k) * math.log1p(-p)


def _beta(mean: float, dispersion: float) -> tuple[float, float]:
    size = 1 / dispersion - 1
    return mean * size, (1 - mean) * size


def _log_beta(alpha: float, beta: float) -> float:
    return math.lgamma(alpha) + math.lgamma(beta) - math.lgamma(alpha + beta)


def _sum_upwards(k: int, n: int, odds: float) -> float:
    """P(k ≤ X ≤ n) ÷ P(X = k); above the mean every term is smaller than the one before.

    :param odds: p / (1 - p), not p: one minus a small number has lost digits.
    """
    term = total = 1.0
    for i in range(k, n):
        term *= (n - i) / (i + 1) * odds
        total += term
        if term < total * _NEGLIGIBLE:
            break
    return total


def two_digit_unit(count: int) -> int:
    """Return the unit in which a count has two digits: 1234 gives 100, what is below 100 gives 1."""
    return 10 ** max(0, math.floor(math.log10(count)) - 1) if count else 1
