"""How many examples Hypothesis draws, and whether chance chooses them.

A usual run draws a quarter of the examples, the same ones every time: it is red for a reason that lies in the
change. ``make test-deep``, for the night, draws all of them, and others each time.
"""

from __future__ import annotations

from hypothesis import settings

_WHOLE = 100
# No deadline: how long an example takes says how busy the machine is.
settings.register_profile("deep", max_examples=_WHOLE, deadline=None, print_blob=True)
settings.register_profile("quick", max_examples=_WHOLE // 4, deadline=None, derandomize=True)


def examples(deep: int) -> int:
    """Return how many examples to draw where a deep run draws ``deep``; for ``max_examples``, or loops."""
    return max(1, deep * settings.default.max_examples // _WHOLE)
