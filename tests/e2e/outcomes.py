"""The table that the tests leave at the end: what was killed, how it ended, what Devo saw."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row.

    :param effects: what was counted at the sandbox and in the store.
    """

    case: str
    kill_point: str
    outcome: str
    effects: str
    seconds: float


ROWS: list[Outcome] = []
Tell = Callable[[str, str, str, str], None]


def teller() -> Tell:
    """Return what adds a row, with the seconds from now on."""
    began = time.monotonic()

    def tell(case: str, kill_point: str, outcome: str, effects: str) -> None:
        ROWS.append(Outcome(case, kill_point, outcome, effects, time.monotonic() - began))

    return tell


def table(rows: list[Outcome]) -> list[str]:
    """Return the lines of a table in Markdown."""
    cells = [
        ("case", "kill point", "outcome", "effects counted", "s"),
        *((row.case, row.kill_point, row.outcome, row.effects, f"{row.seconds:.0f}") for row in rows),
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = [f"| {' | '.join(map(str.ljust, line, widths))} |" for line in cells]
    return [lines[0], f"| {' | '.join('-' * width for width in widths)} |", *lines[1:]]
