"""Drift over the last windows: each window, and each feature through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from airflow_provider_devo_dga.drift.record import DriftRecord, lasts
from airflow_provider_devo_dga.plugins.window_facts import WindowFacts
from airflow_provider_devo_dga.reports.page.words import counted

_FEATURES = 10


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """One feature through the windows of one model.

    :param latest: its index in the newest window.
    :param over: windows in which it has drifted.
    """

    name: str
    latest: float
    middle: float
    most: float
    over: int


@dataclass(frozen=True, slots=True)
class DriftDetail:
    """What was watched.

    :param windows: those that were, the newest first.
    :param version: of the model in the newest one; ``features`` speaks of its windows alone.
    :param features: those that drifted most often.
    """

    windows: tuple[tuple[WindowFacts, DriftRecord], ...]
    version: str | None
    features: tuple[FeatureDrift, ...]
    of_version: int


def drift_detail(windows: Sequence[WindowFacts]) -> DriftDetail:
    """Return the drift of windows that come newest first."""
    watched = tuple((window, window.drift) for window in windows if window.drift is not None)
    if not watched:
        return DriftDetail((), None, (), 0)
    version = watched[0][1].model_version
    same = _drifts(version, windows)
    features = [_feature(name, same) for name in same[0].index]
    features.sort(key=lambda feature: (-feature.over, -feature.latest, feature.name))
    return DriftDetail(watched, version, tuple(features[:_FEATURES]), len(same))


def drift_verdict(version: str | None, windows: Sequence[WindowFacts]) -> str:
    """Say in a few words how much the traffic drifted from a model's training, in windows newest first."""
    drifts = _drifts(version, windows)
    if not drifts:
        return "not watched"
    watched = counted(len(drifts), "window")
    drifted = sum(bool(drift.drifted) for drift in drifts)
    if not drifted:
        return f"none in {watched}"
    lasting = "lasting, " if lasts(drifts, drifts[0].in_a_row) else ""
    return f"{lasting}{drifted} of {watched}"


def _drifts(version: str | None, windows: Sequence[WindowFacts]) -> list[DriftRecord]:
    return [window.drift for window in windows if window.drift and window.drift.model_version == version]


def _feature(name: str, drifts: Sequence[DriftRecord]) -> FeatureDrift:
    values = [drift.index[name] for drift in drifts if name in drift.index]
    over = sum(name in drift.drifted for drift in drifts)
    return FeatureDrift(name, values[0], median(values), max(values), over)
