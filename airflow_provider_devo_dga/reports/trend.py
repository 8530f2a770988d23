"""The windows before this one, each from the ``report.json`` that lies in its own folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

WINDOWS = 24


@dataclass(frozen=True, kw_only=True)
class PastWindow:
    """What one window's report found; all None when it has no report that can be read.

    :param start: its start, aware.
    :param domains: distinct domains scored.
    :param domains_flagged: flagged ones.
    :param expected: what chance would flag.
    :param clients_infected: clients almost certainly infected.
    :param clients_suspicious: clients that looked suspicious.
    """

    start: datetime
    domains: int | None = None
    domains_flagged: int | None = None
    expected: float | None = None
    clients_infected: int | None = None
    clients_suspicious: int | None = None

    @property
    def known(self) -> bool:
        """Whether there is a report."""
        return self.domains_flagged is not None


Trend = tuple[PastWindow, ...]


def past_windows(folders: Iterable[tuple[datetime, Any]], stem: str = "report") -> Trend:
    """Read the totals of earlier reports; a report that is missing or broken is a gap, never an error.

    :param folders: start of each window and the folder its report would lie in, oldest first;
        ``pathlib.Path`` or ``ObjectStoragePath``.
    """
    return tuple(_past(start, folder / f"{stem}.json") for start, folder in folders)


def _past(start: datetime, file: Any) -> PastWindow:
    try:
        totals = json.loads(file.read_bytes())["totals"]
        return PastWindow(
            start=start,
            domains=int(totals["domains"]),
            domains_flagged=int(totals["domains_flagged"]),
            expected=float(totals["domains_expected_false"]),
            clients_infected=int(totals["clients_infected"]),
            clients_suspicious=int(totals["clients_suspicious"]),
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        # a page about this hour must not fail for an earlier one; the page shows the gap
        return PastWindow(start=start)
