"""What earlier windows left: rates, counts of clients, flagged names; each in its own window's folder."""

from __future__ import annotations

import shutil
from collections import deque
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.reports.evidence.client_evidence import Verdict
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists
from airflow_provider_devo_dga.reports.evidence.figures import REPORT
from airflow_provider_devo_dga.reports.evidence.null_rate import NullRate
from airflow_provider_devo_dga.reports.evidence.past import CLIENTS, Past, write_clients
from airflow_provider_devo_dga.reports.evidence.summary import summarise
from airflow_provider_devo_dga.reports.evidence.witness import Witness
from airflow_provider_devo_dga.reports.files.detections_parquet import parquet_written
from airflow_provider_devo_dga.reports.files.record import records
from airflow_provider_devo_dga.reports.shelf import ReportShelf
from tests.reports.conftest import Hour

SICK = "10.0.0.9"
HOURS = 12


def filled(hour: Any, number: int, names: range = range(4), **columns: Any) -> Any:
    """Fill an hour: forty clean clients, and one with a few flagged names, too few for one hour."""
    hour.rows.clear()
    for name in names:
        hour.add(f"xq{number}x{name}zk.ru", [SICK], **columns)
    for name in range(400):
        hour.add(f"shop{name}.com", [f"10.1.0.{name % 40}", *([SICK] if name % 8 == 0 else [])], "0")
    return hour


def slug_of(number: int) -> str:
    return f"20261124T{6 + number:02}0000Z_3600s"


def reported(hour: Any, folder: Path, number: int, lists: DomainLists | None = None) -> None:
    """Leave of an hour what the next ones read, without its page."""
    start = hour.start + timedelta(hours=number)
    context = hour.context(window_start=start, window_end=start + timedelta(hours=1))
    earlier = [(hour.start + timedelta(hours=n), slug_of(n)) for n in range(number)]
    _, past = ReportShelf(folder).past(earlier, context)
    summary = summarise(hour.write(), context, past=past, lists=lists)
    place = folder / slug_of(number)
    place.mkdir(parents=True, exist_ok=True)
    (place / "report.json").write_bytes(REPORT.write(summary.document()))
    with (place / CLIENTS).open("wb") as clients, (place / "report.parquet").open("wb") as detections:
        write_clients(summary.clients_untold, context, clients)
        deque(parquet_written(records(summary), context, detections), maxlen=0)


def past_of(hour: Any, folder: Path, **changes: Any) -> Past:
    slugs = [(hour.start, slug_of(n)) for n in range(HOURS)]
    return ReportShelf(folder).past(slugs, hour.context(**changes))[1]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    hour = Hour(folder / "rows.parquet")
    for number in range(HOURS):
        reported(filled(hour, number), folder / "reports", number)
    return folder / "reports"


@pytest.fixture
def told(written: Path, tmp_path: Path) -> Path:
    """Return a folder of the test's own with the reports of twelve hours."""
    return Path(shutil.copytree(written, tmp_path / "reports"))


def test_few_names_an_hour_stand_out_over_hours(hour: Any, told: Path) -> None:
    past = past_of(hour, told)
    assert (len(past.nulls), past.asked[SICK], past.counted) == (HOURS, HOURS * 54, {SICK: 4.0 * HOURS})
    alone = summarise(filled(hour, 20).write(), hour.context())
    assert alone.clients[0].verdict is Verdict.CHANCE
    first = summarise(hour.path, hour.context(), past=past).clients[0]
    assert (first.client, first.stands_out, first.stands_out_alone) == (SICK, True, False)
    assert (first.strongest.witness, first.strongest.counted) == (Witness.FLAGGED_BEFORE, 4 * HOURS + 4)


def test_names_that_were_asked_for_before_are_not_new(hour: Any, told: Path) -> None:
    first = summarise(filled(hour, 2).write(), hour.context(), past=past_of(hour, told)).clients[0]
    said = {each.witness: each.counted for each in first.witnesses}
    assert said == {Witness.FLAGGED: 4, Witness.FLAGGED_NEW: 0, Witness.FLAGGED_BEFORE: 4 * HOURS}


def test_a_client_that_stood_out_is_not_told_of_again_for_a_day(hour: Any, tmp_path: Path) -> None:
    reported(filled(hour, 0, range(40)), tmp_path, 0)
    assert SICK not in past_of(hour, tmp_path).asked


def test_the_same_window_twice_gives_the_same_report(hour: Any, told: Path) -> None:
    folder = told / slug_of(HOURS - 1)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    reported(filled(hour, HOURS - 1), told, HOURS - 1)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


@pytest.mark.parametrize("changes", [{"table": "dns.all"}, {"model_version": "2"}, {"model_name": "other"}])
def test_another_source_is_no_past(hour: Any, told: Path, changes: dict[str, str]) -> None:
    past = past_of(hour, told, **changes)
    assert replace(past, reports=()) == Past([])
    assert len(past.reports) == (0 if "table" in changes else HOURS), "who stood out is known of each model"


@pytest.mark.parametrize("content", [b"", b"PAR1", None])
@pytest.mark.parametrize("name", [CLIENTS, "report.parquet"])
def test_a_damaged_or_lost_file_is_a_gap(
    hour: Any, told: Path, name: str, content: bytes | None, caplog: Any
) -> None:
    file = told / slug_of(1) / name
    file.write_bytes(content) if content is not None else file.unlink()
    past = past_of(hour, told)
    assert len(past.nulls) == HOURS
    assert past.counted == {SICK: 4.0 * (HOURS - 1 if name == CLIENTS else HOURS)}
    assert past.knows("xq1x0zk.ru") is (name == CLIENTS)
    assert ("has a gap" in caplog.text) is (content is not None)


def test_names_without_an_answer_speak_without_any_flag(hour: Any) -> None:
    import pyarrow as pa

    hour.schema = hour.schema.append(pa.field("failed_n", pa.int64()))
    filled(hour, 0, range(0), failed_n=0)
    for row in hour.rows:
        row["failed_n"] = 2 if row["reg_domain"] == "shop7.com" else 0
    for name in range(40):
        hour.add(f"riverstone{name}.net", [SICK], "0", failed_n=2)
    first = summarise(hour.write(), hour.context()).clients[0]
    assert (first.client, first.verdict, first.flagged) == (SICK, Verdict.SUSPICIOUS, 0)
    assert (first.strongest.witness, first.strongest.counted) == (Witness.FAILED, 40)


def test_a_wrong_search_suffix_on_a_busy_host_is_no_infection(hour: Any) -> None:
    import pyarrow as pa

    hour.schema = hour.schema.append(pa.field("failed_n", pa.int64()))
    for client in range(200):
        for name in range(60):
            odd = client * 60 + name
            hour.add(
                f"n{odd}.com", [f"10.1.0.{client}"], str(int(odd % 97 == 0)), failed_n=2 * (odd % 31 == 0)
            )
    for name in range(500):
        flag, fails = str(int(name % 80 == 0)), 2 * (name % 5 < 2)
        hour.add(f"busy{name}.com", [SICK], flag, failed_n=fails)
    first = summarise(hour.write(), hour.context()).clients[0]
    assert (first.client, first.flagged, first.strongest.witness) == (SICK, 7, Witness.FAILED)
    assert first.log10_corrected < -20
    assert first.verdict is Verdict.SUSPICIOUS


def test_the_rate_is_expected_from_earlier_windows(infected: Any) -> None:
    rows, context = infected.write(), infected.context()
    own = summarise(rows, context, past=Past([NullRate(0.05, 0.004)] * 6))
    assert (own.null_windows, own.rate) == (6, 0.01)
    assert own.null.mean > summarise(rows, context).null.mean
    assert replace(own, null_windows=0) != own
