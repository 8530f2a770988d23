"""Where a report leads: the windows beside it, all reports, and the card of the model that scored it."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.plugins.ways import Way
from airflow_provider_devo_dga.reports.shelf import ReportShelf

log = logging.getLogger(__name__)


def report_ways(dag_id: str, slug: str, shelf: ReportShelf, models: ModelStore[Any] | None) -> list[Way]:
    """Return the links of a report's page."""
    before, after = shelf.beside(dag_id, slug)
    found = shelf.find(dag_id, slug)
    version = found.figures.context.model_version if found and found.figures else None
    return [
        Way("../../reports", "All reports"),
        *([Way(f"../{before}/report.html", f"← {_start(before)}")] if before else ()),
        *([Way(f"../{after}/report.html", f"{_start(after)} →")] if after else ()),
        *([card_way("../../", version)] if version and has_card(models, version) else ()),
    ]


def card_way(up: str, version: str) -> Way:
    """Return the link to the card of a model."""
    return Way(f"{up}models/{quote(version, safe='')}/model_card.html", f"Model {version}")


def has_card(models: ModelStore[Any] | None, version: str) -> bool:
    """Say whether a version, which a report told, has a card; a store that does not answer has none."""
    try:
        return models is not None and models.card(version) is not None
    except Exception:
        # the link is an extra: no error of a store's own keeps a report from being shown
        log.exception("The card of model %s cannot be read", version)
        return False


def _start(slug: str) -> str:
    """``20260105T080000Z_3600s`` gives ``01-05 08:00``."""
    return f"{slug[4:6]}-{slug[6:8]} {slug[9:11]}:{slug[11:13]}"
