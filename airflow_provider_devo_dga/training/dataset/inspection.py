"""What a dataset is, in words for a terminal: told source by source before anything is trained."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from airflow_provider_devo_dga.errors import DatasetError, TrainingError
from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.redaction import shown_uri
from airflow_provider_devo_dga.scratch import scratch_folder
from airflow_provider_devo_dga.training.dataset.files import opened_sources
from airflow_provider_devo_dga.training.dataset.prepare import MIN_ROWS_PER_CLASS, read_source, write_prepared
from airflow_provider_devo_dga.training.dataset.reading import DatasetReading, OneSource
from airflow_provider_devo_dga.training.dataset.spool import RowSpool

_FAMILIES = 10
_VALUES = 8
_WIDTH = 11


class Inspection:
    """Reads sources as a training does, and goes on where one cannot be used.

    :param path: makes a path of an address that is no ``http(s)://`` one.
    """

    def __init__(self, sources: Sequence[str | Mapping[str, Any]], path: Callable[[str], Any]) -> None:
        self.sources = sources
        self.path = path
        self.usable = True

    def lines(self) -> Iterator[str]:
        """Yield what is found, line by line; ``usable`` says afterwards whether it can be trained on."""
        with scratch_folder() as folder, RowSpool(folder) as rows:
            reading = DatasetReading(rows)
            for source in self.sources:
                yield from self._source(reading, source)
            if not self.usable:
                yield "It cannot be trained on as it is."
                return
            try:
                report = write_prepared(rows, folder / "prepared.csv", reading, MIN_ROWS_PER_CLASS)
            except DatasetError as error:
                self.usable = False
                yield f"It cannot be trained on as it is: {error}"
                return
        yield _together(report)
        told = [_told(source) for source in self.sources]
        dataset = json.dumps(told[0] if len(told) == 1 else told, ensure_ascii=False)
        yield f"It can be trained on as it is: dataset={dataset}"

    def _source(self, reading: DatasetReading, source: str | Mapping[str, Any]) -> Iterator[str]:
        before = len(reading.sources)
        error: TrainingError | None = None
        try:
            files = opened_sources(source, self.path)
            read_source(reading, files, named=len(files) > 1)
        except TrainingError as raised:
            error = raised
        found = reading.sources[before:]
        for one in found:
            yield from _found(one)
        if error is not None:
            self.usable = False
            if not found:
                uri = source if isinstance(source, str) else source.get("uri")
                yield shown_uri(str(uri or "a source without a uri"))
            yield _fact("refused", str(error))
        yield ""


def _told(source: str | Mapping[str, Any]) -> str | dict[str, Any]:
    """Return a source as it is said, without credentials."""
    return shown_uri(source) if isinstance(source, str) else {**source, "uri": shown_uri(source["uri"])}


def _found(one: OneSource) -> Iterator[str]:
    summary = one.summary()
    yield summary.name
    yield _fact("form", summary.form)
    if summary.columns:
        yield _fact("columns", ", ".join(f"{role}: {name}" for role, name in summary.columns.items()))
    if one.source.class_:
        yield _fact("class", f"{one.source.class_}, as it is said")
    for name, values in summary.classes.items():
        if values:
            more = f" and {len(values) - _VALUES} more" if len(values) > _VALUES else ""
            yield _fact(name, f"{', '.join(values[:_VALUES])}{more}")
    legit, families = one.used()
    used = legit + families.total()
    yield _fact("rows", f"{one.rows:,} read, {used:,} usable: {legit:,} legit, {families.total():,} DGA")
    if families:
        yield _fact("families", _most(families))
    if one.aside.families:
        yield _fact("left out", f"families whose names have no public suffix: {_most(one.aside.families)}")
    if one.aside.counts:
        yield _fact("set aside", f"{one.aside.counts.total():,}")
        for reason, count in one.aside.counts.most_common():
            yield f"{'':{_WIDTH + 4}}{count:,} {reason}: {'; '.join(one.aside.examples[reason])}"


def _together(report: Dataset) -> str:
    return (
        f"Together {report.rows_used:,} names of {report.rows_read:,} rows: {report.legit:,} legit and"
        f" {report.dga:,} of {len(report.families)} DGA families; {report.duplicates:,} repeated,"
        f" {report.conflicts:,} in both classes"
    )


def _most(counts: Counter[str]) -> str:
    told = ", ".join(f"{name} {count:,}" for name, count in counts.most_common(_FAMILIES))
    return f"{told} and {len(counts) - _FAMILIES} more" if len(counts) > _FAMILIES else told


def _fact(name: str, text: str) -> str:
    return f"  {name:{_WIDTH}}{text}"
