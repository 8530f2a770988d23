"""The benchmarks themselves: a figure meets its bar or not, and small runs go through."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import CLAIMS, table
from benchmarks.claim import Measured

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("figure", "at_least", "ok"),
    [(2.0, True, True), (1.9, True, False), (2.0, False, True), (2.1, False, False)],
)
def test_a_bar(figure: float, at_least: bool, ok: bool) -> None:
    assert Measured("claim", figure, "×", 2, at_least=at_least).ok is ok


def test_the_table() -> None:
    text = table([Measured("fast", 61234.5, "rows/s", 60_000, at_least=True)])
    assert text.splitlines()[2] == "| fast | 61,234 rows/s | ≥ 60,000 rows/s | yes |"


def test_every_claim_stands_in_the_docs() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in CLAIMS)


FIRM = ["clients", "memory", "client_memory", "reports_page"]
# Small runs beside other tests miss a bar of time; that they go through, and measure, is what is tested.
TIMED = ["popular_names", "preparation", "parting", "report_step", "rows", "batches", "parquet", "sensors"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FIRM, *TIMED])
def test_a_quick_run(tmp_path: Path, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--only", name],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    measured = json.loads((tmp_path / "build" / "bench" / f"{name}.json").read_text())
    assert measured, done.stderr
    assert done.returncode == (0 if all(one["ok"] for one in measured) else 1), done.stderr
    if name in FIRM:
        assert all(one["ok"] for one in measured), measured
    counts = {one["unit"]: one["ok"] for one in measured if one["unit"] in {"sensors", "questions"}}
    assert name != "sensors" or counts == {"sensors": True, "questions": True}
