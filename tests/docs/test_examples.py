"""The Dags of the docs run against the sandbox, as a reader has them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.definitions.mappedoperator import MappedOperator

from airflow_provider_devo_dga.features.dga import PLAIN_FEATURES
from demo.dataset import dataset_rows, write_dataset
from demo.events import write_events
from tests.docs.generated.place import ROOT
from tests.one_run import run_once

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
NAMES = ["entropy_classic", "entropy_taskflow", "entropy_mixed"]
# the hour in which clocks in Madrid go from 2 to 3
START = datetime(2026, 3, 29, 1, tzinfo=UTC)
AFTER = datetime(2026, 3, 29, 2, tzinfo=UTC)


@pytest.fixture
def dags(devo_connections: None) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(EXAMPLES))
    assert not bag.import_errors
    for task in (task for dag in bag.dags.values() for task in dag.tasks):
        # what fails is to be seen at once
        if isinstance(task, MappedOperator):
            task.partial_kwargs["retries"] = 0
        else:
            task.retries = 0
    return bag.dags


@pytest.mark.slow
def test_three_ways_write_the_same_report(
    airflow_database: None, devo: Any, dags: Any, tmp_path: Path
) -> None:
    hour = int(START.timestamp()) * 1000
    hosts = [
        "https://www.example.com/",
        "http://kq3v9z7xw1.net/x",
        "http://kq3v9z7xw1.net/y",
        "http://10.0.0.1/",
    ]
    events = [{"eventdate": hour + n, "referralUri": uri} for n, uri in enumerate(hosts)]
    outside = (hour - 1, hour + 3_600_000)
    events += [{"eventdate": date, "referralUri": "https://other.org/"} for date in outside]
    table = devo.table(events, referralUri="str")
    reports = []
    for name in NAMES:
        conf = {"table": table, "output_dir": (tmp_path / name).as_uri()}
        run = run_once(dags[name], conf, logical_date=AFTER)
        states = {task.task_id: str(task.state) for task in run.get_task_instances()}
        assert set(states.values()) == {"success"}, states
        [file] = (tmp_path / name).glob("*.json")
        reports.append(json.loads(file.read_text("utf-8")))
    assert reports[0] == reports[1] == reports[2]
    assert list(reports[0]) == ["kq3v9z7xw1.net", "example.com"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["entropy_classic", "entropy_mixed"])
def test_a_table_that_is_no_name_is_refused_with_the_run(
    airflow_database: None, dags: Any, name: str
) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError, match="table"):
        run_once(dags[name], {"table": "a where true"})


def states_of(run: Any) -> dict[str, str]:
    return {task.task_id: str(task.state) for task in run.get_task_instances()}


def read_events(file: Path, hour: datetime) -> list[dict[str, Any]]:
    write_events(file, hour, events=2000, clients=20)
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


TUTORIAL = "demo.ecommerce.data"


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.[mp][dy]")), ids=lambda page: page.name)
def test_nobody_is_told_to_write_where_everybody_may(page: Path) -> None:
    assert "file:///tmp" not in page.read_text("utf-8")


def test_the_first_page_shows_the_tutorials_job_in_twenty_lines() -> None:
    text = (EXAMPLES / "tutorial.py").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith('"""')]
    assert len(lines) <= 22
    assert text.strip() in (ROOT / "docs" / "index.md").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_tutorials_job_trains_registers_and_prints_the_rows(
    airflow_database: None,
    devo: Any,
    devo_connections: None,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_dataset(tmp_path / "dataset.csv", legit=2000, dga_per_family=100)
    devo.load(TUTORIAL, read_events(tmp_path / "events.ndjson", START))
    text = (EXAMPLES / "tutorial.py").read_text("utf-8")
    # what a reader puts in: places of the reader's own
    monkeypatch.setenv("DEVO_DGA_STORE", tmp_path.as_uri())
    text = re.sub('https://[^"]+', (tmp_path / "dataset.csv").as_uri(), text)
    (tmp_path / "tutorial.py").write_text(text, "utf-8")
    from airflow.dag_processing.dagbag import DagBag

    dag = DagBag(str(tmp_path / "tutorial.py")).dags["dga_tutorial"]
    run = run_once(dag, logical_date=None, run_after=AFTER + timedelta(minutes=5))
    assert set(states_of(run).values()) == {"success"}
    printed = [line for line in capfd.readouterr().out.splitlines() if "'reg_domain': " in line]
    assert len(printed) > 20
    assert any("'malicious': '1'" in line for line in printed)


@pytest.mark.slow
def test_a_sensor_parquet_and_pandas(airflow_database: None, devo: Any, dags: Any, tmp_path: Path) -> None:
    start = int(START.timestamp()) * 1000
    events = [
        {
            "eventdate": start + n,
            "uri": f"/{n % 3}",
            "statusCode": 500 if n % 3 else 200,
            "bytesTransferred": n,
        }
        for n in range(10)
    ]
    table = devo.table(events, uri="str", statusCode="int4", bytesTransferred="int8")
    conf = {"table": table, "output_dir": tmp_path.as_uri()}
    # as the scheduler makes it of "@hourly": an interval of no length
    run = run_once(dags["hourly_statuses"], conf, logical_date=AFTER)
    assert set(states_of(run).values()) == {"success"}
    assert [file.name for file in tmp_path.iterdir()] == ["20260329T010000Z_3600s.parquet"]
    [worst] = [task for task in run.get_task_instances() if task.task_id == "worst"]
    assert worst.xcom_pull("worst") == {"/1": 3, "/2": 3}


@pytest.mark.slow
def test_three_tenants_are_asked_at_once(
    airflow_database: None, devo: Any, dags: Any, connect: Any, tmp_path: Path
) -> None:
    for name in ("devo_eu", "devo_us", "devo_apac"):
        connect(name)
    hour = datetime(2026, 2, 2, 2, tzinfo=UTC)
    devo.load(TUTORIAL, [{"eventdate": int(hour.timestamp()) * 1000, "statusCode": 404}])
    dag = dags["three_tenants"]
    run = run_once(dag, {"output_dir": tmp_path.as_uri()}, logical_date=hour + timedelta(hours=1))
    tasks = run.get_task_instances()
    assert [str(task.state) for task in tasks] == ["success"] * 4
    assert sorted(task.rendered_map_index for task in tasks if task.task_id == "read") == [
        "devo_apac",
        "devo_eu",
        "devo_us",
    ]
    assert tasks[0].xcom_pull("total") == {"404": 3}
    assert len(list(tmp_path.glob("*/20260202T020000Z_3600s.parquet"))) == 3


@pytest.mark.slow
def test_queries_are_mapped_over_as_the_page_says(
    airflow_database: None, devo: Any, devo_connections: None, tmp_path: Path
) -> None:
    from airflow.sdk import DAG

    from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator

    table = devo.table([{"n": 1}, {"n": 2}], n="int4")
    path = f"{tmp_path.as_uri()}/{{{{ ti.map_index }}}}.parquet"
    with DAG("queries", schedule=None) as dag:
        DevoQueryOperator.partial(
            task_id="read", window={"from": START.isoformat(), "to": AFTER.isoformat()}, output_path=path
        ).expand(query=[f"from {table} where n = {n}" for n in range(2)])
    assert [str(task.state) for task in run_once(dag).get_task_instances()] == ["success"] * 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0.parquet", "1.parquet"]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_nightly_training_on_a_csv_of_ones_own_and_its_mail(
    airflow_database: None, devo: Any, dags: Any, mailbox: list[Any], tmp_path: Path
) -> None:
    rows = dataset_rows(legit=3000, dga_per_family=100, until=datetime(2026, 1, 1, tzinfo=UTC).date())
    lines = [f"{number},{row.host},{int(row.class_ == 'dga')}\n" for number, row in enumerate(rows)]
    (tmp_path / "labelled.csv").write_text("id,domain,isDGA\n" + "".join(lines))
    dag = dags["nightly_retrain"]
    night = datetime(2026, 2, 3, 2, tzinfo=UTC)
    devo.load(TUTORIAL, [{"eventdate": int(night.timestamp()) * 1000 - 7_200_000}])
    conf = {"labelled": (tmp_path / "labelled.csv").as_uri(), "models": (tmp_path / "models").as_uri()}
    run = run_once(dag, conf, logical_date=night)
    assert set(states_of(run).values()) == {"success"}, states_of(run)
    [promoted] = [task for task in run.get_task_instances() if task.task_id == "promote"]
    assert promoted.xcom_pull("train", key="features") == [
        name for name in PLAIN_FEATURES.names if not name.startswith("tld_")
    ]
    assert mailbox == []
    (tmp_path / "labelled.csv").unlink()
    again = run_once(dag, conf, logical_date=night + timedelta(days=1))
    assert states_of(again)["train"] == "failed"
    [mail] = mailbox
    told = message_from_bytes(mail.content, policy=default)
    assert mail.rcpt_tos == ["duty@example.com"]
    assert told["Subject"].startswith("nightly_retrain.train failed in ")
