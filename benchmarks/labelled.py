"""The labelled domains that the model is measured on: a folder of files that is not part of the project.

Which label of a host is judged, and which hosts have none, is asked of the product: what it would drop is
left out here too, and counted.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from airflow_provider_devo_dga.features.host import HostParts, split_host
from airflow_provider_devo_dga.training.dataset.distinct import PREPARED_COLUMNS
from airflow_provider_devo_dga.training.dataset.reading import LEGIT_FAMILY

FILES = ("dga_domains.csv.gz", "legit_domains.csv.gz")
SUSPECT = "legit_suspect.csv.gz"
POPULATIONS = "legit_sources.csv.gz"
# single-letter changes of popular names: every model that knows no names is blind to them
LEFT_OUT_OF_MEANS = frozenset({"charbot"})
_TRAIN, _VALID = 60, 80


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled domain, with the part that its label belongs to.

    :param population: the list that a legit name is from; empty where nobody says.
    """

    parts: HostParts
    malicious: bool
    family: str
    part: str
    population: str = ""


class Judged(NamedTuple):
    """What a folder holds, each label once.

    :param dropped: rows that the product would drop, by reason.
    :param dropped_families: rows without a label by DGA family.
    """

    rows: list[Labelled]
    dropped: Mapping[str, int]
    dropped_families: Mapping[str, int]


def read(folder: Path) -> Judged:
    """Return the rows of a folder, suspected label errors left out.

    :raises SystemExit: when the folder lacks the files.
    """
    missing = [name for name in (*FILES, SUSPECT) if not (folder / name).is_file()]
    if missing:
        raise SystemExit(f"There is nothing to measure on: {folder} lacks {', '.join(missing)}")
    with gzip.open(folder / SUSPECT, "rt", encoding="utf-8") as file:
        suspect = set(file.read().split())
    populations = {row["host"]: row["source"] for row in _lines(folder / POPULATIONS)}
    rows: dict[str, Labelled] = {}
    dropped, families, both = Counter[str](), Counter[str](), set[str]()
    for row in (row for name in FILES for row in _lines(folder / name) if row["host"] not in suspect):
        malicious = row["class"] == "dga"
        family = row["subclass"] if malicious else LEGIT_FAMILY
        parts = split_host(row["host"])
        if parts is None:
            dropped["no label"] += 1
            families.update([family] if malicious else [])
            continue
        found = Labelled(
            parts,
            malicious,
            family,
            part_of(parts.label),
            "" if malicious else populations.get(row["host"], ""),
        )
        if (first := rows.setdefault(parts.label, found)) is not found:
            dropped["same label"] += 1
            both.update([parts.label] if first.malicious != malicious else [])
    if both:
        dropped["both classes"] = len(both)
    return Judged([row for label, row in rows.items() if label not in both], dropped, families)


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


def _lines(file: Path) -> list[dict[str, str]]:
    if not file.is_file():
        return []
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=";"))
