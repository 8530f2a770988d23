"""The parting of prepared rows into training and held-out ones, against DuckDB reading and writing them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.claim import Measured, Size, in_turns

# without copies, so that both write the same number of rows
_PREPARED = """
copy (
    select md5(n::varchar)[:8 + n % 12] || n as label, ['com', 'net', 'org'][1 + n % 3] as tld,
        n % 2 as malicious, ['legit', 'family' || (n % 40)][1 + n % 2] as family
    from range({rows}) t(n)
) to '{file}' (header, force_quote (label, tld, family))
"""
_PLAIN = """
import sys, duckdb
kinds = {"label": "varchar", "tld": "varchar", "malicious": "bigint", "family": "varchar"}
read = f"read_csv('{sys.argv[1]}', delim=',', quote='\\"', header=true, columns={kinds})"
written = "(header, force_quote (label, tld, family, part))"
duckdb.execute(f"copy (select *, 'train' as part, 0 as copy from {read}) to '{sys.argv[2]}' {written}")
"""
_OURS = """
import json, sys
from pathlib import Path
from airflow_provider_devo_dga.training.dataset.parted_rows import part_rows
from airflow_provider_devo_dga.training.dataset.split import by_hash
from benchmarks.own_memory import Rise
import pyarrow.compute, pyarrow.csv
rise = Rise()
found = part_rows(Path(sys.argv[1]), Path(sys.argv[2]), by_hash((0.8,), 1234))
print(json.dumps({"megabytes": rise.megabytes(), "rows": found.rows}))
"""


def run(size: Size) -> list[Measured]:
    """Part the rows, and a tenth of them."""
    import duckdb

    rows = size.pick(10_000_000, 500_000)
    with TemporaryDirectory(prefix="devo-dga-bench-") as name:
        many, few, target = Path(name, "many.csv"), Path(name, "few.csv"), Path(name, "parted.csv")
        for file, count in ((many, rows), (few, rows // 10)):
            duckdb.execute(_PREPARED.format(rows=count, file=file))
        told: dict[str, Any] = {}
        ours, plain = in_turns(
            lambda: told.update(json.loads(_run(_OURS, many, target))),
            lambda: _run(_PLAIN, many, target),
            turns=2,
        )
        small = json.loads(_run(_OURS, few, target))
    parts = {"parting_s": ours, "duckdb_s": plain, "told": told, "a_tenth": small}
    claim = f"{rows:,} prepared rows parted, against DuckDB, which reads and writes them"
    more = told["megabytes"] - small["megabytes"]
    return [
        Measured(claim, ours / plain, "× the time", 4, at_least=False, parts=parts),
        Measured(f"parting {rows:,} rows, over a tenth of them", more, "MB more", 150, at_least=False),
    ]


def _run(code: str, source: Path, target: Path) -> str:
    command = [sys.executable, "-c", code, str(source), str(target)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
