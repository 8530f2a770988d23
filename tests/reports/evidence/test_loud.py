"""A large hour: little more memory than for a quarter of it, and files and page of a bounded size."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

MEASURE = """
import json, resource, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
import altair, jinja2, pyarrow.compute, pyarrow.parquet, vl_convert
from airflow_provider_devo_dga.reports.evidence.context import ReportContext
from airflow_provider_devo_dga.reports.evidence.summary import summarise
from airflow_provider_devo_dga.reports.files.files import write_report

start = datetime(2026, 11, 24, 14, tzinfo=UTC)
context = ReportContext(
    window_start=start, window_end=start + timedelta(hours=1), table="t.t", devo_domain="self",
    model_name="m", false_positive_rate=0.01, generated_at=start, dag_id="d", run_id="r",
)
def report(rows, out):
    summary = summarise(Path(rows), context)
    write_report(summary, Path(out))
    return summary.totals
report(sys.argv[1], sys.argv[3])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
totals = report(sys.argv[2], sys.argv[3])
print(json.dumps({
    "domains": totals.domains, "flagged": totals.domains_flagged,
    "before_kb": before, "more_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before,
}))
"""


def rows_file(path: Path, rows: int, flagged_every: int, hour: Any) -> Path:
    part = 50_000
    with pq.ParquetWriter(path, hour.schema) as writer:
        for start in range(0, rows, part):
            numbers = range(start, start + part)
            columns = {
                "reg_domain": [f"q{number}x.com" for number in numbers],
                "sld": [f"q{number}x" for number in numbers],
                "events_n": [3] * part,
                "first_seen": [hour.start] * part,
                "last_seen": [hour.start] * part,
                "client_ips": [[f"10.0.{number % 20}.{number % 250}"] for number in numbers],
                "malicious": ["1" if number % flagged_every == 0 else "0" for number in numbers],
                "f_length": [1.0] * part,
            }
            writer.write_table(pa.table(columns, schema=hour.schema))
    return path


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(("flagged_every", "rows"), [(50, 400_000), (1, 100_000)])
def test_a_loud_hour(tmp_path: Path, hour: Any, flagged_every: int, rows: int) -> None:
    small = rows_file(tmp_path / "small.parquet", rows // 4, flagged_every, hour)
    large = rows_file(tmp_path / "large.parquet", rows, flagged_every, hour)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(small), str(large), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert (told["domains"], told["flagged"]) == (rows, rows // flagged_every)
    assert told["more_kb"] < 60_000
    assert (tmp_path / "out" / "report.json").stat().st_size < 2_000_000
    assert (tmp_path / "out" / "report.html").stat().st_size < 1_000_000
    assert pq.read_metadata(tmp_path / "out" / "report.parquet").num_rows == rows // flagged_every
