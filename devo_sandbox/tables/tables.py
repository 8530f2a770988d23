"""The tables and their events, in one DuckDB database, each table kept in order of eventdate."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from devo_sandbox.linq import types
from devo_sandbox.linq.functions import host_names
from devo_sandbox.linq.to_duckdb import EVENTDATE, Column
from devo_sandbox.linq.types import Type
from devo_sandbox.tables import seeds
from devo_sandbox.tables.table_schema import Parser, Schema

# No file, network or extension is within reach of a query, whatever SQL it became.
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "preserve_insertion_order": True,
}


@dataclass(slots=True)
class Table:
    """A table: its columns as SQL knows them, and how its rows lie.

    :param parser: how the messages of arriving events are read.
    :param next_row: the number of the next event to arrive; column ``q`` holds each event's own.
    :param latest: the greatest eventdate stored.
    :param in_order: whether the rows lie in order of eventdate.
    """

    sql_name: str
    columns: tuple[Column, ...]
    parser: Parser = "auto"
    next_row: int = 0
    latest: int = 0
    in_order: bool = True

    @property
    def schema(self) -> dict[str, Type]:
        """Return Devo's names and types in order."""
        return {column.name: column.type for column in self.columns}

    @property
    def eventdate(self) -> str:
        """Return what SQL calls the column of event dates."""
        return next(column.id for column in self.columns if column.name == EVENTDATE)


class Tables:
    """All tables of the tenant.

    :param directory: where they last; None keeps them in memory.
    :param suffixes: what the tenant's public suffix list knows.
    """

    def __init__(self, directory: Path | None, suffixes: host_names.Suffixes = "private") -> None:
        self.lock = threading.RLock()
        path = str(directory / "events.duckdb") if directory else ":memory:"
        self.connection = duckdb.connect(path, config=SETTINGS)
        self.connection.execute("SET GLOBAL TimeZone = 'UTC'")
        host_names.register(self.connection, suffixes)
        self._tables: dict[str, Table] = {}
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS devo_tables (name VARCHAR, sql_name VARCHAR, columns VARCHAR)"
        )
        self.connection.execute("CREATE TABLE IF NOT EXISTS devo_parsers (name VARCHAR, parser VARCHAR)")
        self._restore()
        for name, schema in seeds.TABLES.items():
            if name not in self._tables:
                self.create(name, schema)

    def lock_down(self) -> None:
        """Refuse files, extensions and further settings from here on; call it when all is registered."""
        self.connection.execute("SET enable_external_access = false")
        self.connection.execute("SET lock_configuration = true")

    def create(self, name: str, schema: Mapping[str, Type], parser: Parser = "auto") -> Table:
        """Create a table without events, replacing one of the same name."""
        with self.lock:
            old = self._tables.get(name)
            sql_name = f"t{self._next_number()}"
            columns = tuple(Column(c, kind, f"c{place}") for place, (c, kind) in enumerate(schema.items()))
            listed = ", ".join(f"{column.id} {types.stored_as(column.type)}" for column in columns)
            stored = json.dumps([[column.name, column.type.name] for column in columns])
            with self._transaction() as cursor:
                cursor.execute(f"CREATE TABLE {sql_name} ({listed}, q BIGINT)")
                if old is not None:
                    cursor.execute(f"DROP TABLE {old.sql_name}")
                cursor.execute("DELETE FROM devo_tables WHERE name = ?", [name])
                cursor.execute("INSERT INTO devo_tables VALUES (?, ?, ?)", [name, sql_name, stored])
                cursor.execute("DELETE FROM devo_parsers WHERE name = ?", [name])
                cursor.execute("INSERT INTO devo_parsers VALUES (?, ?)", [name, parser])
            table = self._tables[name] = Table(sql_name, columns, parser)
            return table

    def declare(self, schemas: Mapping[str, Schema]) -> None:
        """Create tables that do not exist yet; one that does must be as declared.

        :raises ValueError: when a table exists with other columns.
        """
        for name, schema in schemas.items():
            known = self._tables.get(name)
            same = known is not None and [*known.schema.items()] == [*schema.columns.items()]
            if known is not None and known.next_row and not same:
                raise ValueError(f"{name} holds events in other columns than declared")
            if known is None or not same or (known.parser != schema.parser and not known.next_row):
                self.create(name, schema.columns, schema.parser)
            else:
                known.parser = schema.parser

    @property
    def names(self) -> list[str]:
        """Return the names of the tables."""
        return list(self._tables)

    def known(self, name: str) -> Table | None:
        """Return a table, its rows in any order, None when there is none of that name."""
        return self._tables.get(name)

    def get(self, name: str) -> Table | None:
        """Return a table with its rows in order, None when there is none of that name."""
        with self.lock:
            table = self._tables.get(name)
            if table is not None and not table.in_order:
                self._sort(table)
            return table

    def schema(self, name: str) -> dict[str, Type] | None:
        """Return the names and types of a table's columns, None when there is none of that name."""
        table = self._tables.get(name)
        return table.schema if table else None

    def insert(self, name: str, batches: Sequence[pa.Table]) -> int:
        """Store events, all or none; return how many."""
        with self.lock:
            table = self._tables[name]
            row, latest, in_order = table.next_row, table.latest, table.in_order
            with self._transaction() as cursor:
                for batch in batches:
                    numbers = pa.array(range(row, row + batch.num_rows), pa.int64())
                    cursor.register("arriving", batch.append_column("q", numbers))
                    cursor.execute(f"INSERT INTO {table.sql_name} SELECT * FROM arriving")  # noqa: S608 - our name
                    cursor.unregister("arriving")
                    dates = [latest, *batch[table.eventdate].to_pylist()]
                    in_order = in_order and all(a <= b for a, b in itertools.pairwise(dates))
                    row, latest = row + batch.num_rows, max(dates)
            inserted = row - table.next_row
            table.next_row, table.latest, table.in_order = row, latest, in_order
            return inserted

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own for one query."""
        return self.connection.cursor()

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    def _transaction(self) -> _Transaction:
        return _Transaction(self.connection.cursor())

    def _sort(self, table: Table) -> None:
        rows = f"SELECT * FROM {table.sql_name} ORDER BY {table.eventdate}, q"  # noqa: S608 - our names
        with self._transaction() as cursor:
            cursor.execute(f"CREATE OR REPLACE TABLE {table.sql_name} AS {rows}")
        table.in_order = True

    def _next_number(self) -> int:
        return 1 + max((int(table.sql_name[1:]) for table in self._tables.values()), default=0)

    def _restore(self) -> None:
        parsers = dict(self.connection.execute("FROM devo_parsers").fetchall())
        for name, sql_name, stored in self.connection.execute("FROM devo_tables").fetchall():
            columns = tuple(
                Column(column, types.BY_NAME[kind], f"c{place}")
                for place, (column, kind) in enumerate(json.loads(stored))
            )
            table = self._tables[name] = Table(sql_name, columns, parsers.get(name, "auto"))
            newest = f"SELECT coalesce(max(q) + 1, 0), coalesce(max({table.eventdate}), 0) FROM {sql_name}"  # noqa: S608
            table.next_row, table.latest = self.connection.execute(newest).fetchall()[0]
            table.in_order = table.next_row == 0


class _Transaction:
    """Commit at the end of a ``with``, roll back on an error."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self.cursor = cursor

    def __enter__(self) -> duckdb.DuckDBPyConnection:
        self.cursor.begin()
        return self.cursor

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                self.cursor.commit()
            else:
                self.cursor.rollback()
        finally:
            self.cursor.close()
