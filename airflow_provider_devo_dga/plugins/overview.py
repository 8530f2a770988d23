"""What the page of all reports shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_devo_dga.errors import DevoDgaError
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.plugins.drift_detail import drift_detail
from airflow_provider_devo_dga.plugins.model_rows import mismatch, model_rows
from airflow_provider_devo_dga.plugins.model_source import Models, ModelSource
from airflow_provider_devo_dga.plugins.places import HOURLY_DAG
from airflow_provider_devo_dga.plugins.report_ways import card_way, has_card
from airflow_provider_devo_dga.plugins.stored_windows import stored_windows
from airflow_provider_devo_dga.plugins.trend_bars import trend_bars
from airflow_provider_devo_dga.plugins.window_facts import WindowFacts
from airflow_provider_devo_dga.reports.shelf import ReportShelf

SHOWN = 48
_MODEL = "dga_classifier"
_NO_MODEL = "Models are shown beside the reports that they made."


def overview_facts(
    dag_id: str, shelf: ReportShelf, source: ModelSource, store: ModelStore[Any] | None
) -> dict[str, Any]:
    """Return the facts of the template: the last windows, their models, their drift."""
    stored = stored_windows(dag_id, shelf, SHOWN)
    windows = stored.windows
    models = _models(dag_id, windows, source)
    rows = model_rows(models.known, windows)
    # what is drawn over time is of one source, that of the newest report
    trend = [window for window in windows if window.source == windows[0].source]
    return {
        "dag_id": dag_id,
        "windows": windows,
        "trend": trend,
        "sources": len({window.source for window in windows}),
        "stored": stored,
        "drawn": trend_bars(trend),
        "models": models,
        "rows": rows,
        "cards": {
            row.model.version: card_way("", row.model.version).address
            for row in rows
            if row.model.version and has_card(store, row.model.version)
        },
        "mismatch": mismatch(rows),
        "drift": drift_detail(trend),
    }


def _models(dag_id: str, windows: Sequence[WindowFacts], source: ModelSource) -> Models:
    """Return the models behind a Dag's reports: who may see another Dag only is told of no model."""
    if windows:
        return source.models(windows[0].context.model_name)
    return source.models(_MODEL) if dag_id == HOURLY_DAG else Models(notice=_NO_MODEL)


def shows_model(dag_id: str, version: str, shelf: ReportShelf, store: ModelStore[Any]) -> bool:
    """Say whether a Dag's pages show a version: one of a model that its reports name, or ours that would."""
    windows = stored_windows(dag_id, shelf, SHOWN).windows
    names = {window.context.model_name for window in windows} or ({_MODEL} if dag_id == HOURLY_DAG else set())
    try:
        return any(store.summary(version, name) is not None for name in sorted(names))
    except DevoDgaError:
        return False
