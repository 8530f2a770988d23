"""Of many stored reports only those are read that are shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from airflow.sdk import ObjectStoragePath
from upath import UPath

from airflow_provider_devo_dga.reports.shelf import ReportShelf
from tests.plugins.stored_hours import facts, put
from tests.plugins.stored_reports import DAG


class Opened:
    """Counts the files below a folder that this process opens, while it is switched on."""

    def __init__(self, folder: Path) -> None:
        self.files: list[str] | None = None
        self._folder = str(folder)
        sys.addaudithook(self._hear)  # stays as long as the process, and is deaf most of it

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.files is not None and event == "open" and str(arguments[0]).startswith(self._folder):
            self.files.append(str(arguments[0]))

    def during(self, work: Callable[[], Any]) -> tuple[Any, list[str]]:
        self.files = []
        try:
            return work(), self.files
        finally:
            self.files = None


def test_of_ten_thousand_reports_those_shown_are_read(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"2025{number // 2500 + 1:02d}01T{number % 2500:06d}Z_3600s").mkdir()
    for hour in range(20):
        put(tmp_path, hour)
    shelf = ReportShelf(ObjectStoragePath(tmp_path.as_uri()))
    opened = Opened(tmp_path)
    found, files = opened.during(lambda: [report.slug for report in shelf.latest(DAG, 3)])
    assert found == [f"20260105T{hour:02d}0000Z_3600s" for hour in (19, 18, 17)]
    assert len(files) == 3
    # who asks for a Dag without reports does not make the server read all of them
    none, files = opened.during(lambda: list(shelf.latest("another_dag", 3)))
    assert (none, len(files)) == ([], 5 * 3)


def test_an_object_store_is_listed_anew_each_time() -> None:
    shelf = ReportShelf(UPath("memory://reports-of-a-test"))
    assert list(shelf.latest(DAG, 3)) == []
    for hour in (8, 9):
        folder = shelf.folder / f"20260105T{hour:02d}0000Z_3600s"
        folder.mkdir(parents=True)
        (folder / "report.json").write_text(json.dumps(facts(hour)))
        assert next(shelf.latest(DAG, 3)).slug == folder.name
