"""Read the Parquet file of scored rows, batch by batch, and refuse what it must not hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.asked import asked_facts
from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.reports.evidence.row_schema import CLIENTS, COLUMNS, FAILED, check_schema
from airflow_provider_devo_dga.storage import StoragePath

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

LABELS = frozenset({"0", "1"})
BATCH_ROWS = 16_384
CLIENTS_AT_ONCE = 500_000
"""Clients of all rows that are held at a time; some 30 MB."""


@dataclass(frozen=True, kw_only=True)
class FlaggedRow:
    """One row that the model calls malicious, or that is watched.

    :param clients: distinct, without nulls.
    :param failed: whether none of its events got an answer; None when the rows do not tell.
    """

    reg_domain: str
    label: str
    suffix: str
    events_n: int
    first_seen: datetime
    last_seen: datetime
    clients: tuple[str, ...]
    score: float | None
    failed: bool | None = None


class RowBatch:
    """Some rows of the file; answers are computed when asked for."""

    def __init__(self, batch: pa.RecordBatch, threshold: float | None) -> None:
        self._batch = batch
        self._threshold = threshold

    @property
    def domains(self) -> int:
        """Rows, which are distinct registrable domains."""
        return int(self._batch.num_rows)

    @property
    def events(self) -> int:
        """Events behind the rows."""
        import pyarrow.compute as pc

        return pc.sum(self._batch["events_n"]).as_py() or 0

    @property
    def domains_without_client(self) -> int:
        """Rows whose list of clients is null or empty."""
        import pyarrow.compute as pc

        lengths = pc.fill_null(pc.list_value_length(self._batch["client_ips"]), 0)
        return pc.sum(pc.equal(lengths, 0)).as_py() or 0

    def asked(self) -> dict[str, int]:
        """Return for each client of these rows how many of them it asked for."""
        import pyarrow.compute as pc

        counts = pc.value_counts(pc.drop_null(pc.list_flatten(self._batch["client_ips"])))
        return dict(zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True))

    @property
    def answers_known(self) -> bool:
        """Whether the rows tell which events got no answer."""
        return FAILED in self._batch.schema.names

    def failed(self) -> Iterator[tuple[list[str], datetime]]:
        """Yield the clients and the first event of each row without an answer; nothing when unknown."""
        import pyarrow.compute as pc

        if not self.answers_known:
            return
        none = pc.fill_null(pc.greater_equal(self._batch[FAILED], self._batch["events_n"]), False)
        rows = self._batch.select(["client_ips", "first_seen"]).filter(none)
        for clients, first in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            yield [*dict.fromkeys(client for client in clients or () if client is not None)], first

    def flagged(self) -> list[FlaggedRow]:
        """Return the rows that are labelled ``1`` or reach the threshold, in the file's order.

        :raises ReportError: for a label or score that cannot be read.
        """
        return [_flagged_row(row) for row in self._batch.filter(self._mask()).to_pylist()]

    def watched(self, on_list: Callable[[pa.Array], pa.Array]) -> list[tuple[FlaggedRow, bool]]:
        """Return the rows whose domain is on a list, and whether the model flagged them.

        :param on_list: tells for each domain of a column whether it is.
        """
        known = on_list(self._batch["reg_domain"])
        flags = self._mask().filter(known).to_pylist()
        rows = self._batch.filter(known).to_pylist()
        return [(_flagged_row(row), flag) for row, flag in zip(rows, flags, strict=True)]

    def not_flagged(self) -> list[str]:
        """Return the other rows' registrable domains."""
        import pyarrow.compute as pc

        domains: list[str] = self._batch["reg_domain"].filter(pc.invert(self._mask())).to_pylist()
        return domains

    def _mask(self) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        column = self._batch["malicious"]
        if column.null_count:
            raise ReportError("Column malicious has rows without a label")
        if self._threshold is None:
            labels = pc.cast(
                pc.cast(column, pa.int8()) if pa.types.is_boolean(column.type) else column, "string"
            )
            if strange := set(pc.unique(labels).to_pylist()) - LABELS:
                shown = ", ".join(sorted(repr(label[:40]) for label in strange)[:3])
                raise ReportError(
                    f'Column malicious holds {shown}; without a threshold only "0" and "1" have a meaning'
                )
            return pc.equal(labels, "1")
        return pc.greater_equal(_scores(column), self._threshold)


class ScoredRows:
    """The file of scored rows, one row for each registrable domain of the window.

    :param path: where it lies; anything with ``open("rb")``.
    :param threshold: score from which a row is flagged; None: rows carry labels ``"0"`` and ``"1"``.
    """

    def __init__(self, path: StoragePath, threshold: float | None) -> None:
        self.path = path
        self.threshold = threshold

    def clients(self) -> int:
        """Return how many distinct clients the rows have."""
        import pyarrow.compute as pc

        found: set[str] = set()
        for batch in self._read({CLIENTS}, BATCH_ROWS):
            found.update(pc.unique(pc.drop_null(pc.list_flatten(batch[CLIENTS]))).to_pylist())
        return len(found)

    def batches(self, batch_rows: int = BATCH_ROWS) -> Iterator[RowBatch]:
        """Read the file once, at most ``batch_rows`` rows at a time.

        :raises ReportError: when it is not Parquet, a column is missing or has another type, or a
            required value is null.
        :raises OSError: when it cannot be opened.
        """
        for batch in self._read({*COLUMNS, FAILED}, batch_rows):
            for name in ("reg_domain", "events_n", "first_seen", "last_seen"):
                if batch[name].null_count:
                    raise ReportError(f"Column {name} has rows without a value")
            yield RowBatch(batch, self.threshold)

    def _read(self, columns: Collection[str], batch_rows: int) -> Iterator[pa.RecordBatch]:
        import pyarrow.parquet as pq

        with self.path.open("rb") as source, _parquet_errors(self.path):
            file = pq.ParquetFile(source, pre_buffer=False)
            check_schema(file.schema_arrow, self.threshold)
            known = [name for name in file.schema_arrow.names if name in columns]
            for number in range(file.num_row_groups):
                rows = min(batch_rows, rows_at_once(file.metadata.row_group(number)))
                yield from file.iter_batches(batch_size=rows, row_groups=[number], columns=known)


def rows_at_once(group: pq.RowGroupMetaData) -> int:
    """Return how many rows of a group may be held: one name can have every client of the network."""
    columns = (group.column(number) for number in range(group.num_columns))
    clients = next(column for column in columns if column.path_in_schema.startswith(f"{CLIENTS}."))
    values, rows = int(clients.num_values), int(group.num_rows)
    return max(1, CLIENTS_AT_ONCE * rows // max(values, 1))


def refuse_other_rows(path: Any, told: Mapping[str, Any], query: str | None) -> None:
    """Refuse a file that is not the one its query wrote: what is said of it would be of something else.

    :param told: what the query said, of which ``rows`` and ``bytes`` count when they are there.
    :param query: that scored the rows of the source and model that are spoken of, None when nobody knows; a
        file that names another query, or another window, is refused, one that names none is not.
    :raises ReportError: there is no such file, or another query has written to it.
    """
    import pyarrow.parquet as pq

    if not path.is_file():
        raise ReportError(
            f"There are no rows at {path}; did the scoring task finish, and can this worker read its storage?"
        )
    size = path.stat().st_size
    with _parquet_errors(path), path.open("rb") as opened:
        found = pq.ParquetFile(opened).metadata
    rows, facts = found.num_rows, found.metadata or {}
    wanted = asked_facts(query, told.get("window", {})) if query else {}
    for name, value in wanted.items():
        if facts.get(name.encode(), value.encode()) != value.encode():
            raise ReportError(
                f"{path} holds the rows of another {name.removeprefix('devo.')} than is reported on. Give"
                " each source an output_path of its own, and score again"
            )
    if (told.get("rows", rows), told.get("bytes", size)) != (rows, size):
        raise ReportError(
            f"{path} holds {rows} rows in {size} bytes, its query wrote {told.get('rows')} in"
            f" {told.get('bytes')}: another query has written to the same file since. Give each table and run"
            " an output_path of its own, and score again"
        )


@contextmanager
def _parquet_errors(path: StoragePath) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except pa.ArrowInvalid as error:
        raise ReportError(f"{path} cannot be read as Parquet: {error}") from error


def _scores(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        scores = pc.cast(column, pa.float64())
    except pa.ArrowInvalid as error:
        raise ReportError(f"Column malicious holds what is neither label nor score: {error}") from error
    within = pc.and_(pc.greater_equal(scores, 0.0), pc.less_equal(scores, 1.0))  # NaN compares false
    if not pc.all(within, min_count=0).as_py():
        raise ReportError("Column malicious holds scores outside [0, 1]")
    return scores


def _flagged_row(row: dict[str, Any]) -> FlaggedRow:
    label, begin = row["malicious"], f"{row['sld']}." if row["sld"] else ""
    clients = dict.fromkeys(client for client in row["client_ips"] or () if client is not None)
    return FlaggedRow(
        reg_domain=row["reg_domain"],
        label=row["sld"] or row["reg_domain"].split(".", 1)[0],
        # ``bad.co.uk`` with main label ``bad`` gives ``co.uk``
        suffix=row["reg_domain"][len(begin) :] if begin and row["reg_domain"].startswith(begin) else "",
        events_n=row["events_n"],
        first_seen=row["first_seen"].astimezone(UTC),
        last_seen=row["last_seen"].astimezone(UTC),
        clients=tuple(clients),
        score=None if str(label) in LABELS | {"True"} else float(label),
        failed=(row[FAILED] or 0) >= row["events_n"] if FAILED in row else None,
    )
