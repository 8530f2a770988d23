"""The training set of the demo, in the form of Devo's tutorial: ``host;domain;class;subclass``."""

from __future__ import annotations

import gzip
import random
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING

from demo.families import FAMILIES
from demo.labels import label_of
from demo.legit import legit_hosts, top_sites

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from demo.families import Family

HEADER = "host;domain;class;subclass"
LEGIT, DGA = "legit", "dga"
DATES = 30
HELD_BACK = 400
# Murofet changes weekly and others more often, so dates this far apart have names of their own.
DATE_STEP = timedelta(days=14)


@dataclass(frozen=True)
class Row:
    """One line of the data set; ``domain`` is the label left of the public suffix."""

    host: str
    domain: str
    class_: str
    subclass: str

    def __str__(self) -> str:
        return f"{self.host};{self.domain};{self.class_};{self.subclass}"


@dataclass(frozen=True)
class DatasetSummary:
    """What was written."""

    path: Path
    rows: int
    legit: int
    dga: int
    families: dict[str, int]


def training_dates(until: date) -> list[date]:
    """Return the dates before ``until`` whose generated names the set holds, newest first."""
    return [until - DATE_STEP * number for number in range(1, DATES + 1)]


def dga_hosts(family: Family, until: date, count: int) -> list[str]:
    """Return at most ``count`` hosts of a family, as many from each of the training dates as they have.

    Names that ``until`` has too are left out: some families repeat themselves (cryptolocker knows few dates
    apart, most of pykspa's names have no date), and the model would know those by heart.
    """
    held_back = set(islice(family.generate(until), HELD_BACK))
    # Four times what is needed of each date, so that a repetitive family ends too.
    by_date = [islice(family.generate(day), 4 * -(-count // DATES)) for day in training_dates(until)]
    hosts: dict[str, None] = {}
    for host in chain.from_iterable(zip(*by_date, strict=True)):
        if len(hosts) == count:
            break
        if host not in held_back:
            hosts[host] = None
    return list(hosts)


def _rows(hosts: Iterable[str], class_: str, subclass: str) -> Iterator[Row]:
    return (Row(host, label_of(host), class_, subclass) for host in hosts)


def dataset_rows(*, seed: int = 7, legit: int = 15_000, dga_per_family: int = 450, until: date) -> list[Row]:
    """Return the rows, shuffled; no label twice, and none in both classes (legit wins).

    :param until: DGA names come from dates before this one only.
    """
    # A few top sites share a label (google.com, google.de), hence more hosts than rows.
    candidates = _rows(legit_hosts(legit + len(top_sites()), seed), LEGIT, LEGIT)
    by_label: dict[str, Row] = {}
    for row in candidates:
        if len(by_label) < legit:
            by_label.setdefault(row.domain, row)
    for family in FAMILIES.values():
        for row in _rows(dga_hosts(family, until, dga_per_family), DGA, family.name):
            by_label.setdefault(row.domain, row)
    rows = list(by_label.values())
    random.Random(seed).shuffle(rows)  # noqa: S311 (repeatable on purpose)
    return rows


def write_dataset(
    path: Path,
    *,
    seed: int = 7,
    legit: int = 15_000,
    dga_per_family: int = 450,
    until: date = date(2026, 1, 1),
) -> DatasetSummary:
    """Write the training set and return its figures; the same arguments write the same bytes.

    :param path: gzip when the name ends with ``.gz``.
    :param until: DGA names come from dates before this one only; pass the date of the hour to be scored.
    """
    rows = dataset_rows(seed=seed, legit=legit, dga_per_family=dga_per_family, until=until)
    content = "".join(f"{line}\n" for line in (HEADER, *rows)).encode("ascii")
    # mtime 0: gzip's header otherwise holds the time of writing.
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    families = Counter(row.subclass for row in rows if row.class_ == DGA)
    return DatasetSummary(
        path=path,
        rows=len(rows),
        legit=len(rows) - families.total(),
        dga=families.total(),
        families=dict(sorted(families.items())),
    )
