"""Records of drift of every format are read; damaged ones cost their own line; what lasts has one owner."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.drift.baseline import stored_baseline
from airflow_provider_devo_dga.drift.record import DRIFT, lasts
from airflow_provider_devo_dga.drift.watch import DriftWatch
from airflow_provider_devo_dga.errors import DocumentError
from tests.drift.records import drift_found
from tests.reports.damage import ANYTHING, Damage

FORMATS = Path(__file__).with_name("formats")
START, HOUR = datetime(2026, 11, 24, 14, tzinfo=UTC), timedelta(hours=1)
QUIET, ODD = drift_found({"length": 0.1}, ()), drift_found({"length": 0.5}, ("length",))


def _with(**changes: Any) -> Damage:
    return lambda text: json.dumps(json.loads(text) | changes)


DAMAGED = {
    **ANYTHING,
    "an overflow": lambda text: text.replace('"domains": 300', '"domains": 1e400'),
    "a share above all": _with(share_flagged=2.0),
    "a negative index": _with(index={"length": -1.0}),
    "an index of text": _with(index={"length": "far"}),
    "an endless index": _with(index={"length": 1e308}),
    "a number for a version": _with(model_version=5),
    "no windows in a row": _with(in_a_row=0),
    "text for features": _with(drifted="length"),
}


def test_there_is_a_fixture_of_every_format() -> None:
    names = sorted(file.stem for file in FORMATS.iterdir())
    assert names == [*(str(number) for number in range(DRIFT.format + 1)), "baseline"]


@pytest.mark.parametrize(("number", "in_a_row"), [(0, 3), (1, 2)])
def test_a_record_of_each_format_is_read(number: int, in_a_row: int) -> None:
    found = DRIFT.read((FORMATS / f"{number}.json").read_bytes(), "x")
    assert (found.domains, found.in_a_row, found.limit, found.alarm) == (300, in_a_row, 0.25, False)
    assert (found.model_version, found.share_flagged, found.false_positive_rate) == (
        "20261120T030000Z",
        0.012,
        0.01,
    )
    assert list(found.drifted) == [name for name, index in found.index.items() if index > 0.25]
    assert found.window == {"from": "2026-11-24T14:00:00+00:00", "to": "2026-11-24T15:00:00+00:00"}


def test_a_baseline_of_the_first_release_is_read() -> None:
    found = stored_baseline(json.loads((FORMATS / "baseline.json").read_text()))
    assert (found.names, len(found.bins)) == (800, 31)
    assert all(len(bins.shares) == len(bins.edges) + 1 for bins in found.bins.values())


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_record_is_told_and_counts_as_not_watched(tmp_path: Path, name: str, caplog: Any) -> None:
    window = Window(START, START + HOUR)
    damaged = DAMAGED[name]((FORMATS / "1.json").read_text())
    content = damaged if isinstance(damaged, bytes) else damaged.encode()
    (tmp_path / f"{window.slug}.json").write_bytes(content)
    watch = DriftWatch(tmp_path)
    with pytest.raises(DocumentError):
        watch.find(window.slug)
    later = Window(START + HOUR, START + 2 * HOUR)
    assert list(watch.before(later, 1)) == [None]
    assert window.slug in caplog.text
    assert watch.record(later, ODD).alarm is False


def test_a_newer_record_is_refused_with_the_remedy() -> None:
    newer = json.dumps(json.loads((FORMATS / "1.json").read_text()) | {"format": 2})
    with pytest.raises(DocumentError, match="Upgrade airflow-provider-devo-dga"):
        DRIFT.read(newer, "x")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "drift").mkdir()
    window = Window(START, START + HOUR)
    (tmp_path / "drift" / f"{window.slug}.json").symlink_to(FORMATS / "1.json")
    assert DriftWatch(tmp_path / "drift").find(window.slug) is None


@pytest.mark.parametrize(
    ("newest_first", "in_a_row", "lasting"),
    [
        ([ODD, ODD, ODD], 3, True),
        ([ODD, ODD], 3, False),
        ([ODD, None, ODD, ODD], 3, False),
        ([ODD, QUIET, ODD], 2, False),
        ([QUIET, ODD, ODD], 2, False),
        ([ODD, ODD, QUIET], 2, True),
        ([ODD], 1, True),
    ],
)
def test_what_lasts(newest_first: list[Any], in_a_row: int, lasting: bool) -> None:
    assert lasts(newest_first, in_a_row) is lasting
