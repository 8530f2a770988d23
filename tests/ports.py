"""Ports for processes that must be told one, and cannot say which they took."""

from __future__ import annotations

import contextlib
import random
import socket


def free_port(row: int = 1) -> int:
    """Return a port on loopback that is free, with those after it, ``row`` in all.

    It is below those that a system gives out by itself: nobody takes it before the process does.
    """
    # an instance of its own: a seed that a test sets would give workers the same ports
    for port in random.SystemRandom().sample(range(20_000, 32_000, row), 1000):
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for number in range(row):
                held.enter_context(socket.socket()).bind(("127.0.0.1", port + number))
            return port
    raise OSError(f"there are no {row} free ports in a row")
