"""Streaming to Parquet takes the same memory for any number of rows.

As a command it takes the address of a sandbox, the file of its authority and a folder, streams the table to
a file there, and prints its rows and the memory it took.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import airflow, ecommerce, events
from benchmarks.claim import Measured, Size
from benchmarks.own_memory import Rise
from benchmarks.process import SandboxProcess

WARM_UP_ROWS = 1_000


def run(size: Size) -> list[Measured]:
    """Let a fresh process read a tenth of the rows, and another one all of them."""
    rows = size.pick(10_000_000, 1_000_000)
    peaks = {}
    for count in (rows // 10, rows):
        with ecommerce.process(count) as sandbox:
            peaks[count] = _peak(sandbox, count)
    claim = f"memory that `DevoHook.to_file` takes to stream {rows:,} rows to Parquet, as {rows // 10:,} do"
    parts = {f"rows_{count}_mb": peak for count, peak in peaks.items()}
    return [Measured(claim, max(peaks.values()), "MB", 150, at_least=False, parts=parts)]


def _peak(sandbox: SandboxProcess, rows: int) -> float:
    with TemporaryDirectory(prefix="devo-bench-") as directory:
        command = [sys.executable, "-m", "benchmarks.client_memory", sandbox.url, sandbox.ca_file, directory]
        said = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines()[-1])
    assert said["rows"] == rows, said
    return float(said["mb"])


def measure(url: str, ca_file: str, directory: Path) -> dict[str, float]:
    """Return how far this process's resident memory rises while it streams; the system keeps its peak.

    What is there before, once all is imported and a first small file is written, is the baseline.
    """
    hook = airflow.hook(url, ca_file)
    hook.to_file(f"{ecommerce.QUERY} limit {WARM_UP_ROWS}", directory / "first.parquet", **events.HOUR)
    rise = Rise()
    written = hook.to_file(ecommerce.QUERY, directory / "all.parquet", **events.HOUR)
    return {"rows": written.rows, "mb": rise.megabytes()}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
