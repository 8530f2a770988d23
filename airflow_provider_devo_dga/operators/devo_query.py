"""DevoQueryOperator: a LINQ query over a closed window, written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, ObjectStoragePath

from airflow_provider_devo_dga.client.window import Window
from airflow_provider_devo_dga.hooks.devo import DevoHook

if TYPE_CHECKING:
    from airflow.sdk import Context


class DevoQueryOperator(BaseOperator):
    """Writes the rows of a query as they arrive; the file appears when all of them are in it.

    To have Devo send a query's events elsewhere, without a row in Airflow, use ``DevoJobOperator``.

    Returns ``{"path", "rows", "bytes", "columns": {name: Devo type}, "window": {"from", "to"}}``.

    :param query: LINQ text, or the name of a ``.linq`` file. (templated)
    :param from_: start of the window, included: aware datetime or ISO 8601 text. (templated)
    :param to: end of the window, excluded. (templated)
    :param output_path: URI of the file, ``file://``, ``s3://`` …; replaced when it exists. (templated)
    :param file_format: ``parquet``, ``csv`` or ``ndjson``. (templated)
    :param max_rows: fail when the query gives more rows; None for no limit.
    :param devo_conn_id: Airflow connection of type ``devo``. (templated)
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    """

    template_fields: Sequence[str] = (
        "query",
        "from_",
        "to",
        "output_path",
        "file_format",
        "devo_conn_id",
        "storage_conn_id",
    )
    template_ext: Sequence[str] = (".linq",)
    template_fields_renderers = {"query": "sql"}  # noqa: RUF012 - Airflow's own attribute
    ui_color = "#d6e4ff"

    def __init__(
        self,
        *,
        query: str,
        from_: datetime | str,
        to: datetime | str,
        output_path: str,
        file_format: str = "parquet",
        max_rows: int | None = None,
        devo_conn_id: str = DevoHook.default_conn_name,
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.query = query
        self.from_ = from_
        self.to = to
        self.output_path = output_path
        self.file_format = file_format
        self.max_rows = max_rows
        self.devo_conn_id = devo_conn_id
        self.storage_conn_id = storage_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Run the query and publish the file."""
        window = Window.parse(self.from_, self.to)
        comments = {
            "id": "airflow-provider-devo-dga",
            "user": "airflow",
            "free": f"{self.dag_id} {self.task_id}",
        }
        self.log.info("Querying %s:\n%s", window, self.query)
        written = DevoHook(self.devo_conn_id, comments=comments).to_file(
            self.query,
            ObjectStoragePath(self.output_path, conn_id=self.storage_conn_id),
            from_=window.start,
            to=window.end,
            file_format=self.file_format,
            max_rows=self.max_rows,
        )
        return {
            "path": written.path,
            "rows": written.rows,
            "bytes": written.bytes,
            "columns": {column.name: column.type for column in written.columns},
            "window": {"from": window.start.isoformat(), "to": window.end.isoformat()},
        }
