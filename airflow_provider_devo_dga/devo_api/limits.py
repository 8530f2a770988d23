"""How long, how often and how many at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a connection to Devo.

    :param timeout: seconds for one whole answer; keep-alives do not stretch it.
    :param retries: further attempts after a fault that may pass.
    :param concurrency: queries that one triggerer asks at once over this connection.
    """

    timeout: float = 600.0
    retries: int = 3
    concurrency: int = 16
