"""The plugin: a tab "DGA report" on a run and its tasks, and a page of all reports in the navigation.

Every component of Airflow imports this module; the pages and FastAPI are imported with the first request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

from airflow_provider_devo_dga.plugins.icon import icon
from airflow_provider_devo_dga.plugins.places import PREFIX

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

# one for Airflow's light theme, one for its dark one
_ICONS = {"icon": icon("#3f3f46"), "icon_dark_mode": icon("#e4e4e7")}
_RUN = f"{PREFIX}/run?dag_id={{DAG_ID}}&run_id={{RUN_ID}}"


class LazyPages:
    """The pages' application, made when it is first asked for."""

    def __init__(self) -> None:
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if self._app is None:
            from airflow_provider_devo_dga.plugins.pages import pages

            self._app = pages()
        await self._app(scope, receive, send)


class DevoDGAPlugin(AirflowPlugin):
    """Reports where operators look: beside the run."""

    name = "devo_dga"
    fastapi_apps: list[Any] = [{"name": "Devo DGA", "app": LazyPages(), "url_prefix": PREFIX}]  # noqa: RUF012 - Airflow's own attributes
    external_views: list[Any] = [  # noqa: RUF012
        {
            "name": "DGA report",
            "href": _RUN,
            "destination": "dag_run",
            "url_route": "dga-report",
            **_ICONS,
        },
        {
            "name": "DGA report",
            "href": f"{_RUN}&map_index={{MAP_INDEX}}",
            "destination": "task_instance",
            "url_route": "dga-report-of-task",
            **_ICONS,
        },
        {
            "name": "DGA reports",
            "href": f"{PREFIX}/reports",
            "destination": "nav",
            "url_route": "dga-reports",
            "category": "browse",
            **_ICONS,
        },
    ]
