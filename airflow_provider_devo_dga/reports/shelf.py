"""The stored reports of a folder: the latest ones, and one by its name; nothing outside the folder."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from fsspec.implementations.local import LocalFileSystem

_SLUG = re.compile(r"[0-9]{8}T[0-9]{6}Z_[0-9]{1,9}s")
_LOOKED_AT = 5


@dataclass(frozen=True, slots=True)
class StoredReport:
    """One report's figures.

    :param slug: name of its folder, which sorts by time.
    :param facts: ``report.json``.
    :param drift: what ``WatchDriftOperator`` found in the same window; None when it was not watched.
    """

    slug: str
    facts: dict[str, Any]
    drift: dict[str, Any] | None


class ReportShelf:
    """Reads what ``DGAReportOperator`` and ``WatchDriftOperator`` wrote.

    :param folder: ``ObjectStoragePath`` of the reports.
    """

    def __init__(self, folder: Any) -> None:
        self.folder = folder

    def latest(self, dag_id: str, most: int) -> Iterator[StoredReport]:
        """Yield a Dag's latest reports, the newest window first; only their names and figures are read.

        Of a folder with reports of several Dags, the newest ``5 * most`` are looked at.
        """
        found = (self.find(dag_id, slug) for slug in self._slugs()[: _LOOKED_AT * most])
        yield from islice((report for report in found if report is not None), most)

    def find(self, dag_id: str, slug: str) -> StoredReport | None:
        """Return a Dag's report; None when there is none of this name, or it is another Dag's."""
        if not _SLUG.fullmatch(slug):
            return None
        facts = _json(self.folder / slug / "report.json")
        context = facts.get("context") if facts else None
        if facts is None or not isinstance(context, dict) or context.get("dag_id") != dag_id:
            return None
        return StoredReport(slug, facts, _json(self.folder / "drift" / f"{slug}.json"))

    def page(self, report: StoredReport) -> str | None:
        """Return a report's page; None when the file is gone."""
        try:
            with (self.folder / report.slug / "report.html").open("rb") as file:
                content: bytes = file.read()
        except FileNotFoundError:
            return None
        return content.decode()

    def slug_of(self, uri: str) -> str | None:
        """Return the name of the report whose page lies at ``uri``; None for a place outside the folder."""
        root = str(self.folder).rstrip("/")
        inside = uri.removeprefix(f"{root}/") if uri.startswith(f"{root}/") else ""
        slug, _, name = inside.partition("/")
        return slug if _SLUG.fullmatch(slug) and name == "report.html" else None

    def _slugs(self) -> list[str]:
        try:
            return sorted(filter(_SLUG.fullmatch, self._names()), reverse=True)
        except FileNotFoundError:
            return []

    def _names(self) -> list[str]:
        """Return what is in the folder by name alone: details of 10,000 folders take seconds."""
        files, path = self.folder.fs, self.folder.path
        if isinstance(files, LocalFileSystem):
            return os.listdir(path)  # noqa: PTH208 - of paths there would be 10,000, too
        # object stores keep listings, but a report may have come since
        files.invalidate_cache(path)
        return [str(place).rstrip("/").rpartition("/")[2] for place in files.ls(path, detail=False)]


def _json(file: Any) -> dict[str, Any] | None:
    try:
        with file.open("rb") as opened:
            found = json.loads(opened.read())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return found if isinstance(found, dict) else None
