"""What a network's earlier windows leave behind for the next ones: their rates, and counts of their clients.

Each window keeps its own small file; nothing is added up in place. So a retry, a backfill, windows out of
order and two runs at once change no other window, and a file that is lost is a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, TYPE_CHECKING, NamedTuple

from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.reports.evidence.figures import ReportFigures, RunFigures
from airflow_provider_devo_dga.reports.evidence.null_rate import NullRate
from airflow_provider_devo_dga.reports.evidence.reputation import Reputation

if TYPE_CHECKING:
    import pyarrow as pa

CLIENTS = "clients.parquet"
_SOURCE = b"source"


class ClientCount(NamedTuple):
    """A client's names in one window: how many it asked for, and how many of them count as flagged."""

    client: str
    asked: int
    counted: float


@dataclass(frozen=True, slots=True)
class Past:
    """The windows before, of the same table and model.

    :param nulls: the rate of clean clients in each.
    :param asked: names that each client asked for in them, those windows left out in which it stood out.
    :param counted: of these, how many count as flagged and were new to the network.
    :param reports: those of the same table, whichever model made them, oldest first.
    :param reputation: of the flagged names of these windows.
    """

    nulls: Sequence[NullRate] = ()
    asked: Mapping[str, int] = field(default_factory=dict)
    counted: Mapping[str, float] = field(default_factory=dict)
    reputation: Reputation = field(default_factory=Reputation)
    reports: Sequence[ReportFigures] = ()

    def knows(self, name: str) -> bool:
        """Whether anybody asked for a flagged name before."""
        return hash(name) in self.reputation.known


def write_clients(counts: Iterable[ClientCount], run: RunFigures, file: IO[bytes]) -> None:
    """Write one window's counts as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = [[*column] for column in zip(*counts, strict=True)] or [[], [], []]
    schema = _schema().with_metadata({_SOURCE: _source(run)})
    arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), file, compression="zstd")


def read_clients(content: bytes, run: RunFigures) -> pa.Table | None:
    """Return what :func:`write_clients` wrote; None when it was for another table or model.

    :raises ReportError: it is something else.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(BytesIO(content))
    except (pa.ArrowException, OSError) as error:
        raise ReportError(f"counts of clients cannot be read as Parquet: {error}") from None
    if not table.schema.equals(_schema()):
        raise ReportError(f"counts of clients with the columns {', '.join(table.schema.names)[:200]}")
    same = (table.schema.metadata or {}).get(_SOURCE) == _source(run)
    return table.replace_schema_metadata() if same else None


def past_of(nulls: Sequence[NullRate], tables: Sequence[pa.Table], reputation: Reputation) -> Past:
    """Return the past out of the rates, the counts and the flagged names of earlier windows."""
    import pyarrow as pa

    if not tables:
        return Past(nulls, reputation=reputation)
    sums = pa.concat_tables(tables).group_by("client").aggregate([("asked", "sum"), ("counted", "sum")])
    columns = (sums[name].to_pylist() for name in ("client", "asked_sum", "counted_sum"))
    counts = [ClientCount(*row) for row in zip(*columns, strict=True)]
    return Past(
        nulls,
        asked={client: asked for client, asked, _ in counts},
        counted={client: counted for client, _, counted in counts if counted},
        reputation=reputation,
    )


def _source(run: RunFigures) -> bytes:
    import msgspec

    return msgspec.json.encode(run.source)


def _schema() -> pa.Schema:
    import pyarrow as pa

    columns = {"client": pa.string(), "asked": pa.int64(), "counted": pa.float64()}
    return pa.schema([pa.field(*column, nullable=False) for column in columns.items()])
