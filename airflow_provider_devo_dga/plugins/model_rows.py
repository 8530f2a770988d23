"""The models of the page: what the history knows, joined with what the reports tell of their own models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from airflow_provider_devo_dga.history.known_models import KnownModel
from airflow_provider_devo_dga.plugins.drift_detail import drift_verdict
from airflow_provider_devo_dga.plugins.window_facts import WindowFacts

_ORDER = {"champion": 0, "challenger": 1}
_LAST = len(_ORDER)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRow:
    """One model.

    :param roles: in the history.
    :param recorded: whether the history knows it.
    :param scored: windows that it scored, of those shown.
    :param newest: whether it scored the newest one.
    """

    version: str | None
    roles: tuple[str, ...]
    recorded: bool
    trained_at: datetime | None
    threshold: float | None
    recall: float | None
    false_positive_rate: float | None
    auc: float | None
    gate: str | None
    drift: str
    scored: int
    newest: bool


def model_rows(known: Sequence[KnownModel], windows: Sequence[WindowFacts]) -> list[ModelRow]:
    """Return who has a role first, then the others, the newest first.

    :param windows: newest first.
    """
    rows = [_recorded(model, windows) for model in known]
    recorded = {model.version for model in known}
    told = {window.model_version: window for window in reversed(windows)}
    rows += [_told(window, windows) for version, window in told.items() if version not in recorded]
    rows.sort(key=lambda row: row.version or "", reverse=True)
    rows.sort(key=lambda row: min((_ORDER.get(role, _LAST) for role in row.roles), default=_LAST))
    return rows


def mismatch(rows: Sequence[ModelRow]) -> str | None:
    """Say so when another model than the champion has scored the newest window."""
    champion = next((row for row in rows if "champion" in row.roles), None)
    newest = next((row for row in rows if row.newest), None)
    if champion is None or newest is None or champion is newest:
        return None
    return (
        f"The latest window was scored by version {newest.version or 'unknown'}, but the model history has"
        f" {champion.version} as champion. After a promotion this lasts until the next report; if it stays,"
        " look at what Devo serves."
    )


def _recorded(model: KnownModel, windows: Sequence[WindowFacts]) -> ModelRow:
    return ModelRow(
        version=model.version or None,
        roles=tuple(sorted(model.roles, key=lambda role: (_ORDER.get(role, _LAST), role))),
        recorded=True,
        trained_at=model.trained_at,
        threshold=model.threshold,
        recall=model.recall,
        false_positive_rate=model.false_positive_rate,
        auc=model.auc,
        gate=model.gate,
        drift=drift_verdict(model.version, windows),
        scored=_scored(model.version, windows),
        newest=bool(windows) and windows[0].model_version == model.version,
    )


def _told(window: WindowFacts, windows: Sequence[WindowFacts]) -> ModelRow:
    version = window.model_version
    return ModelRow(
        version=version,
        roles=(),
        recorded=False,
        trained_at=_instant(version),
        threshold=window.threshold,
        recall=None,
        false_positive_rate=window.false_positive_rate,
        auc=None,
        gate=None,
        drift=drift_verdict(version, windows),
        scored=_scored(version, windows),
        newest=windows[0].model_version == version,
    )


def _scored(version: str | None, windows: Sequence[WindowFacts]) -> int:
    return sum(window.model_version == version for window in windows)


def _instant(version: str | None) -> datetime | None:
    try:
        return datetime.strptime(version or "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
