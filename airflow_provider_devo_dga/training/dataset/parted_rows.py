"""Prepared rows with their part, from file to file; training rows of small families are repeated.

Of the training part are two more kinds of rows, each with a name of its own for a part: ``TEACHES`` and
``SYNTHETIC``.
"""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_devo_dga.features.legit_grams import only_teaches
from airflow_provider_devo_dga.features.recipe import LabelledName
from airflow_provider_devo_dga.training.dataset.ahead import in_order
from airflow_provider_devo_dga.training.dataset.distinct import PREPARED_COLUMNS
from airflow_provider_devo_dga.training.dataset.reading import UNKNOWN_FAMILY
from airflow_provider_devo_dga.training.dataset.split import PARTS, PartOf, part_numbers
from airflow_provider_devo_dga.training.synthetic import synthetic_names

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

PARTED_COLUMNS = ("label", "tld", "malicious", "family", "part", "copy")
PARTED_TYPES = ("string", "string", "numeric", "string", "enum", "numeric")

TEACHES = "teaches"
"""Part of legit training names that features are learned from, and that no tree is grown on."""

SYNTHETIC = "synthetic"
"""Part of made names: trees are grown on them, and nothing is learned or judged by them."""

_TRAIN = PARTS.index("train")
_MOST_COPIES = 10
_MOST_NAMES = 1_000_000
_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class TrainingNames:
    """The training part's names, read from the file each time they are asked for.

    :param file: what ``part_rows`` wrote.
    :param step: only each so many-th name: a million are enough to learn from.
    :param left_out: families that are not to be learned from.
    """

    file: Path
    step: int = 1
    left_out: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[LabelledName]:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        left_out, before = pa.array(sorted(self.left_out), pa.string()), 0
        for rows in _batches(self.file, ("label", "malicious", "family", "part")):
            train = rows.filter(pc.is_in(rows.column("part"), value_set=pa.array(["train", TEACHES])))
            names = train.take(np.arange(-before % self.step, len(train), self.step))
            before += len(train)
            malicious = pc.equal(names.column("malicious"), 1)
            taught = pc.invert(pc.and_(malicious, pc.is_in(names.column("family"), value_set=left_out)))
            labels, classes = (column.filter(taught) for column in (names.column("label"), malicious))
            yield from map(LabelledName, labels.to_pylist(), classes.to_pylist())

    def without(self, families: Collection[str]) -> TrainingNames:
        return replace(self, left_out=frozenset(families))


class PartedRows(NamedTuple):
    """What parting gave.

    :param names: those to learn from.
    :param rows: distinct rows by part; those that only teach are counted as of the training part.
    :param teaching: those that only teach.
    :param synthetic: made rows, which are of no part.
    """

    names: TrainingNames
    rows: dict[str, int]
    teaching: int
    synthetic: int


@dataclass
class _Sizes:
    """Rows by part, and the training rows of each family."""

    sets_names_apart: bool
    parts: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)

    def add(self, rows: pa.Table, parts: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Count the rows; return their parts, with those that only teach in one of their own."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        for entry in pc.value_counts(pa.array(parts)).to_pylist():
            self.parts[PARTS[entry["values"]]] += entry["counts"]
        taught = pc.and_(pa.array(parts == _TRAIN), pc.equal(rows.column("malicious"), 1))
        for entry in pc.value_counts(rows.column("family").filter(taught)).to_pylist():
            self.families[entry["values"]] += entry["counts"]
        if not self.sets_names_apart:
            return parts
        legit = np.flatnonzero((parts == _TRAIN) & (rows.column("malicious").to_numpy() == 0))
        labels = rows.column("label").take(legit).to_pylist()
        teaching = legit[[only_teaches(label) for label in labels]]
        self.parts[TEACHES] += len(teaching)
        apart = parts.copy()
        apart[teaching] = len(PARTS)
        return apart

    def copies(self) -> dict[str, int]:
        """Return how often a training row of each family counts."""
        largest = max(self.families.values(), default=0)
        return {
            family: min(round(math.sqrt(largest / size)), _MOST_COPIES)
            for family, size in self.families.items()
        }


def part_rows(
    prepared: Path,
    target: Path,
    part_of: PartOf,
    *,
    sets_names_apart: bool = False,
    synthetic_share: float = 0.0,
) -> PartedRows:
    """Write ``prepared`` with each row's part to ``target``; training rows of small families are repeated.

    A family of a hundredth of the largest family's training rows has its own ten times: each family counts by
    the root of its size, else the largest drown the others. It takes copies, for a column of weights would
    become an input of the model, which nobody can give when it serves.

    Memory does not grow with the rows; their parts, a byte each, wait in a file beside ``target``.

    :param prepared: file that ``prepare_sources`` wrote.
    :param sets_names_apart: a quarter of the legit training names only teaches.
    :param synthetic_share: made names for each DGA training name; those that the dataset has are left out.
    """
    from pyarrow import csv

    sizes = _Sizes(sets_names_apart)
    with tempfile.TemporaryFile(dir=target.parent) as kept:
        for rows in _batches(prepared, ("label", "malicious", "family")):
            parts = part_numbers(part_of, rows.column("label").combine_chunks())
            kept.write(sizes.add(rows, parts).tobytes())
        kept.seek(0)
        # every string quoted: H2O then keeps 0123, 1e5 and na as the text they are
        quoted = csv.WriteOptions(quoting_style="needed")
        made = _synthetic(round(synthetic_share * sizes.families.total()))
        taken: set[str] = set()
        with csv.CSVWriter(target, _schema(PARTED_COLUMNS), write_options=quoted) as writer:
            for parted in in_order(_jobs(prepared, kept, sizes.copies(), made["label"], taken)):
                writer.write_table(parted)
            made = _without(made, taken)
            writer.write_table(made)
    step = 1 + sizes.parts["train"] // _MOST_NAMES
    rows_by_part = {part: sizes.parts[part] for part in PARTS if sizes.parts[part]}
    return PartedRows(TrainingNames(target, step), rows_by_part, sizes.parts[TEACHES], len(made))


def _jobs(
    prepared: Path, kept: Any, copies: Mapping[str, int], made: pa.ChunkedArray, taken: set[str]
) -> Iterator[Callable[[], pa.Table]]:
    """Yield what parts each batch; put the made labels that the dataset has into ``taken``."""
    import numpy as np
    import pyarrow.compute as pc

    for rows in _batches(prepared, PREPARED_COLUMNS):
        labels = rows.column("label")
        taken.update(labels.filter(pc.is_in(labels, value_set=made)).to_pylist())
        yield partial(_parted, rows, np.frombuffer(kept.read(len(rows)), np.uint8), copies)


def _parted(rows: pa.Table, parts: NDArray[np.uint8], copies: Mapping[str, int]) -> pa.Table:
    """Return the rows with their parts, those that are repeated behind each other."""
    import numpy as np
    import pyarrow as pa

    family = rows.column("family").combine_chunks().dictionary_encode()
    wanted = np.array([copies.get(name, 1) for name in family.dictionary.to_pylist()], np.int64)
    taught = (parts == _TRAIN) & (rows.column("malicious").to_numpy() == 1)
    counts = np.where(taught, wanted[family.indices.to_numpy()], 1)
    places = np.repeat(np.arange(len(rows)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    repeated = rows.take(places) if len(places) > len(rows) else rows
    named = pa.array((*PARTS, TEACHES), pa.string()).take(pa.array(parts[places]))
    return repeated.append_column("part", named).append_column(
        "copy", pa.array(np.arange(len(places)) - first)
    )


def _synthetic(count: int) -> pa.Table:
    import pyarrow as pa

    labels, tops = zip(*synthetic_names(count), strict=True) if count else ((), ())
    columns = (labels, tops, [1] * count, [UNKNOWN_FAMILY] * count, [SYNTHETIC] * count, [0] * count)
    return pa.table(list(columns), schema=_schema(PARTED_COLUMNS))


def _without(made: pa.Table, taken: Collection[str]) -> pa.Table:
    """Return the made rows whose label is no row's of the dataset: it may be legit, or judged by."""
    import pyarrow as pa
    import pyarrow.compute as pc

    labels = pa.array(sorted(taken), pa.string())
    return made.filter(pc.invert(pc.is_in(made["label"], value_set=labels)))


def _batches(file: Path, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Yield some tens of thousands of rows of a prepared or parted file at a time."""
    import pyarrow as pa
    from pyarrow import csv

    # a label such as na is text
    kinds = csv.ConvertOptions(
        column_types=_schema(columns), include_columns=list(columns), strings_can_be_null=False
    )
    with csv.open_csv(file, csv.ReadOptions(block_size=_BLOCK), convert_options=kinds) as reader:
        for batch in reader:
            yield pa.Table.from_batches([batch])


def _schema(columns: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

    numbers = {name for name, kind in zip(PARTED_COLUMNS, PARTED_TYPES, strict=True) if kind == "numeric"}
    return pa.schema([(name, pa.int64() if name in numbers else pa.string()) for name in columns])
