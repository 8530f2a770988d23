"""Check labelled domains of one or several sources and write the rows that H2O trains on."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import groupby
from pathlib import Path

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.training.dataset import names
from airflow_provider_devo_dga.training.dataset.ahead import in_order
from airflow_provider_devo_dga.training.dataset.aside import UNKNOWN_CLASS, SetAside
from airflow_provider_devo_dga.training.dataset.classes import neither
from airflow_provider_devo_dga.training.dataset.distinct import PREPARED_COLUMNS, Distinct
from airflow_provider_devo_dga.training.dataset.opening import Opened, Part
from airflow_provider_devo_dga.training.dataset.reading import DatasetReading
from airflow_provider_devo_dga.training.dataset.source import DatasetSource
from airflow_provider_devo_dga.training.dataset.spool import RowSpool

MIN_ROWS_PER_CLASS = 100

_log = logging.getLogger(__name__)


def prepare_sources(
    sources: Sequence[Opened[DatasetSource]],
    target: Path,
    *,
    min_rows_per_class: int = MIN_ROWS_PER_CLASS,
) -> Dataset:
    """Read the sources, check them, and write ``target``: CSV of ``PREPARED_COLUMNS``, a row a label.

    The same label twice is one row; a label in both classes is none. Rows are sorted by label, so the order
    of the input changes neither the file nor its fingerprint. Memory does not grow with the rows: they are
    spooled to disk, beside ``target``.

    :param target: written in full or not at all.
    :param min_rows_per_class: least number of usable rows of each class.
    :return: what was read, used and left out.
    :raises DatasetError: for a form that cannot be read or that has more than one reading, more than a tenth
        of the rows set aside, damaged compression, one class only, or too few rows; names the source where
        there are several, lines where there are any, and what to write.
    """
    with RowSpool(target.parent) as rows:
        reading = DatasetReading(rows)
        for _, files in groupby(sources, key=lambda source: source[0].given or source[0].uri):
            read_source(reading, list(files), named=len(sources) > 1)
        report = write_prepared(rows, target, reading, min_rows_per_class)
    _log.info(
        "Dataset: %d of %d rows usable, %d legit and %d DGA of %d families",
        *(report.rows_used, report.rows_read, report.legit, report.dga, len(report.families)),
    )
    if report.families_below_no_suffix:
        lost = ", ".join(f"{name} ({count})" for name, count in report.families_below_no_suffix.items())
        _log.warning("Dataset: names below no public suffix are left out: %s", lost)
    return report


def read_source(reading: DatasetReading, files: Iterable[Opened[DatasetSource]], *, named: bool) -> None:
    """Read the files of one source; what is set aside is weighed for all of them together.

    :param named: the error names the source.
    :raises DatasetError: for what ``prepare_sources`` says of one source.
    """
    before = len(reading.sources)
    for source, opened in files:
        _read_one(reading, source, opened, named=named)
    read = reading.sources[before:]
    with _named(read[0].source.told_as if named else ""):
        _weigh(reading, before)


def _read_one(
    reading: DatasetReading,
    source: DatasetSource,
    opened: Callable[[], AbstractContextManager[Iterator[Part]]],
    *,
    named: bool,
) -> None:
    """Read a file, or all files of an archive: its names say nothing, so one that is no data is refused."""
    with _named(source.name if named else ""), opened() as parts:
        for name, stream in parts:
            with _named(f"{name} in it (unpack it, and give the files that are meant)" if name else ""):
                reading.read(source.part(name), stream)


def _weigh(reading: DatasetReading, before: int) -> None:
    read = reading.sources[before:]
    aside = SetAside.of(one.aside for one in read)
    try:
        aside.check(sum(one.rows for one in read))
    except DatasetError as error:
        meaning = read[0].meaning
        if meaning is None or aside.counts.most_common(1)[0][0] != UNKNOWN_CLASS:
            raise
        raise neither(error, meaning, read[0].source) from None


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except DatasetError as error:
        if not name:
            raise
        raise DatasetError(f"{name}: {error}") from error


def write_prepared(rows: RowSpool, target: Path, reading: DatasetReading, least: int) -> Dataset:
    """Write the distinct rows of what was read, sorted by label.

    :param least: usable rows that each class must have.
    :raises DatasetError: a class has fewer.
    """
    import pyarrow as pa
    from pyarrow import csv

    unfinished = target.with_name(target.name + ".partial")
    distinct = Distinct(reading.meanings)
    kinds = dict.fromkeys(PREPARED_COLUMNS, pa.string()) | {"malicious": pa.int64()}
    try:
        with (
            unfinished.open("wb") as file,
            # every string quoted: H2O then keeps 0123, 1e5 and na as the text they are
            csv.CSVWriter(
                file, pa.schema(kinds), write_options=csv.WriteOptions(quoting_style="needed")
            ) as writer,
        ):
            for part in in_order((partial(distinct.sorted, part) for part in rows.parts()), ahead=1):
                writer.write_table(distinct.rows(part))
        with unfinished.open("rb") as whole:
            report = _report(distinct, reading, hashlib.file_digest(whole, "sha256").hexdigest())
        _check_classes(report, least)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return report


def _report(distinct: Distinct, reading: DatasetReading, digest: str) -> Dataset:
    dga = distinct.families.total()
    sources = [one.summary() for one in reading.sources]
    reasons = sum((one.aside.counts for one in reading.sources), Counter[str]())
    lost = sum((one.aside.families for one in reading.sources), Counter[str]())
    return Dataset(
        rows_read=reading.rows_read,
        rows_used=distinct.legit + dga,
        legit=distinct.legit,
        dga=dga,
        families=dict(distinct.families.most_common()),
        families_below_no_suffix=dict(lost.most_common()),
        duplicates=distinct.duplicates,
        conflicts=distinct.conflicts,
        conflict_examples=distinct.conflict_examples,
        skipped=sum(source.skipped for source in sources),
        non_ascii=reasons[names.NON_ASCII],
        addresses=reasons[names.ADDRESS],
        malformed=sum(source.malformed for source in sources),
        unclassed=reasons[UNKNOWN_CLASS],
        label_mismatches=sum(one.label_mismatches for one in reading.sources),
        sources=sources,
        sha256=digest,
    )


def _check_classes(report: Dataset, least: int) -> None:
    if not report.rows_used:
        raise DatasetError(
            f"None of {report.rows_read} rows is usable: {report.skipped} hosts without a label, "
            f"{report.conflicts} conflicts, {report.malformed} malformed"
        )
    for name, count in (("legit", report.legit), ("DGA", report.dga)):
        more = json.dumps({"uri": "…", "class": name.lower()}, ensure_ascii=False)
        if not count:
            raise DatasetError(f"The dataset has no usable {name} rows; both classes are needed: add {more}")
        if count < least:
            raise DatasetError(
                f"The dataset has {count} usable {name} rows; at least {least} are needed: add {more}"
            )
