"""Part the prepared rows into training, validation and test, and weigh them."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from airflow_provider_devo_dga.features.recipe import LabelledName

PARTS = ("train", "valid", "test")
WEIGHT = "weight"
SPLIT_COLUMNS = ("label", "tld", "malicious", "family", "part", WEIGHT)
SPLIT_TYPES = ("string", "string", "numeric", "string", "enum", "numeric")

PartOf = Callable[[str], str]

_FAMILY_POWER = 0.5


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


def split_rows(prepared: Path, target: Path, part_of: PartOf) -> list[LabelledName]:
    """Write ``prepared`` with each row's part and weight to ``target``; return the training rows.

    A DGA row weighs the inverse root of its family's training rows, so that large families do not drown small
    ones; the weights of all DGA training rows have the mean 1, as every legit row.

    :param prepared: file that ``prepare_dataset`` wrote.
    """
    rows = list(_parted(prepared, part_of))
    sizes = Counter(row.family for row in rows if row.malicious == "1" and row.part == "train")
    mean = sum(size ** (1 - _FAMILY_POWER) for size in sizes.values()) / max(sizes.total(), 1)
    weights = {family: size**-_FAMILY_POWER / mean for family, size in sizes.items()}
    training = []
    with target.open("w", encoding="utf-8", newline="") as file:
        # every string quoted: H2O then keeps 0123, 1e5 and na as the text they are
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(SPLIT_COLUMNS)
        for row in rows:
            malicious = row.malicious == "1"
            weight = weights.get(row.family, 1.0) if malicious else 1.0
            writer.writerow((row.label, row.tld, int(malicious), row.family, row.part, weight))
            if row.part == "train":
                training.append(LabelledName(row.label, malicious, weight))
    return training


def _parted(prepared: Path, part_of: PartOf) -> list[_Row]:
    with prepared.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return [_Row(label, tld, malicious, family, part_of(label)) for label, tld, malicious, family in rows]
