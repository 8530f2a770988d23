"""One job: a query that runs in the background, and what Devo tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from devo_sandbox import wire_errors
from devo_sandbox.queries.counted import Counted
from devo_sandbox.tables.window import Window

# Devo forwards to more of them; here there is nowhere to forward to.
DESTINATION = "donothing"


class Status(StrEnum):
    """Devo's states of a job, but RECONNECTING: there is no connection to lose."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    STOPPED = "STOPPED"
    PAUSED = "PAUSED"
    REMOVED = "REMOVED"


@dataclass(slots=True)
class Job:
    """A job and how far it came.

    :param fields: the request's, its dates resolved to epoch milliseconds.
    :param generated: the rows of former runs; those of this run are in ``counter``.
    """

    id: str
    name: str
    fields: dict[str, Any]
    status: Status = Status.RUNNING
    generated: int = 0
    last_ms: int = 0
    errors: list[str] = field(default_factory=list)
    counter: Counted | None = None

    def shown(self) -> dict[str, Any]:
        """Return what Devo tells of a job."""
        counter = self.counter
        count = self.generated + (counter.count if counter else 0)
        return {
            "id": self.id,
            "status": self.status.value,
            "type": DESTINATION,
            "friendlyName": self.name,
            "query": self.fields.get("query") or self.fields.get("queryId"),
            "eventGenerated": count,
            "eventsSent": count,
            "lastDatetime": max(self.last_ms, counter.last_ms if counter else 0),
            "error": self.errors,
        }

    def settle(self, status: Status) -> None:
        """End this run."""
        if self.counter is not None:
            self.generated += self.counter.count
            self.last_ms = max(self.last_ms, self.counter.last_ms)
            self.counter = None
        self.status = status

    def remaining(self) -> dict[str, Any]:
        """Return the fields of the run that goes on from here: from the last date, as Devo documents."""
        if not self.generated:
            return self.fields
        left = self.fields["limit"] and max(1, self.fields["limit"] - self.generated)
        return {**self.fields, "from": max(self.fields["from"], self.last_ms), "limit": left, "offset": 0}

    def stored(self) -> dict[str, Any]:
        """Return what to keep of it."""
        kept = ("id", "name", "fields", "generated", "last_ms", "errors")
        return {**{name: getattr(self, name) for name in kept}, "status": self.status.value}


def restored(stored: Mapping[str, Any]) -> Job:
    """Return the job that ``stored`` told of."""
    return Job(**{**stored, "status": Status(stored["status"])})


def destination_name(fields: Mapping[str, Any]) -> str:
    """Return the friendly name in a request's destination.

    :raises WireError: Devo's bad parameters, for any destination that cannot be reached from here.
    """
    destination = fields["destination"]
    kind = destination.get("type") if isinstance(destination, dict) else None
    params = destination.get("params") or {} if isinstance(destination, dict) else None
    if not isinstance(kind, str) or not isinstance(params, dict):
        raise wire_errors.bad_parameters("destination not valid")
    if kind != DESTINATION:
        raise wire_errors.not_supported(f"the destination {kind}")
    return str(params.get("friendlyName") or "")


def settled_fields(
    fields: Mapping[str, Any], window: Window, limit: int | None, offset: int
) -> dict[str, Any]:
    """Return what of a request a job needs, with dates that stay the same however late it starts again."""
    kept = ("query", "queryId", "ipAsString", "timeZone")
    return {
        **{name: fields[name] for name in kept if name in fields},
        "from": window.start_ms,
        "to": window.end_ms,
        "timeUnit": "MILLISECONDS",
        "limit": limit,
        "offset": offset,
    }
