"""The pages behind the plugin's views; each asks Airflow whether the user may see the Dag.

Imported with the first request only, so it may import what it needs at its top.
"""

import functools
import os
import tempfile
from typing import Any
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import requires_access_dag
from airflow.configuration import conf
from airflow.models.xcom import XComModel
from airflow.sdk import ObjectStoragePath
from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from airflow_provider_devo_dga.plugins.report_shelf import ReportShelf, StoredReport

_SHOWN = 48
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


def reports_dir() -> str:
    """Return the folder whose reports are shown.

    Airflow's option ``[devo_dga] reports_dir``, else ``reports`` below ``DEVO_DGA_STORE``, as the Dags do.
    """
    store = os.environ.get("DEVO_DGA_STORE", f"file://{tempfile.gettempdir()}/devo-dga")
    return str(conf.get("devo_dga", "reports_dir", fallback=f"{store}/reports"))


def pages() -> FastAPI:
    """Return the application."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    may_read = [Depends(requires_access_dag("GET", DagAccessEntity.RUN))]
    may_read_results = [Depends(requires_access_dag("GET", DagAccessEntity.XCOM))]

    def shown(name: str, status: int = 200, **facts: Any) -> HTMLResponse:
        text = _templates().get_template(name).render(**facts)
        return HTMLResponse(text, status_code=status, headers=_HEADERS)

    @app.get("/dags/{dag_id}/reports", dependencies=may_read)
    def overview(dag_id: str) -> HTMLResponse:
        shelf = _shelf()
        reports = list(shelf.latest(dag_id, _SHOWN))
        return shown("overview.html", dag_id=dag_id, reports=reports, folder=str(shelf.folder))

    @app.get("/dags/{dag_id}/reports/{slug}", dependencies=may_read)
    def report(dag_id: str, slug: str) -> HTMLResponse:
        shelf = _shelf()
        found = shelf.find(dag_id, slug)
        if found is None or (page := shelf.page(found)) is None:
            return shown(
                "message.html",
                404,
                title="There is no such report",
                text="It was moved, or never written.",
                dag_id=dag_id,
            )
        return HTMLResponse(page, headers=_HEADERS)

    @app.get("/run", dependencies=may_read_results)
    def of_run(dag_id: str, run_id: str, session: SessionDep) -> Response:
        told = _told(dag_id, run_id, session)
        if told is None:
            return shown(
                "message.html",
                title="This run has no report",
                text="It has not come to its report yet, failed before, or is no run of a reporting Dag."
                " The run's tasks and their logs say which.",
                dag_id=dag_id,
            )
        slug = _shelf().slug_of(told)
        if slug is None:
            return shown(
                "message.html",
                title="The report of this run lies elsewhere",
                text=f"It was written to {told}. Shown here are reports below {reports_dir()};"
                " set [devo_dga] reports_dir to change that.",
                dag_id=dag_id,
            )
        return RedirectResponse(f"dags/{quote(dag_id, safe='')}/reports/{slug}", status_code=303)

    return app


def _told(dag_id: str, run_id: str, session: Any) -> str | None:
    """Return where a run's report lies, as its task told."""
    query = XComModel.get_many(run_id=run_id, dag_ids=dag_id, key="return_value")
    for row in session.scalars(query):
        value = XComModel.deserialize_value(row)
        if isinstance(value, dict) and "headline" in value and isinstance(value.get("html"), str):
            return str(value["html"])
    return None


def _shelf() -> ReportShelf:
    return ReportShelf(ObjectStoragePath(reports_dir()))


@functools.cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("airflow_provider_devo_dga.plugins"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["hour"] = _hour
    environment.filters["verdict"] = _verdict
    return environment


def _hour(report: StoredReport) -> str:
    start, end = (report.facts["context"][name] for name in ("window_start", "window_end"))
    return f"{start[:10]} {start[11:16]}–{end[11:16]}"


def _verdict(report: StoredReport) -> str:
    totals = report.facts["totals"]
    if totals["clients_infected"]:
        return "infected"
    return "suspicious" if totals["clients_suspicious"] else "nothing found"
