"""SendDetectionsOperator: a window's detections back into Devo as events, each once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context, ObjectStoragePath
from airflow.sdk.exceptions import AirflowSkipException

from airflow_provider_devo_dga.errors import DevoQueryError, DevoTransientError
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.devo_events import DevoEventsHook
from airflow_provider_devo_dga.tasks.lineage import file_place, lineage, table_places
from airflow_provider_devo_dga.tasks.rendered import mapping
from airflow_provider_devo_dga.tasks.wired import WiredOperator

if TYPE_CHECKING:
    from airflow_provider_devo_dga.reports.files.sending import OutgoingDetections, Sending

_CLOCKS_DIFFER = timedelta(minutes=10)
_SENDS = 3


class SendDetectionsOperator(WiredOperator):
    """Sends a report's detections to a custom table of Devo, in ECS fields; each once, retries included.

    An event's ``event.id`` follows from the window, the domain and the model's version. A file beside the
    report, ``sent_<table>.json``, says that sending began. Syslog acknowledges nothing, so after each send
    Devo is asked which ids are there, and the others are sent again, three sends in all; only when all are
    there does the file say so. A try that finds an earlier one unfinished, a report that was made again and
    a task that was cleared ask first. Skipped without a table.

    Returns ``{"table", "sent", "there_before", "detections", "path"}``.

    :param report: what ``DGAReportOperator`` returned. (templated)
    :param table: custom table, ``my.app.<word>.<word>``; None or ``""``: the task is skipped. (templated)
    :param which: ``standing_out`` sends the domains of clients whose verdict is more than chance, and the
        watched ones; ``all`` sends every detection, most of which are false alarms. (templated)
    :param settle_seconds: how long Devo may take to show an event that it has taken; asked until then.
    :param devo_conn_id: Airflow connection of type ``devo``, to ask which events are there. (templated)
    :param events_conn_id: Airflow connection of type ``devo_events``. (templated)
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    :raises AirflowSkipException: there is no table.
    :raises DevoTransientError: after three sends Devo still does not show all.
    :raises ReportError: ``which`` is unknown.
    :raises DocumentError: the file beside the report cannot be read, so what was sent is unknown.
    """

    template_fields: Sequence[str] = (
        "report",
        "table",
        "which",
        "devo_conn_id",
        "events_conn_id",
        "storage_conn_id",
    )
    ui_color = "#ffe0e0"

    def __init__(
        self,
        *,
        report: Mapping[str, Any],
        table: str | None,
        which: str = "standing_out",
        settle_seconds: float = 60.0,
        devo_conn_id: str = DevoHook.default_conn_name,
        events_conn_id: str = DevoEventsHook.default_conn_name,
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.report = report
        self.table = table
        self.which = which
        self.settle_seconds = settle_seconds
        self.devo_conn_id = devo_conn_id
        self.events_conn_id = events_conn_id
        self.storage_conn_id = storage_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        from airflow_provider_devo_dga.devo_api.events import custom_table
        from airflow_provider_devo_dga.reports.files.sending import OutgoingDetections

        if not self.table:
            raise AirflowSkipException("No table for detections is set")
        self.report = mapping(self.report, "report", "DGAReportOperator", ["ecs"])
        ecs = ObjectStoragePath(self.report["ecs"], conn_id=self.storage_conn_id)
        outgoing = OutgoingDetections(ecs, custom_table(self.table), self.which)
        hook = DevoEventsHook(self.events_conn_id)
        hook.get_conn()  # a wrong connection is to fail before anything is said to have begun
        before, detections, sent = outgoing.before(), outgoing.known[0], 0
        if before is not None and outgoing.is_done(before):
            self.log.info("All %d detections were sent at %s", detections, before.at)
        else:
            sent = self._sent(hook, outgoing, before)
            self.log.info(
                "Sent %d detections to %s; %d were there already", sent, outgoing.table, detections - sent
            )
        return {
            "table": outgoing.table,
            "sent": sent,
            "there_before": detections - sent,
            "detections": detections,
            "path": str(outgoing.marker),
        }

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the report's events and their table; None without its provider."""
        table = table_places(self.devo_conn_id, f"from {self.table}")
        return lineage([file_place(self.report["ecs"])], table)

    def _sent(self, hook: DevoEventsHook, outgoing: OutgoingDetections, before: Sending | None) -> int:
        """Send until Devo shows all; return how many were not there before."""
        detections, there = outgoing.known[0], frozenset[str]()
        if before is not None and detections:
            there = self._arrived(outgoing, before.began)
        begun, sent = outgoing.begin(before), detections - len(there)
        for _ in range(_SENDS):
            if len(there) == detections:
                break
            known = there
            hook.send(outgoing.table, (line for one, line in outgoing.lines() if one not in known))
            there = self._arrived(outgoing, begun.began)
        if len(there) < detections:
            raise DevoTransientError(
                f"Devo shows {len(there)} of {detections} detections in {outgoing.table} after {_SENDS}"
                " sends; the next try sends the others. Does the collector take events for this table, and is"
                " settle_seconds long enough?"
            )
        outgoing.finish(begun, sent)
        return sent

    def _arrived(self, outgoing: OutgoingDetections, began: str) -> frozenset[str]:
        """Ask Devo which of the ids it has until it has all, or ``settle_seconds`` are over."""
        wanted = frozenset(identifier for identifier, _ in outgoing.lines())
        end = time.monotonic() + self.settle_seconds
        while True:
            there = wanted & self._there(outgoing.table, began, outgoing.known[2])
            left = end - time.monotonic()
            if there == wanted or left <= 0:
                return there
            self.log.info("Devo shows %d of %d detections; asking for %.0f s", len(there), len(wanted), left)
            time.sleep(min(left, max(1.0, self.settle_seconds / 10)))

    def _there(self, table: str, began: str, window: str) -> frozenset[str]:
        """Ask Devo which of a window's ids it has since the first try began."""
        from airflow_provider_devo_dga.features import quoting
        from airflow_provider_devo_dga.reports.files.sending import ids_of

        where = f"where message -> {quoting.string(window)}"
        query = f"from {quoting.table(table)}\n{where}\nselect message"
        start = datetime.fromisoformat(began).replace(microsecond=0) - _CLOCKS_DIFFER
        end = datetime.now(UTC).replace(microsecond=0)
        try:
            rows = DevoHook(self.devo_conn_id).iter_rows(query, from_=start, to=end)
            return frozenset(ids_of(rows))
        except DevoQueryError as error:
            if "unknown table" not in str(error).lower():
                raise
            # a custom table exists from its first event on
            self.log.warning("Devo does not know table %s yet: nothing has arrived", table)
            return frozenset()
