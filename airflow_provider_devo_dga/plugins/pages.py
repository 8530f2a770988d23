"""The pages behind the plugin's views; each asks Airflow whether the user may see the Dag.

Imported with the first request only, so it may import what it needs at its top.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.models.xcom import XComModel
from airflow.sdk import ObjectStoragePath
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from airflow_provider_devo_dga.errors import StorageError
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.plugins.missing_report import why_missing
from airflow_provider_devo_dga.plugins.model_source import ModelSource
from airflow_provider_devo_dga.plugins.overview import overview_facts, shows_model
from airflow_provider_devo_dga.plugins.page_templates import page_templates
from airflow_provider_devo_dga.plugins.places import HOURLY_DAG, models_dir, reports_dir
from airflow_provider_devo_dga.plugins.report_ways import report_ways
from airflow_provider_devo_dga.plugins.rights import may_read
from airflow_provider_devo_dga.plugins.run_sources import run_sources
from airflow_provider_devo_dga.plugins.ways import Way, with_ways
from airflow_provider_devo_dga.redaction import shown_uri
from airflow_provider_devo_dga.reports.shelf import ReportShelf

log = logging.getLogger(__name__)

_HEADERS = {
    # reports hold names that attackers chose: no script, nothing from elsewhere, whatever a page says
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_DOWNLOADS = {
    "report.csv": "text/csv",
    "report.ecs.ndjson": "application/x-ndjson",
    "report.parquet": "application/vnd.apache.parquet",
}
_DAGS_LOOKED_AT = 48
RunId = Annotated[str, Query(min_length=1)]


def pages() -> FastAPI:
    """Return the application."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    may_read_runs = [Depends(requires_access_dag("GET", DagAccessEntity.RUN))]
    may_read_results = [Depends(requires_access_dag("GET", DagAccessEntity.XCOM))]
    models = ModelSource()

    def shown(name: str, status: int = 200, **facts: Any) -> HTMLResponse:
        text = page_templates().get_template(name).render(**facts)
        return HTMLResponse(text, status_code=status, headers=_HEADERS)

    def message(
        dag_id: str, title: str, text: str, status: int = 200, *, overview: str, **more: Any
    ) -> HTMLResponse:
        facts = {"title": title, "text": text, "dag_id": dag_id, "line": None, "steps": ()}
        return shown("message.html", status, **facts | more, overview=overview)

    def gone(dag_id: str, up: str) -> HTMLResponse:
        text = "It was moved, or never written."
        return message(dag_id, "There is no such report", text, 404, overview=f"{up}reports")

    @app.exception_handler(StorageError)
    def unsafe(request: Request, error: StorageError) -> HTMLResponse:
        dag_id = request.path_params.get("dag_id") or request.query_params.get("dag_id") or HOURLY_DAG
        here = f"{request.scope['root_path']}/reports"
        return message(dag_id, "No place for reports", f"{error}.", 503, overview=here)

    @app.get("/reports")
    def entry(user: GetUserDep) -> Response:
        dag_id = next(iter(_dags(user)), HOURLY_DAG)
        if not may_read(user, dag_id, DagAccessEntity.RUN):
            raise HTTPException(403, "Forbidden")
        return RedirectResponse(f"dags/{quote(dag_id, safe='')}/reports", status_code=303)

    @app.get("/dags/{dag_id}/reports", dependencies=may_read_runs)
    def overview(dag_id: str, user: GetUserDep) -> HTMLResponse:
        others = [
            Way(f"../{quote(other, safe='')}/reports", other) for other in _dags(user) if other != dag_id
        ]
        facts = overview_facts(dag_id, _shelf(), models, _models())
        return shown("overview.html", **facts, others=others, folder=shown_uri(reports_dir()))

    @app.get("/dags/{dag_id}/reports/{slug}", dependencies=may_read_runs)
    def report_folder(dag_id: str, slug: str) -> Response:
        if _shelf().page(dag_id, slug) is None:
            return gone(dag_id, "../")
        return RedirectResponse(f"{slug}/report.html", status_code=303)

    @app.get("/dags/{dag_id}/reports/{slug}/{name}", dependencies=may_read_runs)
    def report(dag_id: str, slug: str, name: str) -> Response:
        shelf = _shelf()
        if name in _DOWNLOADS and (content := shelf.download(dag_id, slug, name)) is not None:
            kept = {"Content-Disposition": f'attachment; filename="{slug}.{name.partition(".")[2]}"'}
            return StreamingResponse(content, media_type=_DOWNLOADS[name], headers=_HEADERS | kept)
        if name != "report.html" or (page := shelf.page(dag_id, slug)) is None:
            return gone(dag_id, "../../")
        return HTMLResponse(with_ways(page, report_ways(dag_id, slug, shelf, _models())), headers=_HEADERS)

    @app.get("/dags/{dag_id}/models/{version}/model_card.html", dependencies=may_read_runs)
    def card(dag_id: str, version: str) -> HTMLResponse:
        store = _models()
        page = store.card(version) if store and shows_model(dag_id, version, _shelf(), store) else None
        if page is None:
            text = "It was moved, or its training had no extra “report” to draw it with."
            return message(dag_id, "There is no such model card", text, 404, overview="../../reports")
        return HTMLResponse(with_ways(page, [Way("../../reports", "← All reports")]), headers=_HEADERS)

    @app.get("/run", dependencies=may_read_results)
    def of_run(
        dag_id: str, run_id: RunId, user: GetUserDep, session: SessionDep, map_index: str = ""
    ) -> Response:
        # Airflow leaves its placeholder where a task is not mapped
        number = int(map_index) if map_index.isdecimal() and len(map_index) < 10 else -1
        told = _told(dag_id, run_id, session)
        sources = run_sources(dag_id, run_id, session, _reports(told), _shelf().slug_of)
        if number < 0 and len(sources) > 1:
            return shown("run.html", dag_id=dag_id, run_id=run_id, sources=sources)
        kind, place = _made([value for index, value in told if number in {-1, index}])
        if place is None:
            logs = may_read(user, dag_id, DagAccessEntity.TASK_LOGS)
            missing = why_missing(dag_id, run_id, session, with_logs=logs, map_index=number)
            return message(dag_id, **asdict(missing), overview="reports")
        if kind == "report" and (slug := _shelf().slug_of(place)) is not None:
            return RedirectResponse(
                f"dags/{quote(dag_id, safe='')}/reports/{slug}/report.html", status_code=303
            )
        store = _models() if kind == "model card" else None
        version = store.version_of_card(place) if store else None
        if store and version is not None and (page := store.card(version)) is not None:
            return HTMLResponse(with_ways(page, [Way("reports", "All reports")]), headers=_HEADERS)
        option = "reports_dir" if kind == "report" else "models_dir"
        folder = reports_dir() if kind == "report" else models_dir()
        return message(
            dag_id,
            f"The {kind} of this run lies elsewhere",
            f"It was written to {shown_uri(place)}. Shown here is what lies below {shown_uri(folder)};"
            f" set [devo_dga] {option} to change that.",
            overview="reports",
        )

    return app


def _told(dag_id: str, run_id: str, session: Any) -> list[tuple[int, dict[str, Any]]]:
    """Return the mappings that a run's tasks returned, each with its task's map index."""
    query = XComModel.get_many(run_id=run_id, dag_ids=dag_id, key="return_value")
    told = [(row.map_index, XComModel.deserialize_value(row)) for row in session.scalars(query)]
    return [(index, value) for index, value in told if isinstance(value, dict)]


def _reports(told: Sequence[tuple[int, dict[str, Any]]]) -> dict[int, dict[str, Any]]:
    """Return what those said that made a report, by map index."""
    return {index: value for index, value in told if {"html", "csv", "headline"} <= value.keys()}


def _made(results: Sequence[dict[str, Any]]) -> tuple[str, str | None]:
    """Return what was made, and where it lies: a report, else a model card."""
    for kind, place, beside in (("report", "html", "headline"), ("model card", "model_card", "version")):
        for value in results:
            if beside in value and isinstance(value.get(place), str):
                return kind, str(value[place])
    return "report", None


def _dags(user: Any) -> list[str]:
    """Return the Dags that have reports and that a user may see, ours first."""
    found = [
        dag_id for dag_id in _shelf().dags(_DAGS_LOOKED_AT) if may_read(user, dag_id, DagAccessEntity.RUN)
    ]
    return sorted(found, key=lambda dag_id: dag_id != HOURLY_DAG)


def _shelf() -> ReportShelf:
    return ReportShelf(ObjectStoragePath(reports_dir()))


def _models() -> ModelStore[ObjectStoragePath] | None:
    """Return the store of models; None where it has no safe place: reports are shown without it."""
    try:
        return ModelStore(ObjectStoragePath(models_dir()))
    except StorageError as error:
        log.warning("Pages lead to no model card: %s", error)
        return None
