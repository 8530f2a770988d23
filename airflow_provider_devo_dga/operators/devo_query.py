"""DevoQueryOperator: a LINQ query over a closed window, written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import Context, ObjectStoragePath
from airflow.sdk.configuration import conf

from airflow_provider_devo_dga.devo_api.query import Completeness
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.storage import sweep
from airflow_provider_devo_dga.tasks.identity import TaskIdentity
from airflow_provider_devo_dga.tasks.lineage import file_place, lineage, table_places
from airflow_provider_devo_dga.tasks.rendered import address, number_or_none, whole_or_none
from airflow_provider_devo_dga.tasks.run_window import Moment, Span, duration, run_window
from airflow_provider_devo_dga.tasks.stoppable import StoppableMixin
from airflow_provider_devo_dga.tasks.wired import WiredOperator


class DevoQueryOperator(StoppableMixin, WiredOperator):
    """Writes the rows of a query as they arrive; the file appears when all of them are in it.

    Complete or an error: the end of the answer is proven, by its framing or by a count of Devo's over the
    same window. An answer that broke off is read again from its beginning. A task that is killed leaves no
    unfinished file; what a worker that died has left, the next try removes.

    To have Devo send a query's events elsewhere, without a row in Airflow, use ``DevoJobOperator``.

    Returns ``{"path", "rows", "bytes", "columns": {name: Devo type}, "window": {"from", "to"}}``.

    :param query: LINQ text, or the name of a ``.linq`` file. (templated)
    :param output_path: URI of the file, ``file://``, ``s3://`` …; replaced when it exists. ``{window}`` in it
        becomes the window's name, ``20260101T080000Z_3600s``. (templated)
    :param window: None for the run's own window; a width, ``timedelta(hours=1)`` for the last full hour; or
        ``{"from", "to"}``: see ``run_window``. (templated)
    :param from_: start of another window, included: aware datetime or ISO 8601 text. (templated)
    :param to: its end, excluded. (templated)
    :param file_format: ``parquet``, ``csv`` or ``ndjson``. (templated)
    :param max_rows: fail when the query gives more rows; None for no limit. (templated)
    :param max_bytes: fail when the file becomes larger; None for no limit. (templated)
    :param lateness: time after the window's end in which events may still arrive, a timedelta or
        seconds; not read before. (templated)
    :param completeness: ``count``, ``auto`` or ``framing``, see ``DevoHook.iter_batches``; None takes the
        connection's.
    :param deferrable: while the window and its lateness are not over, wait in the triggerer; else such a
        window is refused. The default is Airflow's own setting ``[operators] default_deferrable``.
    :param timeout: seconds for the whole answer; None takes the connection's. (templated)
    :param devo_conn_id: Airflow connection of type ``devo``. (templated)
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    :raises DevoQueryError: Devo refused the query.
    :raises DevoWindowError: naive, empty, reversed or unfinished window.
    :raises DevoIncompleteError: the answer broke off each time it was read.
    :raises StorageError: ``output_path`` is no whole address, or that of a folder, or holds another
        placeholder than ``{window}``.
    :raises DevoLimitError: more rows or bytes than ``max_rows`` or ``max_bytes``.
    """

    template_fields: Sequence[str] = (
        "query",
        "window",
        "from_",
        "to",
        "lateness",
        "output_path",
        "file_format",
        "max_rows",
        "max_bytes",
        "timeout",
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
        output_path: str,
        window: Span = None,
        from_: Moment = None,
        to: Moment = None,
        file_format: str = "parquet",
        max_rows: int | str | None = None,
        max_bytes: int | str | None = None,
        lateness: timedelta | float | str = timedelta(0),
        completeness: Completeness | None = None,
        timeout: float | str | None = None,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        devo_conn_id: str = DevoHook.default_conn_name,
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.query = query
        self.window = window
        self.from_ = from_
        self.to = to
        self.output_path = output_path
        self.file_format = file_format
        self.max_rows = max_rows
        self.max_bytes = max_bytes
        self.lateness = lateness
        self.completeness = completeness
        self.timeout = timeout
        self.deferrable = deferrable
        self.devo_conn_id = devo_conn_id
        self.storage_conn_id = storage_conn_id
        self._columns: dict[str, str] = {}

    def execute(self, context: Context) -> dict[str, Any]:
        window, lateness = self._window(context), duration(self.lateness)
        if self.deferrable and not window.is_over(lateness):
            from airflow.providers.standard.triggers.temporal import DateTimeTrigger

            self.log.info("Waiting for the end of %s and %s for late events", window, lateness)
            self.defer(
                trigger=DateTimeTrigger(window.end + lateness + timedelta(seconds=1)),
                method_name="execute_complete",
            )
        return self._read(context, window)

    def execute_complete(self, context: Context, event: Any = None) -> dict[str, Any]:
        return self._read(context, self._window(context))

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the tables and the file; None without its provider."""
        written = [file_place(self.output_path, self._columns)]
        return lineage(table_places(self.devo_conn_id, self.query), written, query=self.query)

    def _window(self, context: Context) -> Window:
        return run_window(context, self.window, from_=self.from_, to=self.to)

    def _read(self, context: Context, window: Window) -> dict[str, Any]:
        self.log.info("Querying %s:\n%s", window, self.query)
        self.output_path = address(self.output_path, "output_path", of="file", window=window.slug)
        target = ObjectStoragePath(self.output_path, conn_id=self.storage_conn_id)
        who = TaskIdentity.of(self, context)
        if who.attempt > 1:
            sweep(target, who.file_owner)  # a try that died at once could not do it
        hook = DevoHook(self.devo_conn_id)
        with self.stopped_by_kill():
            written = hook.to_file(
                self.query,
                target,
                from_=window.start,
                to=window.end,
                file_format=self.file_format,
                max_rows=whole_or_none(self.max_rows, "max_rows"),
                max_bytes=whole_or_none(self.max_bytes, "max_bytes"),
                lateness=duration(self.lateness),
                completeness=self.completeness,
                timeout=number_or_none(self.timeout, "timeout"),
                owner=who.file_owner,
            )
        self._columns = {column.name: column.type for column in written.columns}
        return {
            "path": written.path,
            "rows": written.rows,
            "bytes": written.bytes,
            "columns": self._columns,
            "window": window.written,
        }
