"""Waiting for what another thread, process or server does.

The bounds only end a test that would hang: nothing is said about speed, and a busy machine makes nothing red.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

PATIENCE = 60.0
# What must end at once takes far less also on a busy machine, and where it does not, far longer.
SOON = 10.0


def wait_until(condition: Callable[[], Any], seconds: float = PATIENCE, *, every: float = 0.02) -> Any:
    """Wait for a true answer and return it."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not so after {seconds:.0f} s, but: {answer!r}"
        time.sleep(every)
    return answer


async def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Wait in a thread, so that the loop goes on; the condition may block."""
    return await asyncio.to_thread(wait_until, condition, seconds)
