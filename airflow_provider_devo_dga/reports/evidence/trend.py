"""The windows before this one, as their own reports told of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from airflow_provider_devo_dga.reports.evidence.figures import KeyTotals

WINDOWS = 24


@dataclass(frozen=True, slots=True)
class PastWindow:
    """One window.

    :param start: its start, aware.
    :param totals: None when it has no report that can be read.
    """

    start: datetime
    totals: KeyTotals | None = None


Trend = tuple[PastWindow, ...]
