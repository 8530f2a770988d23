"""The preparation of a dataset of compressed sources, against ``zcat`` and DuckDB, which only deduplicate."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.claim import Measured, Size, in_turns

SOURCES = 4

_ROWS = """
copy (
    select case when n % 4 = 0 then 'www.' else '' end || label || '.'
        || ['com', 'net', 'org', 'ru', 'co.uk', 'de'][1 + n % 6] as host, label as domain,
        ['legit', 'dga'][1 + n % 2] as class, ['legit', 'family' || (n % 40)][1 + n % 2] as subclass
    from (
        select n, substr(md5((n % {distinct})::varchar), 1, 8 + n % 12) as label
        from range({start}, {end}) t(n)
    )
) to '{file}' (delimiter ';', header, compression gzip)
"""
_PLAIN = """
import sys, duckdb
columns = dict.fromkeys(["host", "domain", "class", "subclass"], "varchar")
read = f"read_csv('/dev/stdin', delim=';', header=false, columns={columns})"
duckdb.execute(f"copy (select host, class, subclass from {read} group by all) to '{sys.argv[1]}'")
"""
_OURS = """
import json, sys
from functools import partial
from pathlib import Path
from airflow_provider_devo_dga.training.dataset.files import opened_sources
from airflow_provider_devo_dga.training.dataset.prepare import prepare_sources
from benchmarks.own_memory import Rise
rise = Rise()
report = prepare_sources(opened_sources(json.loads(sys.argv[1]), Path), Path(sys.argv[2]))
print(json.dumps({"megabytes": rise.megabytes(), "rows": report.rows_read, "used": report.rows_used}))
"""


def run(size: Size) -> list[Measured]:
    """Prepare the rows and a tenth of them."""
    rows = size.pick(10_000_000, 500_000)
    with TemporaryDirectory(prefix="devo-dga-bench-") as name:
        folder = Path(name)
        many, few = _files(folder, rows), _files(folder, rows // 10)
        told: dict[str, Any] = {}
        ours, plain = in_turns(
            lambda: told.update(_prepared(folder, many)), lambda: _deduplicated(folder, many), turns=2
        )
        small = _prepared(folder, few)
    parts = {"preparation_s": ours, "duckdb_s": plain, "rows": told, "a_tenth": small}
    return [
        Measured(
            f"{rows:,} labelled rows of {SOURCES} gzip files prepared, against `zcat` and DuckDB",
            ours / plain,
            "× the time",
            1.5,
            at_least=False,
            parts=parts,
        ),
        Measured(
            f"preparing {rows:,} rows, over a tenth of them",
            told["megabytes"] - small["megabytes"],
            "MB more",
            150,
            at_least=False,
            parts=parts,
        ),
    ]


def _files(folder: Path, rows: int) -> list[str]:
    import duckdb

    files = []
    for number in range(SOURCES):
        start, end = rows * number // SOURCES, rows * (number + 1) // SOURCES
        file = folder / f"{rows}-{number}.csv.gz"
        duckdb.execute(_ROWS.format(start=start, end=end, file=file, distinct=rows * 19 // 20))
        files.append(str(file))
    return files


def _prepared(folder: Path, files: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-c", _OURS, json.dumps(files), str(folder / "prepared.csv")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _deduplicated(folder: Path, files: list[str]) -> None:
    command = [sys.executable, "-c", _PLAIN, str(folder / "plain.csv")]
    with subprocess.Popen(["zcat", *files], stdout=subprocess.PIPE) as unpacked:
        subprocess.run(command, check=True, stdin=unpacked.stdout)
