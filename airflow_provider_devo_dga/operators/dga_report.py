"""DGAReportOperator: a window's scored domains into a report that an analyst can act on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, ObjectStoragePath

from airflow_provider_devo_dga.client.window import Window
from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.features.linq import HostSource
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.lineage import file_place, lineage, table_places

if TYPE_CHECKING:
    from airflow.sdk import Context


class DGAReportOperator(BaseOperator):
    """Writes ``report.html``, ``report.json`` and ``report.csv`` into a folder named after the window.

    The same window gives the same place, so a retry or a backfill replaces a report and never doubles it.
    The window's events are counted in Devo, so that the report can say how many of them it speaks of.

    Returns ``{"html", "json", "csv", "headline", "domains", "domains_flagged", "clients", …}``.

    :param rows: what ``DevoQueryOperator`` returned for a scoring query. (templated)
    :param plan: ``ScoringPlan`` as a mapping: the model and its threshold. (templated)
    :param source: ``HostSource`` as a mapping: ``table``, ``field``, ``client_field``, ``kind``. (templated)
    :param output_dir: URI of the folder that holds reports. (templated)
    :param allow: registrable domains that count as not flagged, however the model judges them. (templated)
    :param devo_domain: Devo domain of the table. (templated)
    :param devo_conn_id: Airflow connection of type ``devo``. (templated)
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    """

    template_fields: Sequence[str] = (
        "rows",
        "plan",
        "source",
        "output_dir",
        "allow",
        "devo_domain",
        "devo_conn_id",
        "storage_conn_id",
    )
    ui_color = "#ffe0e0"

    def __init__(
        self,
        *,
        rows: Mapping[str, Any],
        plan: Mapping[str, Any],
        source: Mapping[str, Any],
        output_dir: str,
        allow: Sequence[str] = (),
        devo_domain: str = "self",
        devo_conn_id: str = DevoHook.default_conn_name,
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rows = rows
        self.plan = plan
        self.source = source
        self.output_dir = output_dir
        self.allow = allow
        self.devo_domain = devo_domain
        self.devo_conn_id = devo_conn_id
        self.storage_conn_id = storage_conn_id
        self._written: list[str] = []

    def execute(self, context: Context) -> dict[str, Any]:
        """Count, summarise, write."""
        from airflow_provider_devo_dga.reports.context import ReportContext
        from airflow_provider_devo_dga.reports.files import write_report
        from airflow_provider_devo_dga.reports.headline import headline
        from airflow_provider_devo_dga.reports.summary import summarise

        rows = ObjectStoragePath(self.rows["path"], conn_id=self.storage_conn_id)
        if not rows.is_file():
            raise ReportError(
                f"There are no rows at {rows}; did the scoring task finish, and can this worker read its"
                " storage?"
            )
        window = Window.parse(self.rows["window"]["from"], self.rows["window"]["to"])
        facts = ReportContext(
            window_start=window.start,
            window_end=window.end,
            table=self.source["table"],
            devo_domain=self.devo_domain,
            model_name=self.plan["model_name"],
            model_version=self.plan["version"],
            model_sha256=self.plan["sha256"],
            threshold=self.plan["threshold"],
            false_positive_rate=self.plan["false_positive_rate"],
            events_in_window=self._events(window),
            generated_at=datetime.now(UTC),
            dag_id=self.dag_id,
            run_id=context["run_id"],
        )
        summary = summarise(
            ObjectStoragePath(self.rows["path"], conn_id=self.storage_conn_id),
            facts,
            allow=frozenset(domain.lower() for domain in self.allow),
        )
        folder = ObjectStoragePath(self.output_dir, conn_id=self.storage_conn_id) / window.slug
        files = write_report(summary, folder)
        self._written = [str(files.html), str(files.json), str(files.csv)]
        found = headline(summary)
        self.log.info("%s %s", found.text, found.detail)
        self.log.info("Report at %s", files.html)
        return {
            "html": str(files.html),
            "json": str(files.json),
            "csv": str(files.csv),
            "headline": found.text,
            **asdict(summary.totals),
        }

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the rows, their table and the report's files; None without its provider."""
        read = [file_place(self.rows["path"])]
        read += table_places(self.devo_conn_id, f"from {self.source['table']}")
        return lineage(read, [file_place(file) for file in self._written])

    def _events(self, window: Window) -> int:
        table = HostSource(**self.source).table
        return DevoHook(self.devo_conn_id).count(f"from {table}", from_=window.start, to=window.end)
