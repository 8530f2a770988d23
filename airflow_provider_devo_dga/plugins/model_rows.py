"""The models of the page: what the history knows, joined with what the reports tell of their own models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from airflow_provider_devo_dga.history.known_models import KnownModel
from airflow_provider_devo_dga.models.origin import time_of
from airflow_provider_devo_dga.plugins.drift_detail import drift_verdict
from airflow_provider_devo_dga.plugins.window_facts import WindowFacts

_ORDER = {"champion": 0, "challenger": 1}
_LAST = len(_ORDER)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRow:
    """One model.

    :param model: what is known of it; ``number`` is 0 when the history does not know it.
    :param scored: windows that it scored, of those shown.
    :param newest: whether it scored the newest one.
    """

    model: KnownModel
    drift: str
    scored: int
    newest: bool


def model_rows(known: Sequence[KnownModel], windows: Sequence[WindowFacts]) -> list[ModelRow]:
    """Return who has a role first, then the others, the newest first.

    :param windows: newest first.
    """
    recorded = {model.version for model in known}
    told = {window.model_version or "": window for window in reversed(windows)}
    models = [*known, *(_told(window) for version, window in told.items() if version not in recorded)]
    models.sort(key=lambda model: model.version, reverse=True)
    models.sort(key=lambda model: min((_ORDER.get(role, _LAST) for role in model.roles), default=_LAST))
    return [_row(model, windows) for model in models]


def mismatch(rows: Sequence[ModelRow]) -> str | None:
    """Say so when another model than the champion has scored the newest window."""
    champion = next((row for row in rows if "champion" in row.model.roles), None)
    newest = next((row for row in rows if row.newest), None)
    if champion is None or newest is None or champion is newest:
        return None
    return (
        f"The latest window was scored by version {newest.model.version or 'unknown'}, but the model history"
        f" has {champion.model.version} as champion. After a promotion this lasts until the next report;"
        " if it stays, look at what Devo serves."
    )


def _row(model: KnownModel, windows: Sequence[WindowFacts]) -> ModelRow:
    scored = [(window.model_version or "") == model.version for window in windows]
    return ModelRow(
        model=model,
        drift=drift_verdict(model.version or None, windows),
        scored=sum(scored),
        newest=scored[:1] == [True],
    )


def _told(window: WindowFacts) -> KnownModel:
    """Return what a report tells of the model that made it."""
    version = window.model_version or ""
    return KnownModel(
        number=0,
        version=version,
        trained_at=time_of(version),
        threshold=window.context.threshold,
        false_positive_rate=window.context.false_positive_rate,
    )
