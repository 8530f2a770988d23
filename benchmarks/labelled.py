"""The labelled domains that the model is measured on: a folder of files that is not part of the project."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from airflow_provider_devo_dga.features.host import HostParts
from airflow_provider_devo_dga.training.dataset.distinct import PREPARED_COLUMNS
from airflow_provider_devo_dga.training.dataset.reading import LEGIT_FAMILY

FILES = ("dga_domains.csv.gz", "legit_domains.csv.gz")
SUSPECT = "legit_suspect.csv.gz"
# single-letter changes of popular names: every model that knows no names is blind to them
LEFT_OUT_OF_MEANS = frozenset({"charbot"})
_TRAIN, _VALID = 60, 80


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled domain, with the part that its label belongs to."""

    parts: HostParts
    malicious: bool
    family: str
    part: str


def read(folder: Path) -> list[Labelled]:
    """Return the rows of a folder, suspected label errors left out, each label once.

    :raises SystemExit: when the folder lacks the files.
    """
    missing = [name for name in (*FILES, SUSPECT) if not (folder / name).is_file()]
    if missing:
        raise SystemExit(f"There is nothing to measure on: {folder} lacks {', '.join(missing)}")
    with gzip.open(folder / SUSPECT, "rt", encoding="utf-8") as file:
        suspect = set(file.read().split())
    rows: dict[str, Labelled] = {}
    for name in FILES:
        for row in _labelled(folder / name, suspect):
            rows.setdefault(row.parts.label, row)
    return list(rows.values())


def part_of(label: str) -> str:
    """Return the part of a label: three fifths train, one fifth valid, one fifth test."""
    place = int(hashlib.sha256(f"split1|{label}".encode()).hexdigest()[:8], 16) % 100
    return "train" if place < _TRAIN else "valid" if place < _VALID else "test"


def write_prepared(rows: Sequence[Labelled], target: Path, without: Collection[str] = ()) -> None:
    """Write the file that ``train`` takes.

    :param without: families that the training part is not to hold.
    """
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(PREPARED_COLUMNS)
        for row in rows:
            if row.part != "train" or row.family not in without:
                writer.writerow((row.parts.label, row.parts.tld, int(row.malicious), row.family))


def _labelled(file: Path, suspect: Collection[str]) -> Iterator[Labelled]:
    # `domain` is the label: below a provider of dynamic names it is the customer's, which no list tells
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter=";"):
            if row["host"] not in suspect:
                malicious = row["class"] == "dga"
                label = row["domain"]
                parts = HostParts(row["host"], label, row["host"].rpartition(".")[2])
                yield Labelled(
                    parts, malicious, row["subclass"] if malicious else LEGIT_FAMILY, part_of(label)
                )
