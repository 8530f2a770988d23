"""Which detections of a report are sent as events, and the file that says how far that has come."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from airflow_provider_devo_dga.documents import DocumentKind
from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.reports.evidence.client_evidence import Verdict
from airflow_provider_devo_dga.storage import publish, read

WHICH = ("standing_out", "all")


@dataclass(frozen=True, kw_only=True)
class Sending:
    """How far sending into a table has come.

    :param state: ``sending``, or ``sent`` with all that follows.
    :param began: when the first try did, ISO 8601.
    :param at: when Devo had taken all.
    :param detections: those that were to be sent; ``sent`` by the last try.
    :param ids_sha256: digest of their ids.
    """

    state: str
    table: str
    began: str
    at: str | None = None
    detections: int | None = None
    sent: int | None = None
    ids_sha256: str | None = None


SENDING = DocumentKind("record of sent detections", Sending, 1, {0: lambda found: found})


class OutgoingDetections:
    """The detections of a report that are to be sent into a table.

    :param ecs: the report's file of ECS events.
    :param table: a custom table.
    :param which: one of :data:`WHICH`.
    :raises ReportError: ``which`` is unknown.
    """

    def __init__(self, ecs: Any, table: str, which: str) -> None:
        if which not in WHICH:
            raise ReportError(f"which must be 'standing_out' or 'all', not {which!r}")
        self.ecs = ecs
        self.table = table
        self.which = which
        self.marker = ecs.with_name(f"sent_{table}.json")

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield id and line of each."""
        with self.ecs.open("rb") as lines:
            for line in lines:
                event = json.loads(line)
                told = event["devo_dga.watched"] or Verdict(event["devo_dga.client_verdict"]).is_alarm
                if told or self.which == "all":
                    yield event["event.id"], line.decode().rstrip("\n")

    @cached_property
    def known(self) -> tuple[int, str, str]:
        """How many there are, a digest of their ids, and their window's start."""
        number, digest, line = 0, hashlib.sha256(), "{}"
        for identifier, line in self.lines():  # noqa: B007 - the last line is read below
            number += 1
            digest.update(identifier.encode())
        return number, digest.hexdigest(), json.loads(line).get("devo_dga.window.start", "")

    def before(self) -> Sending | None:
        """Return how far an earlier try has come; None when there was none.

        :raises DocumentError: the marker cannot be read: to send again could send twice.
        """
        content = read(self.marker)
        return None if content is None else SENDING.read(content, self.marker)

    def is_done(self, before: Sending | None) -> bool:
        """Whether just these were sent."""
        return before is not None and before.state == "sent" and before.ids_sha256 == self.known[1]

    def begin(self, before: Sending | None) -> Sending:
        """Say that sending begins, or goes on."""
        began = before.began if before else _now()
        return self._mark(Sending(state="sending", table=self.table, began=began))

    def finish(self, begun: Sending, sent: int) -> Sending:
        """Say that Devo has all."""
        number, digest, _ = self.known
        return self._mark(
            replace(begun, state="sent", at=_now(), detections=number, sent=sent, ids_sha256=digest)
        )

    def _mark(self, sending: Sending) -> Sending:
        with publish(self.marker) as out:
            out.write(SENDING.write(sending))
        return sending


def ids_of(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the ids of sent events as a table holds them, in ``message``."""
    for row in rows:
        try:
            yield str(json.loads(str(row["message"]))["event.id"])
        except (ValueError, KeyError, TypeError):
            continue  # somebody else's event in the same table


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
