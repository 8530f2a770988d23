"""Read the sources of a dataset: names with their meaning are spooled to disk, all others are counted."""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.features.host_columns import HostColumns, split_hosts
from airflow_provider_devo_dga.models.dataset import Source
from airflow_provider_devo_dga.training.dataset import names
from airflow_provider_devo_dga.training.dataset.ahead import in_order
from airflow_provider_devo_dga.training.dataset.aside import UNKNOWN_CLASS, SetAside
from airflow_provider_devo_dga.training.dataset.classes import DGA, LEGIT, Meaning, meaning_of
from airflow_provider_devo_dga.training.dataset.columns import Columns, ColumnSearch
from airflow_provider_devo_dga.training.dataset.form import reader_of
from airflow_provider_devo_dga.training.dataset.rows import Bad, Batch, Reader
from airflow_provider_devo_dga.training.dataset.source import CLASSES, DatasetSource
from airflow_provider_devo_dga.training.dataset.spool import RowSpool

if TYPE_CHECKING:
    import pyarrow as pa

UNKNOWN_FAMILY = "unknown"
LEGIT_FAMILY = "legit"

_MOST_FAMILIES = 5000
_LONGEST_FAMILY = 40
_LOG_SECONDS = 5.0
_AROUND = " \t'\""
_NOT_IN_FAMILY = re.compile(r"[^\w.+-]")

_log = logging.getLogger(__name__)


@dataclass
class _Pair:
    """A class and a family as one source writes them; ``first`` is the row that had them first."""

    class_: str
    family: str
    code: int
    first: Bad
    used: int = 0
    below_no_suffix: int = 0
    class_code: int | None = None
    family_read: str = ""


@dataclass
class OneSource:
    """What was found in one source, and what became of its rows."""

    source: DatasetSource
    reader: Reader
    columns: Columns
    aside: SetAside = field(default_factory=SetAside)
    pairs: dict[tuple[str, str], _Pair] = field(default_factory=dict)
    meaning: Meaning | None = None
    rows: int = 0
    label_mismatches: int = 0

    def used(self) -> tuple[int, Counter[str]]:
        """Return the usable rows that are legit, and those of each DGA family."""
        legit, families = 0, Counter[str]()
        for pair in self.pairs.values():
            if pair.class_code == LEGIT:
                legit += pair.used
            elif pair.class_code == DGA:
                families[pair.family_read] += pair.used
        return legit, +families

    def summary(self) -> Source:
        """Return it as the summary of a training has it."""
        reasons = self.aside.counts
        hosts = (names.ADDRESS, names.NON_ASCII, names.NO_SUFFIX, names.NO_NAME)
        skipped = sum(reasons[reason] for reason in hosts)
        return Source(
            name=self.source.name,
            kind=self.source.class_ or "rows",
            rows_read=self.rows,
            skipped=skipped,
            malformed=reasons.total() - skipped - reasons[UNKNOWN_CLASS],
            form=self.reader.form,
            columns=self.columns.told,
            classes=self.meaning.told if self.meaning else {},
            set_aside=dict(reasons.most_common()),
        )


class _Read(NamedTuple):
    """A batch, its columns by what they hold, and its hosts in parts."""

    batch: Batch
    columns: dict[str, pa.Array]
    hosts: pa.Array
    parts: HostColumns


def _read(batch: Callable[[], Batch], roles: Sequence[str]) -> _Read:
    read = batch()
    columns = dict(zip(roles, read.columns, strict=True))
    hosts = names.clean(columns["host"])
    return _Read(read, columns, hosts, split_hosts(hosts))


class DatasetReading:
    """What has been read so far of all sources.

    :param rows: takes every usable row with a code; ``meanings`` says what the codes mean.
    """

    def __init__(self, rows: RowSpool) -> None:
        self.rows = rows
        self.sources: list[OneSource] = []
        self.meanings: list[tuple[int | None, str]] = []
        self.rows_read = 0
        self._told = time.monotonic()

    def read(self, source: DatasetSource, stream: BinaryIO) -> None:
        """Read one source to its end.

        :raises DatasetError: for what ``prepare_sources`` says of a single source.
        """
        reader = reader_of(stream)
        one = OneSource(source, reader, ColumnSearch(reader, source).found())
        self.sources.append(one)
        roles = list(one.columns.places)
        batches = reader.batches([one.columns.places[role] for role in roles])
        for read in in_order(partial(_read, batch, roles) for batch in batches):
            self._take(one, read)
            self._tell(one)
        if not one.rows:
            raise DatasetError("The dataset has a header and no rows")
        self._settle(one)
        _log.info("%s", told(one))

    def _take(self, one: OneSource, read: _Read) -> None:
        import pyarrow.compute as pc

        batch, columns, hosts, (label, tld) = read
        for bad in batch.bad:
            one.aside.add(bad)
        one.rows += len(batch.bad) + len(columns["host"])
        self.rows_read += len(batch.bad) + len(columns["host"])
        if not len(columns["host"]):
            return
        codes = self._codes(one, batch, columns)
        known = label.is_valid()
        if label.null_count:
            self._set_aside(one, batch, columns["host"], hosts, codes, pc.indices_nonzero(pc.invert(known)))
            label, tld, codes = label.filter(known), tld.filter(known), codes.filter(known)
        by_code = {pair.code: pair for pair in one.pairs.values()}
        for entry in pc.value_counts(codes).to_pylist():
            by_code[entry["values"]].used += entry["counts"]
        if "domain" in columns:
            domain = pc.ascii_lower(pc.ascii_trim_whitespace(columns["domain"].filter(known)))
            one.label_mismatches += pc.sum(pc.not_equal(domain, label)).as_py() or 0
        self.rows.add(label, tld, codes)

    def _codes(self, one: OneSource, batch: Batch, columns: dict[str, pa.Array]) -> pa.Array:
        """Return a number for class and family of each row; ``meanings`` will say what it means."""
        import pyarrow as pa
        import pyarrow.compute as pc

        count = len(columns["host"])
        parts = [columns[role].dictionary_encode() for role in ("class", "family") if role in columns]
        if not parts:
            pair = self._pair(one, "", one.source.family, lambda: Bad(batch.line_of(0), UNKNOWN_CLASS, ""))
            return pa.array([pair.code], pa.int32()).take(pa.nulls(count, pa.int32()).fill_null(0))
        both = parts[0].indices
        if len(parts) > 1:
            width = len(parts[1].dictionary)
            both = pc.add(pc.multiply(both.cast(pa.int64()), width), parts[1].indices.cast(pa.int64()))
        both = both.dictionary_encode()
        found = []
        for place, value in enumerate(both.dictionary.to_pylist()):
            texts = [value] if len(parts) == 1 else divmod(value, len(parts[1].dictionary))
            read = [part.dictionary[text].as_py() for part, text in zip(parts, texts, strict=True)]
            class_ = read[0].strip(_AROUND) if "class" in columns else ""
            family = read[-1].strip(_AROUND) if "family" in columns else one.source.family

            def first(place: int = place, class_: str = class_) -> Bad:
                return Bad(batch.line_of(pc.index(both.indices, place).as_py()), UNKNOWN_CLASS, class_)

            found.append(self._pair(one, class_, family, first).code)
        return pa.array(found, pa.int32()).take(both.indices)

    def _pair(self, one: OneSource, class_: str, family: str, first: Callable[[], Bad]) -> _Pair:
        key = (class_.lower(), family)
        if key not in one.pairs:
            if len(one.pairs) == _MOST_FAMILIES:
                raise DatasetError(
                    f"There are more than {_MOST_FAMILIES} classes and families in {one.columns.told}: name"
                    " the columns that hold them"
                )
            one.pairs[key] = _Pair(*key, len(self.meanings), first())
            self.meanings.append((None, ""))
        return one.pairs[key]

    def _set_aside(
        self,
        one: OneSource,
        batch: Batch,
        written: pa.Array,
        hosts: pa.Array,
        codes: pa.Array,
        places: pa.Array,
    ) -> None:
        by_code = {pair.code: pair for pair in one.pairs.values()}
        rows = zip(
            places.to_pylist(), hosts.take(places).to_pylist(), codes.take(places).to_pylist(), strict=True
        )
        for place, host, code in rows:
            reason = names.reason_against(host)
            by_code[code].below_no_suffix += reason == names.NO_SUFFIX
            if one.aside.missing(reason):
                one.aside.add(Bad(batch.line_of(place), reason, written[place].as_py()))
            else:
                one.aside.counts[reason] += 1

    def _settle(self, one: OneSource) -> None:
        """Decide what the classes of a source mean, now that all are known."""
        if one.source.class_ is None:
            one.meaning = meaning_of({pair.class_ for pair in one.pairs.values()}, one.columns, one.source)
        for pair in one.pairs.values():
            class_ = (
                one.meaning.classes[pair.class_] if one.meaning else CLASSES.index(one.source.class_ or "")
            )
            family = pair.family
            if not family and one.meaning and pair.class_ in one.meaning.families:
                family = pair.class_
            family = LEGIT_FAMILY if class_ == LEGIT else plain_family(family)
            pair.class_code, pair.family_read = self.meanings[pair.code] = class_, family
            if class_ is None and pair.used:
                one.aside.add(pair.first, pair.used)
            elif class_ == DGA and pair.below_no_suffix:
                one.aside.families[family] += pair.below_no_suffix

    def _tell(self, one: OneSource) -> None:
        if time.monotonic() - self._told >= _LOG_SECONDS:
            self._told = time.monotonic()
            _log.info("Dataset: %d rows read, %d of %s", self.rows_read, one.rows, one.source.name)


def told(one: OneSource) -> str:
    """Return what was found in a source, in one line."""
    summary = one.summary()
    parts = [f"{summary.name}: {summary.form}", f"{summary.rows_read} rows"]
    parts += [f"{role} in column {name}" for role, name in summary.columns.items()]
    parts += [f"{name}: {', '.join(values[:5])}" for name, values in summary.classes.items() if values]
    if one.aside.counts:
        parts.append(f"set aside: {one.aside.told()}")
    return "; ".join(parts)


def plain_family(name: str) -> str:
    """Return a family's name fit for files and pages."""
    return _NOT_IN_FAMILY.sub("_", name)[:_LONGEST_FAMILY] or UNKNOWN_FAMILY
