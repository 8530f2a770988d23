"""The stored reports of a folder: the latest ones, and one by its name; nothing outside the folder."""

from __future__ import annotations

import logging
import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from airflow_provider_devo_dga.errors import DocumentError, ReportError, StorageError
from airflow_provider_devo_dga.reports.evidence.figures import (
    REPORT,
    PastWindow,
    ReportFigures,
    RunFigures,
    Trend,
)
from airflow_provider_devo_dga.reports.evidence.past import CLIENTS, Past, past_of, read_clients
from airflow_provider_devo_dga.reports.evidence.reputation import read_names, reputation_of
from airflow_provider_devo_dga.storage import chunks_inside, local_folder, read_inside

log = logging.getLogger(__name__)

_SLUG = re.compile(r"[0-9]{8}T[0-9]{6}Z_[0-9]{1,9}s(_[0-9a-f]{8})?")
_LOOKED_AT = 5
_NEAR = 24
PAGE = "report.html"


@dataclass(frozen=True, slots=True)
class StoredReport:
    """One report.

    :param slug: name of its folder, which sorts by time.
    :param figures: of ``report.json``; None when it could not be read, which the log explains.
    """

    slug: str
    figures: ReportFigures | None


class ReportShelf:
    """Reads what ``DGAReportOperator`` wrote.

    :param folder: ``pathlib.Path`` or ``ObjectStoragePath`` of the reports.
    """

    def __init__(self, folder: Any) -> None:
        self.folder = folder

    def latest(self, dag_id: str, most: int) -> Iterator[StoredReport]:
        """Yield a Dag's latest reports, the newest window first; only their names and figures are read.

        Of a folder with reports of several Dags, the newest ``5 * most`` are looked at. A damaged report that
        does not say whose it is counts as the Dag's.
        """
        found = (self.find(dag_id, slug) for slug in self._slugs()[: _LOOKED_AT * most])
        yield from islice((report for report in found if report is not None), most)

    def find(self, dag_id: str, slug: str) -> StoredReport | None:
        """Return a Dag's report; None when there is none of this name, or it is another Dag's."""
        content = None
        try:
            if (content := self._content(slug)) is None:
                return None
            figures = REPORT.read(content, f"{slug}/report.json")
        except (DocumentError, StorageError, OSError) as error:
            if content is not None and _told(content, "dag_id") not in {None, dag_id}:
                return None
            log.warning("A report could not be read: %s", error)
            return StoredReport(slug, None)
        return StoredReport(slug, figures) if figures.context.dag_id == dag_id else None

    def page(self, dag_id: str, slug: str) -> bytes | None:
        """Return the page of a Dag's report; None when there is none of this name, or it is another Dag's."""
        return read_inside(self.folder, f"{slug}/{PAGE}") if self._is_of(dag_id, slug) else None

    def download(self, dag_id: str, slug: str, name: str) -> Iterator[bytes] | None:
        """Return a file of a Dag's report in pieces; None as for :meth:`page`.

        :param name: of one of its files, nothing that a user says.
        """
        return chunks_inside(self.folder, f"{slug}/{name}") if self._is_of(dag_id, slug) else None

    def beside(self, dag_id: str, slug: str) -> tuple[str | None, str | None]:
        """Return the Dag's reports of the same source before and after one; None where there is none near."""
        kind = slug.partition("_")[2]
        alike = [other for other in reversed(self._slugs()) if other.partition("_")[2] == kind]
        at = bisect_left(alike, slug)
        earlier, later = reversed(alike[max(0, at - _NEAR) : at]), alike[at + 1 : at + 1 + _NEAR]
        before, after = (
            next((other for other in near if self._is_of(dag_id, other)), None) for near in (earlier, later)
        )
        return before, after

    def dags(self, most: int) -> list[str]:
        """Return whose reports there are among the newest ones, the Dag of the newest first."""
        told = (_told(self._content(slug), "dag_id") for slug in self._slugs()[:most])
        return list(dict.fromkeys(dag_id for dag_id in told if dag_id is not None))

    def _is_of(self, dag_id: str, slug: str) -> bool:
        return _told(self._content(slug), "dag_id") == dag_id

    def trend(self, windows: Iterable[tuple[datetime, str]], now: RunFigures | None = None) -> Trend:
        """Return earlier windows; a report that is missing or damaged is a gap, never an error.

        :param windows: start of each window and the name of its report, oldest first.
        :param now: the run that they are before; rates are told where table and model were the same.
        """
        return tuple(self._past(start, slug, now) for start, slug in windows)

    def past(self, windows: Iterable[tuple[datetime, str]], now: RunFigures) -> tuple[Trend, Past]:
        """Return earlier windows as :meth:`trend`, and what those of the same table and model left.

        A window that is missing or damaged is a gap.
        """
        named = list(windows)
        trend = self.trend(named, now)
        alike = [slug for (_, slug), window in zip(named, trend, strict=True) if window.null is not None]
        nulls = [window.null for window in trend if window.null is not None]
        tables = [table for slug in alike if (table := self._clients(slug, now)) is not None]
        names = (table for slug in reversed(alike) if (table := self._names_of(slug)) is not None)
        reports = tuple(window.report for window in trend if window.report is not None)
        return trend, replace(past_of(nulls, tables, reputation_of(names)), reports=reports)

    def slug_of(self, uri: str) -> str | None:
        """Return the name of the report whose page lies at ``uri``; None for a place outside the folder."""
        root = str(self.folder).rstrip("/")
        inside = uri.removeprefix(f"{root}/") if uri.startswith(f"{root}/") else ""
        slug, _, name = inside.partition("/")
        return slug if _SLUG.fullmatch(slug) and name == PAGE else None

    def _past(self, start: datetime, slug: str, now: RunFigures | None) -> PastWindow:
        try:
            content = self._content(slug)
            found = REPORT.read(content, f"{slug}/report.json") if content is not None else None
        except (DocumentError, StorageError, OSError) as error:
            log.warning("The trend has a gap: %s", error)
            found = None
        if found is None:
            return PastWindow(start)
        alike = now is not None and found.context.source == now.source
        same_table = now is not None and found.context.table == now.table
        return PastWindow(
            start, found.totals, found.null if alike else None, found if same_table else None, slug
        )

    def _clients(self, slug: str, now: RunFigures) -> Any:
        try:
            content = read_inside(self.folder, f"{slug}/{CLIENTS}")
            return read_clients(content, now) if content is not None else None
        except (ReportError, StorageError, OSError) as error:
            log.warning("What clients did before has a gap: %s/%s: %s", slug, CLIENTS, error)
            return None

    def _names_of(self, slug: str) -> Any:
        try:
            content = read_inside(self.folder, f"{slug}/report.parquet")
            return read_names(content) if content is not None else None
        except (ReportError, StorageError, OSError) as error:
            log.warning("What was asked for before has a gap: %s/report.parquet: %s", slug, error)
            return None

    def _content(self, slug: str) -> bytes | None:
        return read_inside(self.folder, f"{slug}/report.json") if _SLUG.fullmatch(slug) else None

    def _slugs(self) -> list[str]:
        try:
            return sorted(filter(_SLUG.fullmatch, self._names()), reverse=True)
        except FileNotFoundError:
            return []

    def _names(self) -> list[str]:
        """Return what is in the folder by name alone: details of 10,000 folders take seconds."""
        if (folder := local_folder(self.folder)) is not None:
            return os.listdir(folder)  # noqa: PTH208 - of paths there would be 10,000, too
        files, path = self.folder.fs, self.folder.path
        # object stores keep listings, but a report may have come since
        files.invalidate_cache(path)
        return [str(place).rstrip("/").rpartition("/")[2] for place in files.ls(path, detail=False)]


def _told(content: bytes | None, fact: str) -> str | None:
    """Return a text of a report's context, None without one; damaged and newer reports are asked, too."""
    import msgspec

    try:
        match msgspec.json.decode(content or b""):
            case {"context": {**context}} if isinstance(told := context.get(fact), str):
                return told
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return None
