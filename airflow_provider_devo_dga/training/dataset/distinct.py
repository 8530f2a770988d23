"""One row for each label: repeated ones are one, those in both classes none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.training.dataset.classes import DGA, LEGIT

if TYPE_CHECKING:
    import pyarrow as pa

PREPARED_COLUMNS = ("label", "tld", "malicious", "family")

_CONFLICT_EXAMPLES = 5


class Distinct:
    """What is left of the rows, and counts of what falls away.

    :param meanings: class and family of each code.
    """

    def __init__(self, meanings: Sequence[tuple[int | None, str]]) -> None:
        import pyarrow as pa

        self.legit = 0
        self.families: Counter[str] = Counter()
        self.duplicates = 0
        self.conflicts = 0
        self.conflict_examples: list[str] = []
        self._classes = pa.array([class_ for class_, _ in meanings], pa.int64())
        self._families = pa.array([family for _, family in meanings], pa.string())

    def sorted(self, part: pa.Table) -> pa.Table:
        """Return a part with class and family, sorted by label; counts nothing, so any thread may do it."""
        import pyarrow.compute as pc

        code = part.column("code")
        table = part.append_column("malicious", self._classes.take(code)).drop_columns("code")
        table = table.append_column("family", self._families.take(code))
        if self._classes.null_count:
            table = table.filter(table.column("malicious").is_valid())
        return table.take(pc.sort_indices(table.column("label"))).combine_chunks()

    def rows(self, table: pa.Table) -> pa.Table:
        """Return the distinct rows of a sorted part, with the columns ``PREPARED_COLUMNS``."""
        import pyarrow as pa
        import pyarrow.compute as pc

        repeated = _repeated(table.column("label").combine_chunks())
        if pc.any(repeated).as_py():
            once = self._once(table.filter(repeated))
            single = table.filter(pc.invert(repeated)).select(once.column_names)
            table = pa.concat_tables([single, once])
            table = table.take(pc.sort_indices(table.column("label")))
        self.duplicates += (pc.sum(table.column("count")).as_py() or 0) - len(table)
        table = table.select(PREPARED_COLUMNS).combine_chunks()
        self._count(table)
        return table

    def _once(self, table: pa.Table) -> pa.Table:
        """Return the least row of each label, so that the order of the input does not matter."""
        import pyarrow as pa
        import pyarrow.compute as pc

        names = ("label", "tld", "malicious", "family")
        table = table.sort_by([(name, "ascending") for name in names]).combine_chunks()
        label = table.column("label").combine_chunks()
        first = pc.indices_nonzero(pa.concat_arrays([pa.array([True]), pc.not_equal(label[1:], label[:-1])]))
        groups = table.group_by("label", use_threads=False).aggregate(
            [("malicious", "min"), ("malicious", "max"), ("count", "sum")]
        )
        found = table.take(first).drop_columns("count").append_column("count", groups.column("count_sum"))
        conflicting = pc.not_equal(groups.column("malicious_min"), groups.column("malicious_max"))
        self.conflicts += pc.sum(found.column("count").filter(conflicting)).as_py() or 0
        missing = _CONFLICT_EXAMPLES - len(self.conflict_examples)
        self.conflict_examples += found.column("label").filter(conflicting)[:missing].to_pylist()
        return found.filter(pc.invert(conflicting))

    def _count(self, table: pa.Table) -> None:
        import pyarrow.compute as pc

        malicious = pc.equal(table.column("malicious"), DGA)
        self.legit += pc.sum(pc.equal(table.column("malicious"), LEGIT)).as_py() or 0
        for entry in pc.value_counts(table.column("family").filter(malicious)).to_pylist():
            self.families[entry["values"]] += entry["counts"]


def _repeated(label: pa.Array) -> pa.Array:
    """Say of each sorted label whether it is that of a neighbour."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(label) < 2:
        return pa.array([False] * len(label))
    same, no = pc.equal(label[1:], label[:-1]), pa.array([False])
    return pc.or_(pa.concat_arrays([no, same]), pa.concat_arrays([same, no]))
