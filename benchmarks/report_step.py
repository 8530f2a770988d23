"""The report of one large hour: a million names that 50,000 clients ask for, with response codes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_provider_devo_dga.devo_api.window import Window
from benchmarks.claim import Measured, Size

CLIENTS = 50_000
NAMES = 1_000_000
EARLIER = 24

# four clients a name; one name in a hundred is flagged, and fifty clients ask for many that nobody answers
_ROWS = """
copy (
    select label || '.com' as reg_domain, label as sld, 8::bigint as events_n,
        timestamptz '2026-01-05 00:00:00+00' + to_milliseconds(n * 3500) as first_seen,
        timestamptz '2026-01-05 00:01:00+00' + to_milliseconds(n * 3500) as last_seen,
        case when infected then ['10.9.9.' || n // 1000 % 50] else
            [address(n, 0), address(n, 1), address(n, 2), address(n, 3)] end as client_ips,
        case when infected or n % 100 = 0 then '1' else '0' end as malicious,
        case when infected or n % 33 = 0 then 8 else 0 end::bigint as failed_n
    from (
        select n, md5(n::varchar)[:8 + n % 12] || n as label, n % 1000 = 1 as infected
        from range({names}) t(n)
    )
) to '{file}' (format parquet)
"""
_CLIENT = "create macro client(n, k) as hash(n * 4 + k) % {clients}"
_ADDRESS = """
create macro address(n, k) as
    '10.' || client(n, k) // 62500 || '.' || client(n, k) // 250 % 250 || '.' || client(n, k) % 250
"""
_REPORT = """
import json, sys, time
from datetime import datetime
from pathlib import Path
from airflow_provider_devo_dga.reports.make import make_report
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists
from airflow_provider_devo_dga.reports.shelf import ReportShelf
from benchmarks.own_memory import Rise
from benchmarks.report_step import context_of, earlier_of
import altair, jinja2, vl_convert, pyarrow.parquet
rise, began, worked = Rise(), time.perf_counter(), time.process_time()
start, folder = datetime.fromisoformat(sys.argv[1]), Path(sys.argv[2])
made = make_report(folder / "rows.parquet", context_of(start), ReportShelf(folder / "reports"),
    sys.argv[3], earlier=earlier_of(start), lists=DomainLists())
print(json.dumps({"seconds": time.perf_counter() - began, "processor_s": time.process_time() - worked,
    "megabytes": rise.megabytes(), "domains": made.totals.domains,
    "flagged": made.totals.domains_flagged, "stand_out": made.totals.clients_with_evidence}))
"""
START = datetime(2026, 1, 5, tzinfo=UTC)


def run(size: Size) -> list[Measured]:
    """Report on an hour without earlier ones, and on one with a day of them."""
    clients, names = size.pick(CLIENTS, CLIENTS // 10), size.pick(NAMES, NAMES // 10)
    with tempfile.TemporaryDirectory(prefix="devo-dga-bench-") as name:
        folder = Path(name)
        _write_rows(folder / "rows.parquet", clients, names)
        alone = _reported(folder, START)
        _repeat(folder / "reports")
        later = _reported(folder, START + timedelta(hours=EARLIER))
    return [
        measured
        for told, found in (("without earlier windows", alone), (f"after {EARLIER} windows", later))
        for measured in _measured(f"the report of {names:,} names and {clients:,} clients, {told}", found)
    ]


def earlier_of(start: datetime) -> list[tuple[datetime, str]]:
    """Return the windows before it, the oldest first, with the names of their reports."""
    window = Window(start, start + timedelta(hours=1))
    return [(past.start, past.slug) for past in reversed(list(window.before(EARLIER)))]


def context_of(start: datetime) -> Any:
    """Return what a report of the hour must know of its run."""
    from airflow_provider_devo_dga.reports.evidence.context import ReportContext

    return ReportContext(
        window_start=start,
        window_end=start + timedelta(hours=1),
        table="dns",
        devo_domain="self",
        model_name="dga_classifier",
        false_positive_rate=0.01,
        code_field="rcode",
        failed_codes=("3",),
        generated_at=start + timedelta(hours=1),
        dag_id="bench",
        run_id="bench",
    )


def _measured(claim: str, found: dict[str, Any]) -> list[Measured]:
    time = Measured(claim, found["processor_s"], "s of processor", 30, at_least=False, parts=found)
    return [time, Measured(f"{claim}: memory", found["megabytes"], "MB", 700, at_least=False)]


def _write_rows(file: Path, clients: int, names: int) -> None:
    import duckdb

    with duckdb.connect() as database:
        database.execute(_CLIENT.format(clients=clients))
        database.execute(_ADDRESS)
        database.execute(_ROWS.format(names=names, file=file))


def _reported(folder: Path, start: datetime) -> dict[str, Any]:
    slug = Window(start, start + timedelta(hours=1)).slug
    command = [sys.executable, "-c", _REPORT, start.isoformat(), str(folder), slug]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _repeat(reports: Path) -> None:
    """Leave the first hour's report as that of each hour behind it."""
    first, *others = (slug for _, slug in earlier_of(START + timedelta(hours=EARLIER)))
    for slug in others:
        shutil.copytree(reports / first, reports / slug)
