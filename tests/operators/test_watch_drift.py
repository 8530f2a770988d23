"""WatchDriftOperator: quiet on the traffic it knows, loud once on what lasts."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from airflow.sdk.exceptions import AirflowSkipException

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.drift.watch import DriftWatch
from airflow_provider_devo_dga.errors import DriftError, ReportError
from airflow_provider_devo_dga.features.dga import PLAIN_FEATURES, TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.host import HostParts, split_host
from airflow_provider_devo_dga.operators.watch_drift import WatchDriftOperator
from tests.drift.records import baseline_of_hosts
from tests.last_line import last_line
from tests.statsd_server import StatsdServer

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORDS = "aaeeiioouubcdlmnrst"
PLAN = {"summary": "v1/m.json", "version": "v1", "threshold": 0.5, "false_positive_rate": 0.01}


def names(seed: int, letters: str, count: int = 1500) -> list[str]:
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
    return ["".join(chance.choices(letters, k=chance.randint(5, 14))) + ".com" for _ in range(count)]


def parts(hosts: list[str]) -> list[HostParts]:
    return [found for host in hosts if (found := split_host(host))]


@pytest.fixture(scope="module")
def baseline() -> Any:
    return msgspec.to_builtins(baseline_of_hosts(parts(names(1, WORDS, 4000)), PLAIN_FEATURES))


@pytest.fixture
def models(tmp_path: Path, baseline: Any) -> Path:
    folder = tmp_path / "models" / "v1"
    folder.mkdir(parents=True)
    told = {"version": "v1", "sha256": "a" * 64, "model_file": "m.zip"}
    summary = told | {"feature_set": PLAIN_FEATURES.to_dict(), "baseline": baseline}
    (folder / "m.json").write_text(json.dumps(summary))
    return folder.parent


def scored(folder: Path, domains: list[str], flagged: list[str], hour: int) -> dict[str, Any]:
    rows = [(domain, "0") for domain in domains] + [(domain, "1") for domain in flagged]
    window = Window(START + hour * HOUR, START + (hour + 1) * HOUR)
    table = pa.table(
        {
            "reg_domain": pa.array([domain for domain, _ in rows], pa.string()),
            "sld": pa.array([domain.split(".")[0] for domain, _ in rows], pa.string()),
            "events_n": pa.array([1] * len(rows), pa.int64()),
            "first_seen": pa.array([START] * len(rows), pa.timestamp("ms", "UTC")),
            "last_seen": pa.array([START] * len(rows), pa.timestamp("ms", "UTC")),
            "client_ips": pa.array([["10.0.0.1"]] * len(rows), pa.list_(pa.string())),
            "malicious": pa.array([label for _, label in rows], pa.string()),
        }
    )
    path = folder / f"{window.slug}.parquet"
    pq.write_table(table, path)
    return {
        "path": path.as_uri(),
        "window": {"from": window.start.isoformat(), "to": window.end.isoformat()},
    }


def watch(rows: dict[str, Any], models: Path, **changes: Any) -> WatchDriftOperator:
    arguments = {"plan": PLAN | {"threshold": None}, "models_dir": models.as_uri()}
    output = (models.parent / "drift").as_uri()
    return WatchDriftOperator(task_id="watch", rows=rows, output_dir=output, **(arguments | changes))


def test_known_traffic_is_quiet_and_counted(
    models: Path, context: Any, tmp_path: Path, statsd: StatsdServer, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = scored(tmp_path, names(2, WORDS, 1990), names(3, "qxz0123456789", 10), 0)
    told = watch(rows, models).execute(context)
    assert (told["alarm"], told["drifted"], told["share_flagged"]) == (False, [], 0.005)
    kept = json.loads((models.parent / "drift" / "20260105T080000Z_3600s.json").read_text())
    assert (kept["share_flagged"], kept["model_version"], kept["alarm"]) == (0.005, "v1", False)
    assert set(kept["index"]) == set(PLAIN_FEATURES.names)
    assert "0 of 31 features drifted" in last_line(capsys)
    assert statsd.read() == [f"drift.psi:{max(kept['index'].values())}|g"]


def test_drift_that_lasts_is_told_once_and_a_rerun_says_the_same(
    models: Path, context: Any, tmp_path: Path
) -> None:
    odd = names(2, "qxz0123456789")
    alarms = [watch(scored(tmp_path, odd, [], n), models).execute(context)["alarm"] for n in range(6)]
    assert alarms == [False, False, True, False, False, False]
    again = [watch(scored(tmp_path, odd, [], n), models).execute(context)["alarm"] for n in (2, 3)]
    assert again == [True, False]


def test_a_quiet_hour_between_begins_anew(models: Path, context: Any, tmp_path: Path) -> None:
    traffic = [
        names(2, "qxz0123456789"),
        names(2, "qxz0123456789"),
        names(2, WORDS),
        *[names(2, "qxz01")] * 3,
    ]
    alarms = [
        watch(scored(tmp_path, hosts, [], n), models).execute(context)["alarm"]
        for n, hosts in enumerate(traffic)
    ]
    assert alarms == [False, False, False, False, False, True]


def test_the_week_can_be_summed_up(
    models: Path, context: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for n, letters in enumerate((WORDS, "qxz0123456789")):
        watch(scored(tmp_path, names(2, letters), [], n), models).execute(context)
    with caplog.at_level("INFO", logger="airflow_provider_devo_dga"):
        found = DriftWatch(models.parent / "drift").summary(START + 2 * HOUR, START + 3 * HOUR, 168)
    assert "2 of the last 168 windows were watched, 1 of them had drift; the largest" in caplog.text
    assert (found["windows"], found["drifted"], found["share_flagged"]) == (2, 1, 0.0)
    assert len(found["worst"]) == 5
    assert DriftWatch(tmp_path / "none").summary(START, START + HOUR, 24) == {
        "windows": 0,
        "drifted": 0,
        "share_flagged": None,
        "worst": {},
    }


def test_an_empty_hour_is_no_drift(models: Path, context: Any, tmp_path: Path) -> None:
    told = watch(scored(tmp_path, [], [], 0), models).execute(context)
    assert (told["domains"], told["drifted"], told["share_flagged"]) == (0, [], 0.0)


def test_a_model_that_says_nothing_of_its_training_is_skipped(
    models: Path, context: Any, tmp_path: Path
) -> None:
    rows = scored(tmp_path, names(2, WORDS), [], 0)
    with pytest.raises(AirflowSkipException, match="no summary"):
        watch(rows, models, plan=PLAN | {"summary": None}).execute(context)
    summary = models / "v1" / "m.json"
    stored = json.loads(summary.read_text())
    summary.write_text(json.dumps({name: told for name, told in stored.items() if name != "baseline"}))
    with pytest.raises(AirflowSkipException, match="earlier release"):
        watch(rows, models).execute(context)
    summary.write_text(json.dumps(stored | {"feature_set": TUTORIAL_FEATURES.to_dict()}))
    with pytest.raises(DriftError, match="not one of feature set"):
        watch(rows, models).execute(context)
    summary.unlink()
    with pytest.raises(DriftError, match="summary of the model in service is not at"):
        watch(rows, models).execute(context)


def test_rows_that_another_query_wrote_are_refused(models: Path, context: Any, tmp_path: Path) -> None:
    told = scored(tmp_path, names(2, WORDS), [], 0) | {"rows": 1}
    with pytest.raises(ReportError, match="another query has written to the same file"):
        watch(told, models).execute(context)


def test_the_record_says_what_it_was_judged_by(models: Path, context: Any, tmp_path: Path) -> None:
    odd = names(2, "qxz0123456789")
    told = [
        watch(scored(tmp_path, odd, [], n), models, in_a_row=2, limit=0.5).execute(context) for n in range(2)
    ]
    assert [found["alarm"] for found in told] == [False, True]
    kept = json.loads(Path(told[1]["path"].removeprefix("file://")).read_text())
    assert (kept["format"], kept["in_a_row"], kept["limit"]) == (1, 2, 0.5)


@pytest.mark.slow
def test_numpy_is_not_needed(models: Path, tmp_path: Path) -> None:
    rows = scored(tmp_path, names(2, WORDS), [], 0)
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from airflow_provider_devo_dga.operators.watch_drift import WatchDriftOperator\n"
        f"plan = {PLAN | {'threshold': None}!r}\n"
        f"told = WatchDriftOperator(task_id='t', rows={rows!r}, plan=plan, models_dir={models.as_uri()!r},"
        f" output_dir={tmp_path.as_uri()!r}).execute({{}})\n"
        "assert told['domains'] == 1500, told\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
