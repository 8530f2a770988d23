"""What the windows before say of a flagged name: whether it was asked for, and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.reports.evidence.witness import share_of

if TYPE_CHECKING:
    import pyarrow as pa

NAMES_KEPT = 500_000
"""Flagged names of a day in a network of a million names an hour; some 50 MB."""

USUAL_BELOW = 0.25
"""Share of those who asked for a name of many, below which it is this network's habit, and no outbreak."""

NOTORIOUS_FROM = 0.5
"""The same, from which a name is what infected clients ask for."""

NOTORIOUS_GROWTH = 4
"""Clients against whom a notorious name counts in full, for each that stood out with it in one window.

One odd visitor must not accuse everybody who visits the same site an hour later.
"""

_COLUMNS = ("reg_domain", "flagged", "clients_n", "clients_standing_out_n", "widely_asked")


@dataclass(frozen=True, slots=True)
class Reputation:
    """Flagged names of the windows before, by ``hash``.

    :param known: all of them, at most :data:`NAMES_KEPT`.
    :param usual: those that many clients asked for at once, of whom few stood out.
    :param notorious: those of whose clients most stood out, with the most that did in one window.
    """

    known: frozenset[int] = frozenset()
    usual: frozenset[int] = frozenset()
    notorious: Mapping[int, int] = field(default_factory=dict)

    def share(self, name: str, clients: int, network: int) -> float:
        """Return how much a flagged name counts for each of the clients that ask for it now.

        Whether a name of many clients is a site or an outbreak, one window cannot tell, so there it counts in
        part. The windows before can.
        """
        key = hash(name)
        if key in self.usual:
            return 0.0
        known = min(1.0, NOTORIOUS_GROWTH * self.notorious.get(key, 0) / max(clients, 1))
        return max(share_of(clients, network), known)


def read_names(content: bytes) -> pa.Table:
    """Return the flagged names of an earlier window, out of the file of its detections.

    :raises ReportError: it is something else.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(BytesIO(content), columns=list(_COLUMNS))
        return table.filter(table["flagged"]).select([name for name in _COLUMNS if name != "flagged"])
    except (pa.ArrowException, KeyError, OSError) as error:
        raise ReportError(f"detections cannot be read as Parquet: {error}") from None


def reputation_of(windows: Iterable[pa.Table]) -> Reputation:
    """Return what is known of names.

    :param windows: what :func:`read_names` gave, the latest window first; of names beyond
        :data:`NAMES_KEPT` the older ones are forgotten.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kept, room = [], NAMES_KEPT
    for window in windows:
        kept.append(window.slice(0, room))
        room -= len(kept[-1])
        if not room:
            break
    if not kept:
        return Reputation()
    sums = (
        pa.concat_tables(kept)
        .group_by("reg_domain")
        .aggregate(
            [
                ("clients_n", "sum"),
                ("clients_standing_out_n", "sum"),
                ("clients_standing_out_n", "max"),
                ("widely_asked", "max"),
            ]
        )
    )
    asked = pc.max_element_wise(sums["clients_n_sum"], 1)
    standing = pc.divide(pc.cast(sums["clients_standing_out_n_sum"], pa.float64()), asked)
    usual = sums.filter(pc.and_(sums["widely_asked_max"], pc.less(standing, USUAL_BELOW)))
    notorious = sums.filter(pc.greater_equal(standing, NOTORIOUS_FROM))
    return Reputation(
        known=frozenset(_hashes(sums)),
        usual=frozenset(_hashes(usual)),
        notorious=dict(
            zip(_hashes(notorious), notorious["clients_standing_out_n_max"].to_pylist(), strict=True)
        ),
    )


def _hashes(table: pa.Table) -> Iterable[int]:
    return map(hash, table["reg_domain"].to_pylist())
