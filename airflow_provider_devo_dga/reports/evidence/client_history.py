"""Since when clients stand out, and whether people are to be told: by the reports of earlier windows alone.

No state is added up, so a retry and a cleared task say the same, and a backfill sees what came before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from airflow_provider_devo_dga.reports.evidence.client_evidence import Verdict
from airflow_provider_devo_dga.reports.evidence.figures import (
    TREND_WINDOWS,
    AlternativeClient,
    Change,
    ClientHistory,
    JudgedClient,
    KnownClient,
    ReportFigures,
)

BACK_AFTER = 6
"""Windows of quiet after which a client is news again; one that comes and goes each hour is none."""

REMINDED_AFTER = timedelta(days=1)

Known = TypeVar("Known", bound=KnownClient)

_LEVELS: Mapping[str, int] = {Verdict.SUSPICIOUS: 1, Verdict.INFECTED: 3}
_ALTERNATIVE = 2


def standing(
    clients: Sequence[JudgedClient], alternative: Sequence[AlternativeClient]
) -> Mapping[str, tuple[int, KnownClient]]:
    """Return how much each client stands out, those that do not left out."""
    found: dict[str, tuple[int, KnownClient]] = {
        each.client: (level, each) for each in clients if (level := _LEVELS.get(each.verdict, 0))
    }
    for use in alternative:
        if use.alarm and found.get(use.client, (0,))[0] < _ALTERNATIVE:
            found[use.client] = (_ALTERNATIVE, use)
    return found


@dataclass(frozen=True, slots=True)
class _Earlier:
    start: datetime
    standing: Mapping[str, tuple[int, KnownClient]]

    def first(self, client: str) -> datetime:
        history = self.standing[client][1].history
        return history.first if history else self.start


class Histories:
    """The histories of the clients that stand out in a window.

    :param start: of the window, aware.
    :param now: how much they do, see :func:`standing`.
    :param earlier: the reports before it that there are, oldest first.
    """

    def __init__(
        self, start: datetime, now: Mapping[str, tuple[int, KnownClient]], earlier: Sequence[ReportFigures]
    ) -> None:
        self._start = start
        self._earlier = [
            _Earlier(report.context.window_start, standing(report.clients, report.alternative))
            for report in reversed(earlier[-(TREND_WINDOWS - 1) :])
        ]
        self._told = max((report.last_told for report in earlier if report.last_told), default=None)
        self._found = {client: self._history(client, level) for client, (level, _) in now.items()}

    def get(self, client: str) -> ClientHistory | None:
        """Return a client's history; None when it does not stand out."""
        return self._found.get(client)

    @property
    def last_told(self) -> datetime | None:
        """Return the window's start when people are to be told of it, else that of the last one told of.

        They are when a client is new, worse or back, and once a day as long as one stands out.
        """
        due = self._told is None or self._start - self._told >= REMINDED_AFTER
        changed = any(history.change for history in self._found.values())
        return self._start if changed or (self._found and due) else self._told

    def _history(self, client: str, level: int) -> ClientHistory:
        stood_out = [client in window.standing for window in self._earlier]
        before = [window for window in self._earlier if client in window.standing]
        quiet = stood_out.index(True) if before else 0
        change = None
        if not before:
            change = Change.NEW
        elif level > max(window.standing[client][0] for window in before):
            change = Change.WORSE
        elif quiet >= BACK_AFTER:
            change = Change.BACK
        return ClientHistory(
            first=min((window.first(client) for window in before), default=self._start),
            in_a_row=1 + [*stood_out, False].index(False),
            stood_out=1 + len(before),
            windows=1 + len(self._earlier),
            change=change,
        )
