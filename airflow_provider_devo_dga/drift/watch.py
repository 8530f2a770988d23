"""Drift over time: one small file a window, from which it follows whether to raise the alarm.

A single odd hour is no drift, and an alarm that repeats every hour is soon switched off. So an alarm takes
several windows in a row, and there is at most one a day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median
from typing import Any

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.storage import publish

_QUIET_WINDOWS = 24


@dataclass(frozen=True, slots=True)
class DriftWatch:
    """The records of a folder.

    :param folder: ``pathlib.Path`` or ``ObjectStoragePath``; holds ``<start>_<seconds>s.json`` for each
        window.
    :param in_a_row: windows with drift, one after the other, that make an alarm.
    """

    folder: Any
    in_a_row: int = 3

    def record(self, start: datetime, end: datetime, facts: dict[str, Any]) -> dict[str, Any]:
        """Write a window's facts, ``alarm`` among them, and return them; the same window replaces its own.

        :param facts: of ``Drift.to_dict``, and what else is to be kept.
        """
        before = list(self.before(start, end, _QUIET_WINDOWS))
        recent = before[: self.in_a_row - 1]
        lasts = len(recent) == self.in_a_row - 1 and all(found and found["drifted"] for found in recent)
        was_told = any(found and found["alarm"] for found in before)
        told = facts | {
            "window": {"from": start.isoformat(), "to": end.isoformat()},
            "alarm": bool(facts["drifted"]) and lasts and not was_told,
        }
        with publish(self.folder / _name(start, end)) as file:
            file.write(json.dumps(told, indent=2).encode())
        return told

    def before(self, start: datetime, end: datetime, windows: int) -> Iterator[dict[str, Any] | None]:
        """Yield the facts of earlier windows of this width, the latest first; None where there are none."""
        width = end - start
        for number in range(1, windows + 1):
            try:
                text = (self.folder / _name(start - number * width, end - number * width)).read_bytes()
            except FileNotFoundError:
                yield None
            else:
                yield json.loads(text)

    def summary(self, start: datetime, end: datetime, windows: int) -> dict[str, Any]:
        """Return what happened in so many windows before one: how many drifted, and in what."""
        known = [found for found in self.before(start, end, windows) if found]
        worst: dict[str, list[float]] = {}
        for found in known:
            for feature, index in found["index"].items():
                worst.setdefault(feature, []).append(index)
        ranked = sorted(((median(values), feature) for feature, values in worst.items()), reverse=True)
        return {
            "windows": len(known),
            "drifted": sum(bool(found["drifted"]) for found in known),
            "share_flagged": round(fmean(found["share_flagged"] for found in known), 6) if known else None,
            "worst": {feature: round(index, 4) for index, feature in ranked[:5]},
        }


def _name(start: datetime, end: datetime) -> str:
    return f"{Window(start, end).slug}.json"
