"""How sure a share is: the Wilson score interval."""

from __future__ import annotations

import math

_Z = 1.959963984540054  # 95 %


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
