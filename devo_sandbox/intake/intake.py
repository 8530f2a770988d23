"""Where events arrive, whichever way they came: each goes to the table of its tag, none is lost."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence

from devo_sandbox.intake import message, tags
from devo_sandbox.intake.message import Event
from devo_sandbox.linq.types import STR, TIMESTAMP
from devo_sandbox.tables.tables import Table, Tables

# More custom tables than these do not come into being by sending.
MOST_TABLES = 500
CUSTOM_COLUMNS = {"eventdate": TIMESTAMP, "hostname": STR, "message": STR}
log = logging.getLogger(__name__)


class Intake:
    """Stores events under the moment of their arrival.

    :param now_ms: tells the time as epoch milliseconds.
    """

    def __init__(self, tables: Tables, now_ms: Callable[[], int]) -> None:
        self.late_s = 0.0
        self._tables = tables
        self._now_ms = now_ms
        self._lock = threading.Lock()

    def store(self, arrived: Sequence[Event]) -> None:
        """Store events; those that fit no table go to ``unknown.unknown``."""
        by_tag: dict[str, list[Event]] = defaultdict(list)
        for event in arrived:
            by_tag[event.tag].append(event)
        # In turn, so that the rows of a table stay in the order of their dates.
        with self._lock:
            moment = max(0, self._now_ms() - int(self.late_s * 1000))
            unknown: list[Event] = []
            for tag, tagged in by_tag.items():
                unknown += self._stored(tags.table_of(tag), tagged, moment)
            if unknown:
                log.info("%d events are unknown, the first of tag %r", len(unknown), unknown[0].tag)
                self._stored(tags.UNKNOWN, unknown, moment)

    def _stored(self, name: str | None, arrived: Sequence[Event], moment: int) -> Sequence[Event]:
        """Store events in one table; return those that do not fit."""
        with self._tables.lock:
            table = self._table(name) if name else None
            if name is None or table is None:
                return arrived
            rows, bad = message.read(arrived, table.schema, table.parser, moment)
            if rows.num_rows:
                self._tables.insert(name, [rows])
            return bad

    def _table(self, name: str) -> Table | None:
        table = self._tables.known(name)
        if table is None and tags.is_custom(name):
            if sum(map(tags.is_custom, self._tables.names)) < MOST_TABLES:
                return self._tables.create(name, CUSTOM_COLUMNS, "message")
            log.warning("%s is not created: there are %d custom tables already", name, MOST_TABLES)
        return table
