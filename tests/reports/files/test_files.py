from __future__ import annotations

import csv
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath
from upath import UPath

from airflow_provider_devo_dga.reports.evidence.figures import REPORT
from airflow_provider_devo_dga.reports.evidence.summary import summarise
from airflow_provider_devo_dga.reports.files.files import write_report

NUMBER = re.compile(r"-[0-9.]+(e-[0-9]+)?")


def test_the_files_next_to_each_other(infected: Any, tmp_path: Path) -> None:
    files = write_report(infected.summary(), tmp_path / "a" / "b")
    assert [files.html.name, files.json.name, files.csv.name] == ["report.html", "report.json", "report.csv"]
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == [
        "clients.parquet",
        "report.csv",
        "report.ecs.ndjson",
        "report.html",
        "report.json",
        "report.parquet",
    ]
    assert files.html.read_text("utf-8").startswith("<!doctype html>")


def test_json_holds_the_summary(infected: Any, tmp_path: Path) -> None:
    summary = infected.summary()
    assert json.loads(write_report(summary, tmp_path).json.read_text("utf-8")) == json.loads(
        REPORT.write(summary.document())
    )


def test_writing_again_replaces_with_the_same_bytes(infected: Any, tmp_path: Path) -> None:
    before = _contents(write_report(infected.summary(), tmp_path / "out").html.parent)
    after = _contents(write_report(infected.summary(), tmp_path / "out").html.parent)
    assert before == after
    assert len(after) == 6


def test_csv_runs_nothing_in_a_spreadsheet(hour: Any, tmp_path: Path) -> None:
    for number, start in enumerate("=+-@\t"):
        hour.add(f"{start}cmd|calc{number}.com", [f"{start}10.0.0.{number}"])
    hour.add('say "hi",\nyou.com', ["10.0.0.9", "10.0.0.8"])
    text = write_report(hour.summary(), tmp_path).csv.read_text("utf-8")
    lines = list(csv.DictReader(StringIO(text)))
    assert len(text.splitlines()) == len(lines) + 1 == 7
    cells = [value for line in lines for value in line.values() if not NUMBER.fullmatch(value)]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    by_domain = {line["reg_domain"]: line for line in lines}
    assert by_domain["'=cmd|calc0.com"]["clients"] == "'=10.0.0.0"
    assert by_domain[r'say "hi",\nyou.com']["clients"] == "10.0.0.8 10.0.0.9"
    assert by_domain["'=cmd|calc0.com"]["first_seen"] == "2026-11-24T14:05:00.000Z"


def test_a_failed_rename_leaves_the_old_file_and_no_partial(
    infected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    files = write_report(infected.summary(), out)
    before = _contents(out)

    def refuse(self: Path, target: Path) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(type(files.html), "rename", refuse)
    with pytest.raises(OSError, match="no space left"):
        write_report(infected.summary(model_version="2"), out)
    assert _contents(out) == before


def test_object_storage(infected: Any) -> None:
    root = UPath("memory://bucket/reports")
    root.mkdir(parents=True, exist_ok=True)
    rows = root / "rows.parquet"
    rows.write_bytes(infected.write().read_bytes())
    summary = summarise(rows, infected.context())
    for _ in range(2):
        files = write_report(summary, root / "2026-11-24T14")
    assert sorted(path.name for path in files.html.parent.iterdir()) == [
        "clients.parquet",
        "report.csv",
        "report.ecs.ndjson",
        "report.html",
        "report.json",
        "report.parquet",
    ]
    assert json.loads(files.json.read_bytes()) == json.loads(REPORT.write(summary.document()))


def test_object_storage_path_of_airflow(infected: Any, tmp_path: Path) -> None:
    root = ObjectStoragePath(f"file://{tmp_path}")
    infected.write()
    summary = summarise(root / infected.path.name, infected.context())
    for _ in range(2):
        files = write_report(summary, root / "out")
    assert json.loads(files.json.read_bytes()) == json.loads(REPORT.write(summary.document()))
    assert len(list((tmp_path / "out").iterdir())) == 6


def _contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}
