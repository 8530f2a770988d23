"""What the page of all reports shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_devo_dga.plugins.drift_detail import drift_detail
from airflow_provider_devo_dga.plugins.model_rows import mismatch, model_rows
from airflow_provider_devo_dga.plugins.model_source import Models, ModelSource
from airflow_provider_devo_dga.plugins.places import HOURLY_DAG
from airflow_provider_devo_dga.plugins.stored_windows import stored_windows
from airflow_provider_devo_dga.plugins.trend_bars import trend_bars
from airflow_provider_devo_dga.plugins.window_facts import WindowFacts
from airflow_provider_devo_dga.reports.shelf import ReportShelf

SHOWN = 48
_MODEL = "dga_classifier"
_NO_MODEL = "Models are shown beside the reports that they made."


def overview_facts(dag_id: str, shelf: ReportShelf, source: ModelSource) -> dict[str, Any]:
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
        "mismatch": mismatch(rows),
        "drift": drift_detail(trend),
    }


def _models(dag_id: str, windows: Sequence[WindowFacts], source: ModelSource) -> Models:
    """Return the models behind a Dag's reports: who may see another Dag only is told of no model."""
    if windows:
        return source.models(windows[0].context.model_name)
    return source.models(_MODEL) if dag_id == HOURLY_DAG else Models(notice=_NO_MODEL)
