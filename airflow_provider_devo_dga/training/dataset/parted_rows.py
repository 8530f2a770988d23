"""Prepared rows with their part, from file to file; training rows of small families are repeated."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from airflow_provider_devo_dga.features.recipe import LabelledName
from airflow_provider_devo_dga.training.dataset.split import PARTS, PartOf

PARTED_COLUMNS = ("label", "tld", "malicious", "family", "part", "copy")
PARTED_TYPES = ("string", "string", "numeric", "string", "enum", "numeric")

_MOST_COPIES = 10
_MOST_NAMES = 1_000_000


class _Row(NamedTuple):
    label: str
    tld: str
    malicious: str
    family: str


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
        with self.file.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            next(rows)
            names = (row for row in rows if row[4] == "train")
            for number, (label, _, malicious, family, _, _) in enumerate(names):
                if number % self.step == 0 and not (malicious == "1" and family in self.left_out):
                    yield LabelledName(label, malicious == "1")

    def without(self, families: Collection[str]) -> TrainingNames:
        return replace(self, left_out=frozenset(families))


class PartedRows(NamedTuple):
    """What parting gave.

    :param names: those to learn from.
    :param rows: distinct rows by part.
    """

    names: TrainingNames
    rows: dict[str, int]


def part_rows(prepared: Path, target: Path, part_of: PartOf) -> PartedRows:
    """Write ``prepared`` with each row's part to ``target``; training rows of small families are repeated.

    A family of a hundredth of the largest family's training rows has its own ten times: each family counts by
    the root of its size, else the largest drown the others. It takes copies, for a column of weights would
    become an input of the model, which nobody can give when it serves.

    :param prepared: file that ``prepare_sources`` wrote.
    """
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for row in _rows(prepared):
        part = part_of(row.label)
        counts[part] += 1
        if part == "train" and row.malicious == "1":
            sizes[row.family] += 1
    largest = max(sizes.values(), default=0)
    copies = {family: min(round(math.sqrt(largest / size)), _MOST_COPIES) for family, size in sizes.items()}
    with target.open("w", encoding="utf-8", newline="") as file:
        # every string quoted: H2O then keeps 0123, 1e5 and na as the text they are
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(PARTED_COLUMNS)
        for row in _rows(prepared):
            part, malicious = part_of(row.label), int(row.malicious)
            repeated = copies[row.family] if malicious and part == "train" else 1
            writer.writerows((row.label, row.tld, malicious, row.family, part, n) for n in range(repeated))
    step = 1 + counts["train"] // _MOST_NAMES
    return PartedRows(TrainingNames(target, step), {part: counts[part] for part in PARTS if counts[part]})


def _rows(prepared: Path) -> Iterator[_Row]:
    with prepared.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from map(_Row._make, rows)
