"""Check labelled domains of one or several sources and write the rows that H2O trains on."""

from __future__ import annotations

import csv
import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, NamedTuple

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.models.summary import Dataset
from airflow_provider_devo_dga.training.dataset.reading import DatasetReading
from airflow_provider_devo_dga.training.dataset.sorted_rows import SortedRows
from airflow_provider_devo_dga.training.dataset.source import DatasetSource

PREPARED_COLUMNS = ("label", "tld", "malicious", "family")

_CONFLICT_EXAMPLES = 5

_log = logging.getLogger(__name__)

Opened = tuple[DatasetSource, Callable[[], AbstractContextManager[BinaryIO]]]
"""A source and how to open it as decompressed bytes."""


def prepare_sources(
    sources: Sequence[Opened],
    target: Path,
    *,
    min_rows_per_class: int = 100,
) -> Dataset:
    """Read the sources, check them, and write ``target``: CSV of ``PREPARED_COLUMNS``, a row a label.

    The same label twice is one row; a label in both classes is none. Rows are sorted by label, so the order
    of the input changes neither the file nor its fingerprint. Memory does not grow with the rows: they are
    sorted on disk, beside ``target``.

    :param target: written in full or not at all.
    :param min_rows_per_class: least number of usable rows of each class.
    :return: what was read, used and left out.
    :raises DatasetError: for a missing column, bytes that are not UTF-8, an unknown class, more than 1 % of
        malformed rows, a plain list that is none, damaged compression, one class only, or too few rows; names
        the source where there are several, and lines where there are any.
    """
    with SortedRows(target.parent) as rows:
        reading = DatasetReading(rows)
        for source, opened in sources:
            _read(reading, source, opened, named=len(sources) > 1)
        report = _write(rows, target, reading, min_rows_per_class)
    _log.info(
        "Dataset: %d of %d rows usable, %d legit and %d DGA of %d families",
        *(report.rows_used, report.rows_read, report.legit, report.dga, len(report.families)),
    )
    return report


def _read(
    reading: DatasetReading,
    source: DatasetSource,
    opened: Callable[[], AbstractContextManager[BinaryIO]],
    *,
    named: bool,
) -> None:
    with opened() as stream:
        try:
            reading.read(source, stream)
        except DatasetError as error:
            if not named:
                raise
            raise DatasetError(f"{source.name}: {error}") from error


class _Row(NamedTuple):
    label: str
    tld: str
    malicious: int
    family: str


class _Distinct:
    """One row for each label out of sorted lines, and counts of what falls away."""

    def __init__(self) -> None:
        self.legit = 0
        self.families: Counter[str] = Counter()
        self.duplicates = 0
        self.conflicts = 0
        self.conflict_examples: list[str] = []
        self.digest = hashlib.sha256()

    def rows(self, lines: SortedRows) -> Iterator[_Row]:
        for label, same in groupby(lines, key=_label_of):
            # the least of them, so that the order of the input does not matter
            rows = map(_row, same)
            first = next(rows)
            classes = Counter(row.malicious for row in rows)
            count = 1 + classes.total()
            conflicting = classes[first.malicious] < classes.total()
            if conflicting:
                self.conflicts += count
                if len(self.conflict_examples) < _CONFLICT_EXAMPLES:
                    self.conflict_examples.append(label)
                continue
            self.duplicates += count - 1
            self._count(first)
            yield first

    def _count(self, row: _Row) -> None:
        if row.malicious:
            self.families[row.family] += 1
        else:
            self.legit += 1
        self.digest.update(f"{row.label},{row.tld},{row.malicious},{row.family}\n".encode())


def _label_of(line: str) -> str:
    return line.partition("\t")[0]


def _row(line: str) -> _Row:
    label, tld, malicious, family = line.rstrip("\n").split("\t")
    return _Row(label, tld, int(malicious), family)


def _write(lines: SortedRows, target: Path, reading: DatasetReading, least: int) -> Dataset:
    partial = target.with_name(target.name + ".partial")
    distinct = _Distinct()
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            # every string quoted: H2O then keeps 0123, 1e5 and na as the text they are
            writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
            writer.writerow(PREPARED_COLUMNS)
            writer.writerows(distinct.rows(lines))
        report = _report(distinct, reading)
        _check_classes(report, least)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return report


def _report(distinct: _Distinct, reading: DatasetReading) -> Dataset:
    dga = distinct.families.total()
    return Dataset(
        rows_read=reading.rows_read,
        rows_used=distinct.legit + dga,
        legit=distinct.legit,
        dga=dga,
        families=dict(distinct.families.most_common()),
        duplicates=distinct.duplicates,
        conflicts=distinct.conflicts,
        conflict_examples=distinct.conflict_examples,
        skipped=reading.skipped,
        non_ascii=reading.non_ascii,
        addresses=reading.addresses,
        malformed=reading.malformed,
        label_mismatches=reading.label_mismatches,
        sources=reading.sources,
        sha256=distinct.digest.hexdigest(),
    )


def _check_classes(report: Dataset, least: int) -> None:
    if not report.rows_used:
        raise DatasetError(
            f"None of {report.rows_read} rows is usable: {report.skipped} hosts without a label, "
            f"{report.conflicts} conflicts, {report.malformed} malformed"
        )
    for name, count in (("legit", report.legit), ("DGA", report.dga)):
        if not count:
            raise DatasetError(f"The dataset has no usable {name} rows; both classes are needed")
        if count < least:
            raise DatasetError(f"The dataset has {count} usable {name} rows; at least {least} are needed")
