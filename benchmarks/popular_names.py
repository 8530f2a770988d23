"""What names cost that every client of a large network asks for: in the query, and in a report's memory.

As a command it takes the file of scored rows, weighs them, and prints the memory that took.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import events
from benchmarks.claim import Measured, Size, in_turns
from benchmarks.own_memory import Rise
from devo_sandbox.linq import types
from devo_sandbox.server import Sandbox

CLIENTS = 50_000
GROUP = (
    "from bench.dns group by name"
    " select count() as events_n, min(eventdate) as first_seen, max(eventdate) as last_seen"
)
COLLECTED = f"{GROUP}, collectdistinct(str(client)) as client_ips"
FAILED = f'{COLLECTED}, count(peek(lower(str(code)), re("^(nxdomain|3)$"))) as failed_n'
START = datetime(2026, 1, 5, tzinfo=UTC)
INSTANT = pa.timestamp("ms", "UTC")


def run(size: Size) -> list[Measured]:
    """Ask and weigh with such names and without, and with a response code and without."""
    return [*_query(size), _report(size)]


def _query(size: Size) -> list[Measured]:
    names, rows = size.pick(20, 4), size.pick(20, 4) * 2 * CLIENTS
    clients = pa.array(_addresses()).take(pa.array(np.arange(rows) % CLIENTS))
    columns = {
        "name": (
            types.STR,
            pa.array([f"n{n}.com" for n in range(names)]).take(pa.array(np.arange(rows) // 2 // CLIENTS)),
        ),
        "client": (types.STR, clients),
        "code": (types.STR, events.words(rows, ["NOERROR", "NXDOMAIN"])),
    }
    with Sandbox() as sandbox:
        events.fill(sandbox.tenant.tables, "bench.dns", rows, columns)
        answer = _ask(sandbox, COLLECTED)
        assert all(len(row["client_ips"]) == CLIENTS for row in answer)
        of_name = len(json.dumps(answer[0]))
        collected, group = in_turns(lambda: _ask(sandbox, COLLECTED), lambda: _ask(sandbox, GROUP))
        failed, without = in_turns(lambda: _ask(sandbox, FAILED), lambda: _ask(sandbox, COLLECTED))
    parts = {"bytes_of_a_name": of_name, "collected_s": collected, "group_s": group}
    told = f"`collectdistinct` over {names} names of {CLIENTS:,} clients each, against the group without"
    code = "the same with a response code, against it without"
    return [
        Measured(told, collected / group, "×", 15, at_least=False, parts=parts),
        Measured(
            code, failed / without, "×", 1.5, at_least=False, parts={"with_s": failed, "without_s": without}
        ),
    ]


def _ask(sandbox: Sandbox, query: str) -> list[dict[str, Any]]:
    import requests

    said: list[dict[str, Any]] = requests.post(
        sandbox.url,
        json={**events.WINDOW, "query": query, "mode": {"type": "json"}},
        headers={"Authorization": f"Bearer {sandbox.token}"},
        verify=sandbox.ca_file,
        timeout=600,
    ).json()["object"]
    return said


def _report(size: Size) -> Measured:
    popular = size.pick(400, 100)
    with TemporaryDirectory(prefix="devo-bench-") as folder:
        peaks = {}
        for count in (0, popular):
            file = Path(folder, f"{count}.parquet")
            _write(file, count)
            command = [sys.executable, "-m", "benchmarks.popular_names", str(file)]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            peaks[count] = float(done.stdout.splitlines()[-1])
    claim = f"more memory to weigh rows with {popular} names of {CLIENTS:,} clients each than without"
    parts = {f"popular_{count}_mb": peak for count, peak in peaks.items()}
    return Measured(claim, peaks[popular] - peaks[0], "MB", 200, at_least=False, parts=parts)


def _write(file: Path, popular: int, tail: int = 100_000) -> None:
    addresses, chance = pa.array(_addresses()), np.random.default_rng(1)
    parts = [(f"n{n}", chance.integers(0, CLIENTS, 4)) for n in range(tail)]
    for number in range(popular):
        parts.insert(number * len(parts) // popular, (f"popular{number}", np.arange(CLIENTS)))
    schema = pa.schema(
        [
            ("reg_domain", pa.string()),
            ("sld", pa.string()),
            ("events_n", pa.int64()),
            ("first_seen", INSTANT),
            ("last_seen", INSTANT),
            ("client_ips", pa.list_(pa.string())),
            ("malicious", pa.string()),
        ]
    )
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for begin in range(0, len(parts), 5_000):
            rows = parts[begin : begin + 5_000]
            ends = np.concatenate([[0], np.cumsum([len(asked) for _, asked in rows])])
            asked = addresses.take(pa.array(np.concatenate([asked for _, asked in rows])))
            columns = [
                pa.array([f"{label}.com" for label, _ in rows]),
                pa.array([label for label, _ in rows]),
                pa.array(np.diff(ends)),
                *[pa.array([START] * len(rows), INSTANT)] * 2,
                pa.ListArray.from_arrays(pa.array(ends, pa.int32()), asked),
                pa.array([str(int(label.endswith("99"))) for label, _ in rows]),
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def _addresses() -> list[str]:
    return [f"10.{n // 62500}.{n // 250 % 250}.{n % 250}" for n in range(CLIENTS)]


def measure(file: Path) -> float:
    """Return how far this process's memory rises while it weighs the rows, in MB."""
    from airflow_provider_devo_dga.reports.evidence.context import ReportContext
    from airflow_provider_devo_dga.reports.evidence.summary import summarise

    context = ReportContext(
        window_start=START,
        window_end=START + timedelta(hours=1),
        table="dns",
        devo_domain="self",
        model_name="dga_classifier",
        false_positive_rate=0.01,
        generated_at=START + timedelta(hours=1),
        dag_id="bench",
        run_id="bench",
    )
    rise = Rise()
    assert summarise(file, context).totals.clients > 0.99 * CLIENTS
    return rise.megabytes()


if __name__ == "__main__":
    print(measure(Path(sys.argv[1])))
