"""The pages behind the plugin's views; each asks Airflow whether the user may see the Dag.

Imported with the first request only, so it may import what it needs at its top.
"""

from typing import Any
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import requires_access_dag
from airflow.models.xcom import XComModel
from airflow.sdk import ObjectStoragePath
from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from airflow_provider_devo_dga.errors import StorageError
from airflow_provider_devo_dga.plugins.model_source import ModelSource
from airflow_provider_devo_dga.plugins.overview import overview_facts
from airflow_provider_devo_dga.plugins.page_templates import page_templates
from airflow_provider_devo_dga.plugins.places import reports_dir
from airflow_provider_devo_dga.redaction import shown_uri
from airflow_provider_devo_dga.reports.shelf import ReportShelf

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


def pages() -> FastAPI:
    """Return the application."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    may_read = [Depends(requires_access_dag("GET", DagAccessEntity.RUN))]
    may_read_results = [Depends(requires_access_dag("GET", DagAccessEntity.XCOM))]
    models = ModelSource()

    def shown(name: str, status: int = 200, **facts: Any) -> HTMLResponse:
        text = page_templates().get_template(name).render(**facts)
        return HTMLResponse(text, status_code=status, headers=_HEADERS)

    def message(dag_id: str, title: str, text: str, status: int = 200) -> HTMLResponse:
        return shown("message.html", status, title=title, text=text, dag_id=dag_id)

    @app.exception_handler(StorageError)
    def unsafe(request: Request, error: StorageError) -> HTMLResponse:
        dag_id = request.path_params.get("dag_id") or request.query_params["dag_id"]
        return message(dag_id, "No place for reports", f"{error}.", 503)

    @app.get("/dags/{dag_id}/reports", dependencies=may_read)
    def overview(dag_id: str) -> HTMLResponse:
        return shown(
            "overview.html", **overview_facts(dag_id, _shelf(), models), folder=shown_uri(reports_dir())
        )

    @app.get("/dags/{dag_id}/reports/{slug}", dependencies=may_read)
    def report(dag_id: str, slug: str) -> HTMLResponse:
        if (page := _shelf().page(dag_id, slug)) is None:
            return message(dag_id, "There is no such report", "It was moved, or never written.", 404)
        return HTMLResponse(page, headers=_HEADERS)

    @app.get("/run", dependencies=may_read_results)
    def of_run(dag_id: str, run_id: str, session: SessionDep) -> Response:
        place = _place(dag_id, run_id, session)
        if place is None:
            return message(
                dag_id,
                "This run has no report",
                "It has not come to its report yet, failed before, or is no run of a reporting Dag."
                " The run's tasks and their logs say which.",
            )
        slug = _shelf().slug_of(place)
        if slug is None:
            return message(
                dag_id,
                "The report of this run lies elsewhere",
                f"It was written to {shown_uri(place)}."
                f" Shown here are reports below {shown_uri(reports_dir())};"
                " set [devo_dga] reports_dir to change that.",
            )
        return RedirectResponse(f"dags/{quote(dag_id, safe='')}/reports/{slug}", status_code=303)

    return app


def _place(dag_id: str, run_id: str, session: Any) -> str | None:
    """Return where a run's report lies, as its task told."""
    query = XComModel.get_many(run_id=run_id, dag_ids=dag_id, key="return_value")
    for row in session.scalars(query):
        value = XComModel.deserialize_value(row)
        if isinstance(value, dict) and "headline" in value and isinstance(value.get("html"), str):
            return str(value["html"])
    return None


def _shelf() -> ReportShelf:
    return ReportShelf(ObjectStoragePath(reports_dir()))
