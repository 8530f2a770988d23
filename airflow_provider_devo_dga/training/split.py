"""Part the prepared rows into training, validation and test, and repeat those of small families."""

from __future__ import annotations

import csv
import hashlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from airflow_provider_devo_dga.features.recipe import LabelledName

PARTS = ("train", "valid", "test")
SPLIT_COLUMNS = ("label", "tld", "malicious", "family", "part")
SPLIT_TYPES = ("string", "string", "numeric", "string", "enum")

PartOf = Callable[[str], str]

_MOST_COPIES = 10


class _Row(NamedTuple):
    label: str
    tld: str
    malicious: str
    family: str
    part: str


def by_hash(ratios: Sequence[float], seed: int) -> PartOf:
    """Return what tells a label's part: always the same for a label, whatever else the dataset holds.

    :param ratios: shares of the first parts; the last part has the rest.
    """

    def part_of(label: str) -> str:
        place = int.from_bytes(hashlib.sha256(f"{seed}|{label}".encode()).digest()[:8]) / 2**64
        reached = 0.0
        for part, ratio in zip(PARTS, ratios, strict=False):
            reached += ratio
            if place < reached:
                return part
        return PARTS[len(ratios)]

    return part_of


class Split(NamedTuple):
    """What a split gave.

    :param training: names of the training part, repeated as in the file.
    :param rows: distinct rows by part.
    """

    training: list[LabelledName]
    rows: dict[str, int]


def split_rows(prepared: Path, target: Path, part_of: PartOf) -> Split:
    """Write ``prepared`` with each row's part to ``target``; rows of small families are repeated there.

    A family of a hundredth of the largest family's training rows has its own ten times: each family counts by
    the root of its size, else the largest drown the others. It takes copies, for a column of weights would
    become an input of the model, which nobody can give when it serves.

    :param prepared: file that ``prepare_dataset`` wrote.
    """
    rows = list(_parted(prepared, part_of))
    sizes = Counter(row.family for row in rows if row.malicious == "1" and row.part == "train")
    largest = max(sizes.values(), default=0)
    copies = {family: min(round(math.sqrt(largest / size)), _MOST_COPIES) for family, size in sizes.items()}
    training = []
    with target.open("w", encoding="utf-8", newline="") as file:
        # every string quoted: H2O then keeps 0123, 1e5 and na as the text they are
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(SPLIT_COLUMNS)
        for row in rows:
            malicious = row.malicious == "1"
            repeated = copies[row.family] if malicious and row.part == "train" else 1
            values = (row.label, row.tld, int(malicious), row.family, row.part)
            writer.writerows([values] * repeated)
            if row.part == "train":
                training.extend([LabelledName(row.label, malicious)] * repeated)
    counts = Counter(row.part for row in rows)
    return Split(training, {part: counts[part] for part in PARTS if counts[part]})


def _parted(prepared: Path, part_of: PartOf) -> list[_Row]:
    with prepared.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return [_Row(label, tld, malicious, family, part_of(label)) for label, tld, malicious, family in rows]
