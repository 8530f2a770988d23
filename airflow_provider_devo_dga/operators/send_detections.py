"""SendDetectionsOperator: a window's detections back into Devo as events, each once."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, ObjectStoragePath
from airflow.sdk.exceptions import AirflowSkipException

from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.devo_events import DevoEventsHook

if TYPE_CHECKING:
    from airflow.sdk import Context

_CLOCKS_DIFFER = timedelta(minutes=10)
_CHANCE = "as expected by chance"


class SendDetectionsOperator(BaseOperator):
    """Sends a report's detections to a custom table of Devo, in ECS fields; each once, retries included.

    An event's ``event.id`` follows from the window, the domain and the model's version. A file beside the
    report, ``sent_<table>.json``, says that sending began, and later what was sent. When a try finds that an
    earlier one began and did not end, it waits ``settle_seconds``, asks Devo which ids are there, and sends
    the others. So do a report that was made again and a task that was cleared. Skipped without a table.

    Returns ``{"table", "sent", "there_before", "detections", "path"}``.

    :param report: what ``DGAReportOperator`` returned. (templated)
    :param table: custom table, ``my.app.<word>.<word>``; None or ``""``: the task is skipped. (templated)
    :param which: ``standing_out`` sends the domains of clients whose verdict is more than chance, and the
        watched ones; ``all`` sends every detection, most of which are false alarms. (templated)
    :param settle_seconds: how long Devo may take to show an event that it has taken.
    :param devo_conn_id: Airflow connection of type ``devo``, to ask which events are there. (templated)
    :param events_conn_id: Airflow connection of type ``devo_events``. (templated)
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    :raises AirflowSkipException: there is no table.
    :raises ReportError: ``which`` is unknown.
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
        """Send what is not there yet."""
        from airflow_provider_devo_dga.devo_api.events import custom_table
        from airflow_provider_devo_dga.errors import ReportError
        from airflow_provider_devo_dga.storage import publish

        if not self.table:
            raise AirflowSkipException("No table for detections is set")
        if self.which not in {"standing_out", "all"}:
            raise ReportError(f"which must be 'standing_out' or 'all', not {self.which!r}")
        table = custom_table(self.table)
        hook = DevoEventsHook(self.events_conn_id)
        hook.get_conn()  # a wrong connection is to fail before anything is said to have begun
        file = ObjectStoragePath(self.report["ecs"], conn_id=self.storage_conn_id)
        marker = file.with_name(f"sent_{table}.json")
        detections, digest, window = self._detections(file)
        before = _read(marker)
        if before and before["state"] == "sent" and before["ids_sha256"] == digest:
            self.log.info("All %d detections were sent at %s", detections, before["at"])
            return self._told(table, marker, 0, detections, detections)

        began = before["began"] if before else datetime.now(UTC).isoformat(timespec="seconds")
        there = self._there(table, began, window) if before and detections else frozenset[str]()
        with publish(marker) as out:
            out.write(json.dumps({"state": "sending", "table": table, "began": began}).encode())
        sent = hook.send(table, (line for identifier, line in self._lines(file) if identifier not in there))
        with publish(marker) as out:
            facts = {
                "state": "sent",
                "table": table,
                "began": began,
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "detections": detections,
                "sent": sent,
                "ids_sha256": digest,
            }
            out.write(json.dumps(facts, indent=2).encode())
        self.log.info("Sent %d detections to %s; %d were there already", sent, table, detections - sent)
        return self._told(table, marker, sent, detections - sent, detections)

    def _told(self, table: str, marker: Any, sent: int, there: int, detections: int) -> dict[str, Any]:
        return {
            "table": table,
            "sent": sent,
            "there_before": there,
            "detections": detections,
            "path": str(marker),
        }

    def _lines(self, file: Any) -> Iterator[tuple[str, str]]:
        """Yield id and line of each detection that is to be sent."""
        with file.open("rb") as lines:
            for line in lines:
                event = json.loads(line)
                told = event["devo_dga.watched"] or event["devo_dga.client_verdict"] != _CHANCE
                if told or self.which == "all":
                    yield event["event.id"], line.decode().rstrip("\n")

    def _detections(self, file: Any) -> tuple[int, str, str]:
        """Count the detections; return a digest of their ids and their window's start, too."""
        number, digest, line = 0, hashlib.sha256(), "{}"
        for identifier, line in self._lines(file):  # noqa: B007 - the last line is read below
            number += 1
            digest.update(identifier.encode())
        return number, digest.hexdigest(), json.loads(line).get("devo_dga.window.start", "")

    def _there(self, table: str, began: str, window: str) -> frozenset[str]:
        """Ask Devo which of a window's ids it has since the first try began."""
        from airflow_provider_devo_dga.errors import DevoQueryError
        from airflow_provider_devo_dga.features import quoting

        if self.settle_seconds:
            self.log.info("An earlier try began; waiting %.0f s for its events to show", self.settle_seconds)
            time.sleep(self.settle_seconds)
        query = "\n".join(
            (
                f"from {quoting.table(table)}",
                f"where message -> {quoting.string(window)}",
                "select message",
            )
        )
        start = datetime.fromisoformat(began).replace(microsecond=0) - _CLOCKS_DIFFER
        end = datetime.now(UTC).replace(microsecond=0)
        try:
            rows = DevoHook(self.devo_conn_id).iter_rows(query, from_=start, to=end)
            return frozenset(_ids(rows))
        except DevoQueryError as error:
            if "unknown table" not in str(error).lower():
                raise
            # a custom table exists from its first event on
            self.log.warning("Devo does not know table %s yet: nothing has arrived", table)
            return frozenset()


def _ids(rows: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        try:
            yield str(json.loads(str(row["message"]))["event.id"])
        except (ValueError, KeyError, TypeError):
            continue  # somebody else's event in the same table


def _read(marker: Any) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(marker.read_bytes())
    except FileNotFoundError:
        return None
    return found
