"""Read the sources of a dataset: usable rows go into sorted runs on disk, all others are counted."""

from __future__ import annotations

import ipaddress
import logging
import re
import time
from typing import BinaryIO

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.features.host import split_host
from airflow_provider_devo_dga.models.summary import Source
from airflow_provider_devo_dga.training.dataset.sorted_rows import SortedRows
from airflow_provider_devo_dga.training.dataset.source import DatasetSource, Record

UNKNOWN_FAMILY = "unknown"
LEGIT_FAMILY = "legit"

_CLASSES = {"legit": 0, "dga": 1}
_MOST_MALFORMED = 0.01
_MOST_SKIPPED_OF_A_LIST = 0.5
_EXAMPLES = 3
_LONGEST_FAMILY = 40
_LOG_SECONDS = 5.0
_LOG_ROWS = 10_000
_NOT_IN_FAMILY = re.compile(r"[^\w.+-]")

_log = logging.getLogger(__name__)


class DatasetReading:
    """What has been read so far of all sources.

    :param rows: takes a line ``label, tld, malicious, family`` for every usable row, between tabs.
    """

    def __init__(self, rows: SortedRows) -> None:
        self.rows = rows
        self.sources: list[Source] = []
        self.rows_read = 0
        self.non_ascii = 0
        self.addresses = 0
        self.label_mismatches = 0
        self._told = time.monotonic()

    def read(self, source: DatasetSource, stream: BinaryIO) -> None:
        """Read one source to its end.

        :raises DatasetError: for what ``prepare_sources`` says of a single source.
        """
        one = _OneSource()
        for record in source.records(stream):
            one.rows_read += 1
            self._tell()
            if isinstance(record, int):
                one.malformed.add(str(record))
            elif record.class_ not in _CLASSES:
                one.unknown.add(f"{record.line}: {record.class_[:40]!r}")
            elif not self._take(record):
                one.skipped += 1
        one.check(plain_list=source.class_ is not None)
        self.sources.append(
            Source(
                name=source.name,
                kind=source.class_ or "rows",
                rows_read=one.rows_read,
                skipped=one.skipped,
                malformed=one.malformed.count,
            )
        )

    @property
    def skipped(self) -> int:
        """Rows of all sources whose host has no label to read."""
        return sum(source.skipped for source in self.sources)

    @property
    def malformed(self) -> int:
        """Rows of all sources with another number of fields than their header."""
        return sum(source.malformed for source in self.sources)

    def _take(self, record: Record) -> bool:
        parts = split_host(record.host)
        if parts is None:
            self.non_ascii += not record.host.isascii()
            self.addresses += _is_address(record.host)
            return False
        malicious = _CLASSES[record.class_]
        family = _family(record.subclass) if malicious else LEGIT_FAMILY
        self.label_mismatches += record.domain is not None and record.domain.lower() != parts.label
        # a tab sorts before every character of a label: sorted lines are rows sorted by label
        self.rows.add(f"{parts.label}\t{parts.tld}\t{malicious}\t{family}\n")
        return True

    def _tell(self) -> None:
        self.rows_read += 1
        if self.rows_read % _LOG_ROWS == 0 and time.monotonic() - self._told >= _LOG_SECONDS:
            self._told = time.monotonic()
            _log.info("Dataset: %d rows read", self.rows_read)


class _Some:
    """A count and the first few of what was counted."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[str] = []

    def add(self, text: str) -> None:
        self.count += 1
        if self.count <= _EXAMPLES:
            self.first.append(text)


class _OneSource:
    def __init__(self) -> None:
        self.rows_read = 0
        self.skipped = 0
        self.malformed = _Some()
        self.unknown = _Some()

    def check(self, *, plain_list: bool) -> None:
        if not self.rows_read:
            raise DatasetError(
                "The list of domains is empty" if plain_list else "The dataset has a header and no rows"
            )
        if self.unknown.count:
            examples = ", ".join(f"line {example}" for example in self.unknown.first)
            known = " or ".join(map(repr, _CLASSES))
            raise DatasetError(f"{self.unknown.count} rows have a class other than {known}: {examples}")
        if self.malformed.count > _MOST_MALFORMED * self.rows_read:
            raise DatasetError(
                f"{self.malformed.count} of {self.rows_read} rows have another number of fields than the "
                f"header (at most {_MOST_MALFORMED:.0%} may): line {', '.join(self.malformed.first)}"
            )
        if plain_list and self.skipped > _MOST_SKIPPED_OF_A_LIST * self.rows_read:
            # a page of HTML in the place of a feed looks like this
            raise DatasetError(
                f"{self.skipped} of {self.rows_read} lines are no domains; is this a list of domains?"
            )


def _family(name: str) -> str:
    return _NOT_IN_FAMILY.sub("_", name)[:_LONGEST_FAMILY] or UNKNOWN_FAMILY


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
