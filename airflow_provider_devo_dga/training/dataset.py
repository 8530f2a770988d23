"""Check a dataset in the form ``host;domain;class;subclass`` and write the rows that H2O trains on."""

from __future__ import annotations

import csv
import hashlib
import logging
import lzma
import re
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.features.host import split_host
from airflow_provider_devo_dga.training.dataset_report import DatasetReport

NEEDED_COLUMNS = ("host", "domain", "class", "subclass")
PREPARED_COLUMNS = ("label", "tld", "malicious", "family")
UNKNOWN_FAMILY = "unknown"
LEGIT_FAMILY = "legit"

_SEPARATOR = ";"
_MOST_MALFORMED = 0.01
_EXAMPLES = 3
_LONGEST_FAMILY = 40
_LOG_SECONDS = 5.0
_LOG_ROWS = 10_000
_NOT_IN_FAMILY = re.compile(r"[^\w.+-]")


class _Row(NamedTuple):
    tld: str
    malicious: int
    family: str


def prepare_dataset(
    stream: BinaryIO,
    target: Path,
    *,
    legit_class: str = "legit",
    dga_class: str = "dga",
    min_rows_per_class: int = 100,
    log: logging.Logger | None = None,
) -> DatasetReport:
    """Read the dataset, check it, and write ``target``: CSV of ``label,tld,malicious,family``, a row a label.

    Rows are sorted by label, so the order of the input changes neither the file nor its fingerprint. Memory
    grows with the number of distinct labels, not of rows.

    :param stream: UTF-8 with or without BOM, ``;`` between fields, a header in any column order; columns
        beyond the four are ignored. An empty ``subclass`` of a DGA row becomes family ``unknown``.
    :param target: written in full or not at all.
    :param min_rows_per_class: least number of usable rows of each class.
    :return: what was read, used and left out.
    :raises DatasetError: for a missing column, bytes that are not UTF-8, an unknown class, more than 1 % of
        malformed rows, damaged compression, one class only, or too few rows; names lines where there are any.
    """
    log = log or logging.getLogger(__name__)
    reading = _Reading({legit_class: 0, dga_class: 1})
    reading.read(_fields(_lines(stream)), log)
    reading.check()
    rows = reading.usable()
    report = _report(rows, reading)
    _check_classes(report, min_rows_per_class)
    _write(rows, target)
    log.info(
        "Dataset: %d of %d rows usable, %d legit and %d DGA of %d families",
        *(report.rows_used, report.rows_read, report.legit, report.dga, len(report.families)),
    )
    return report


class _Reading:
    """What has been seen so far, by label."""

    def __init__(self, classes: dict[str, int]) -> None:
        self.classes = classes
        self.rows: dict[str, _Row] = {}
        self.repeated: Counter[str] = Counter()
        self.conflicting: set[str] = set()
        self.rows_read = 0
        self.skipped = 0
        self.label_mismatches = 0
        self.malformed: list[int] = []
        self.unknown: list[tuple[int, str]] = []

    def read(self, records: Iterator[tuple[int, list[str]]], log: logging.Logger) -> None:
        _, header = next(records, (0, []))
        positions = _positions(header)
        told = time.monotonic()
        for line, fields in records:
            self.rows_read += 1
            if len(fields) == len(header):
                self._add(line, *(fields[position].strip() for position in positions))
            else:
                self.malformed.append(line)
            if self.rows_read % _LOG_ROWS == 0 and time.monotonic() - told >= _LOG_SECONDS:
                told = time.monotonic()
                log.info("Dataset: %d rows read", self.rows_read)

    def _add(self, line: int, host: str, domain: str, class_: str, family: str) -> None:
        malicious = self.classes.get(class_)
        if malicious is None:
            self.unknown.append((line, class_))
            return
        parts = split_host(host)
        if parts is None:
            self.skipped += 1
            return
        self.label_mismatches += domain.lower() != parts.label
        row = _Row(parts.tld, malicious, _family(family) if malicious else LEGIT_FAMILY)
        known = self.rows.setdefault(parts.label, row)
        if known is row:
            return
        self.repeated[parts.label] += 1
        if known.malicious != malicious:
            self.conflicting.add(parts.label)
        else:
            # the least of them, so that the order of the input does not matter
            self.rows[parts.label] = min(known, row)

    def check(self) -> None:
        if not self.rows_read:
            raise DatasetError("The dataset has a header and no rows")
        if self.unknown:
            examples = ", ".join(f"line {line}: {value[:40]!r}" for line, value in self.unknown[:_EXAMPLES])
            known = " or ".join(map(repr, self.classes))
            raise DatasetError(f"{len(self.unknown)} rows have a class other than {known}: {examples}")
        if len(self.malformed) > _MOST_MALFORMED * self.rows_read:
            lines = ", ".join(map(str, self.malformed[:_EXAMPLES]))
            raise DatasetError(
                f"{len(self.malformed)} of {self.rows_read} rows have another number of fields than the "
                f"header (at most {_MOST_MALFORMED:.0%} may): line {lines}"
            )

    def usable(self) -> dict[str, _Row]:
        return {label: self.rows[label] for label in sorted(self.rows.keys() - self.conflicting)}


def _lines(stream: BinaryIO) -> Iterator[str]:
    """Decode line by line, so that an error can name its line."""
    line = 0
    try:
        for line, raw in enumerate(stream, start=1):
            yield raw.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError as error:
        # enumerate has counted the line that could not be decoded
        raise DatasetError(f"Line {line} is not UTF-8: {error.reason}") from None
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise DatasetError(f"The dataset is damaged or truncated behind line {line}: {error}") from error


def _fields(lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=_SEPARATOR)
    try:
        for fields in reader:
            if fields:
                yield reader.line_num, fields
    except csv.Error as error:
        raise DatasetError(f"Line {reader.line_num} cannot be read: {error}") from None


def _positions(header: list[str]) -> list[int]:
    if not header:
        raise DatasetError("The dataset is empty")
    found = [name.strip().lower() for name in header]
    missing = [name for name in NEEDED_COLUMNS if name not in found]
    if missing:
        raise DatasetError(
            f"The dataset lacks the columns {', '.join(missing)}. Needed: {_SEPARATOR.join(NEEDED_COLUMNS)} "
            f"(separator {_SEPARATOR!r}); found: {_SEPARATOR.join(found)[:200]}"
        )
    return [found.index(name) for name in NEEDED_COLUMNS]


def _family(name: str) -> str:
    return _NOT_IN_FAMILY.sub("_", name)[:_LONGEST_FAMILY] or UNKNOWN_FAMILY


def _report(rows: dict[str, _Row], reading: _Reading) -> DatasetReport:
    families = Counter(row.family for row in rows.values() if row.malicious)
    repeats_of_conflicts = sum(reading.repeated[label] for label in reading.conflicting)
    return DatasetReport(
        rows_read=reading.rows_read,
        rows_used=len(rows),
        legit=len(rows) - families.total(),
        dga=families.total(),
        families=dict(families.most_common()),
        duplicates=reading.repeated.total() - repeats_of_conflicts,
        conflicts=len(reading.conflicting) + repeats_of_conflicts,
        skipped=reading.skipped,
        malformed=len(reading.malformed),
        label_mismatches=reading.label_mismatches,
        sha256=_fingerprint(rows),
    )


def _fingerprint(rows: dict[str, _Row]) -> str:
    digest = hashlib.sha256()
    for label, row in rows.items():
        digest.update(f"{label},{row.tld},{row.malicious},{row.family}\n".encode())
    return digest.hexdigest()


def _write(rows: dict[str, _Row], target: Path) -> None:
    partial = target.with_name(target.name + ".partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            # every string quoted: H2O then keeps 0123, 1e5 and na as the text they are
            writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
            writer.writerow(PREPARED_COLUMNS)
            writer.writerows((label, *row) for label, row in rows.items())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _check_classes(report: DatasetReport, least: int) -> None:
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
