"""Drift over time: one small file a window, from which it follows whether to raise the alarm.

A single odd hour is no drift, and an alarm that repeats every hour is soon switched off. So an alarm takes
several windows in a row, and there is at most one a day.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import nlargest
from statistics import fmean, median
from typing import Any

from airflow_provider_devo_dga.devo_api.window import Window, keyed
from airflow_provider_devo_dga.drift.record import DRIFT, DriftRecord, lasts
from airflow_provider_devo_dga.errors import DocumentError, StorageError
from airflow_provider_devo_dga.storage import publish, read_inside

log = logging.getLogger(__name__)

_QUIET_WINDOWS = 24


@dataclass(frozen=True, slots=True)
class DriftWatch:
    """The records of a folder.

    :param folder: ``pathlib.Path`` or ``ObjectStoragePath``; holds ``<start>_<seconds>s_<source>.json`` for
        each window.
    :param source_key: whose records, see ``HostSource.key``; ``""`` for names without one.
    """

    folder: Any
    source_key: str = ""

    def record(self, window: Window, found: DriftRecord) -> DriftRecord:
        """Write a window's record with its ``alarm``, and return it; the same window replaces its own."""
        before = list(self.before(window, max(_QUIET_WINDOWS, found.in_a_row)))
        was_told = any(earlier and earlier.alarm for earlier in before[:_QUIET_WINDOWS])
        told = replace(
            found,
            alarm=lasts([found, *before], found.in_a_row) and not was_told,
            window=window.written,
        )
        with publish(self.folder / f"{keyed(window.slug, self.source_key)}.json") as file:
            file.write(DRIFT.write(told))
        return told

    def find(self, slug: str) -> DriftRecord | None:
        """Return the record of a window by its whole name; None when it was not watched.

        :raises DocumentError: it cannot be read.
        """
        try:
            content = read_inside(self.folder, f"{slug}.json")
        except (OSError, StorageError) as error:
            raise DocumentError(f"{slug}.json cannot be read: {error}") from None
        return None if content is None else DRIFT.read(content, f"{slug}.json")

    def before(self, window: Window, windows: int) -> Iterator[DriftRecord | None]:
        """Yield the records of earlier windows of this width, the latest first; None where there is none."""
        for earlier in window.before(windows):
            try:
                yield self.find(keyed(earlier.slug, self.source_key))
            except DocumentError as error:
                log.warning("A window counts as not watched: %s", error)
                yield None

    def summary(self, start: datetime, end: datetime, windows: int) -> dict[str, Any]:
        """Return, and log, what happened in so many windows before one: how many drifted, and in what."""
        known = [found for found in self.before(Window(start, end), windows) if found]
        indices: dict[str, list[float]] = {}
        for found in known:
            for feature, index in found.index.items():
                indices.setdefault(feature, []).append(index)
        worst = nlargest(5, ((round(median(values), 4), feature) for feature, values in indices.items()))
        told = {
            "windows": len(known),
            "drifted": sum(bool(found.drifted) for found in known),
            "share_flagged": round(fmean(found.share_flagged for found in known), 6) if known else None,
            "worst": {feature: index for index, feature in worst},
        }
        log.info(
            "%d of the last %d windows were watched, %d of them had drift; the largest indices: %s",
            told["windows"],
            windows,
            told["drifted"],
            ", ".join(f"{feature} {index:.2f}" for index, feature in worst) or "none",
        )
        return told
