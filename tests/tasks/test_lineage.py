"""What tasks tell OpenLineage: names of what was read and written, and nothing secret."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_devo_dga.operators.backtest_model import BacktestModelOperator
from airflow_provider_devo_dga.operators.check_linq import CheckLinqOperator
from airflow_provider_devo_dga.operators.devo_job import DevoJobOperator
from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.operators.dga_report import DGAReportOperator
from airflow_provider_devo_dga.operators.gate_model import GateModelOperator
from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator
from airflow_provider_devo_dga.operators.probe_model import ProbeModelOperator
from airflow_provider_devo_dga.operators.promote_model import PromoteModelOperator
from airflow_provider_devo_dga.operators.record_training import RecordTrainingOperator
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from airflow_provider_devo_dga.operators.send_detections import SendDetectionsOperator
from airflow_provider_devo_dga.operators.watch_drift import WatchDriftOperator
from airflow_provider_devo_dga.sensors.devo_query import DevoQuerySensor
from airflow_provider_devo_dga.tasks.lineage import (
    Place,
    file_place,
    history_places,
    lineage,
    model_place,
    table_places,
)
from tests.operators import test_every_operator

WINDOW = {"from_": "2026-01-01T08:00:00+00:00", "to": "2026-01-01T09:00:00+00:00"}
TRAINED = {"model_file": "s3://me:hush@bucket/m.zip", "version": "1"}
ROWS = {"path": "s3://bucket/rows.parquet", "window": {"from": WINDOW["from_"], "to": WINDOW["to"]}}
SOURCE = {"table": "web.proxy"}

OPERATORS = {
    "backtest": lambda: BacktestModelOperator(
        task_id="backtest",
        trained=TRAINED,
        name="dga",
        models_dir="s3://bucket/models",
        reports_dir="s3://me:hush@bucket/reports",
        source=SOURCE,
    ),
    "check": lambda: CheckLinqOperator(task_id="check", table="web.proxy"),
    "job": lambda: DevoJobOperator(
        task_id="job", query="from web.proxy", destination="s3", destination_params={"key": "hush"}, **WINDOW
    ),
    "gate": lambda: GateModelOperator(
        task_id="gate", trained=TRAINED, name="dga", history_dir="file:///srv/history/"
    ),
    "probe": lambda: ProbeModelOperator(
        task_id="probe", name="dga", model_file="s3://bucket/m.zip", source=SOURCE, **WINDOW
    ),
    "promote": lambda: PromoteModelOperator(
        task_id="promote",
        name="dga",
        candidate="dga_candidate",
        trained=TRAINED,
        models_dir="s3://bucket/models",
        table="web.proxy",
        mlflow_conn_id="flow",
        **WINDOW,
    ),
    "record": lambda: RecordTrainingOperator(
        task_id="record", trained=TRAINED, name="dga", mlflow_conn_id="flow"
    ),
    "send": lambda: SendDetectionsOperator(
        task_id="send", report={"ecs": "s3://bucket/r.ecs.ndjson"}, table="my.app.a.b"
    ),
    "drift": lambda: WatchDriftOperator(
        task_id="drift",
        rows=ROWS,
        plan={"summary": "v1/dga.json"},
        models_dir="s3://bucket/models",
        output_dir="s3://bucket/drift/",
    ),
    "sensor": lambda: DevoQuerySensor(task_id="sensor", query="from web.proxy", **WINDOW),
    "query": lambda: DevoQueryOperator(
        task_id="query",
        query="from web.proxy where a in (from lists.bad select b) select c",
        output_path="s3://bucket/rows.parquet",
        **WINDOW,
    ),
    "train": lambda: H2OTrainOperator(
        task_id="train",
        dataset=["https://me:hush@example.com/d.csv?token=hush", {"uri": "file:///b.txt", "class": "dga"}],
        output_dir="s3://bucket/models",
    ),
    "register": lambda: RegisterModelOperator(task_id="register", name="dga", model_file="s3://bucket/m.zip"),
    "report": lambda: DGAReportOperator(
        task_id="report",
        rows={"path": "s3://bucket/rows.parquet"},
        plan={},
        source={"table": "web.proxy"},
        output_dir="s3://bucket/reports",
    ),
}
PROXY = ("devo://devo_default", "web.proxy")
READ = {
    "backtest": [("s3://bucket", "reports")],
    "check": [PROXY],
    "job": [PROXY],
    "gate": [],
    "probe": [("s3://bucket", "m.zip"), PROXY],
    "promote": [("s3://bucket", "m.zip"), ("devo-mlmm://devo_mlmm_default", "dga_candidate"), PROXY],
    "record": [("s3://bucket", "m.zip")],
    "send": [("s3://bucket", "r.ecs.ndjson")],
    "drift": [("s3://bucket", "rows.parquet"), ("s3://bucket", "models/v1/dga.json")],
    "sensor": [PROXY],
    "query": [("devo://devo_default", "web.proxy"), ("devo://devo_default", "lists.bad")],
    "train": [("https://example.com", "/d.csv"), ("file", "/b.txt")],
    "register": [("s3://bucket", "m.zip")],
    "report": [("s3://bucket", "rows.parquet"), ("devo://devo_default", "web.proxy")],
}
WRITTEN = {
    "backtest": [],
    "check": [],
    "job": [],
    "gate": [("file", "/srv/history/mlflow.db")],
    "probe": [],
    "promote": [("devo-mlmm://devo_mlmm_default", "dga"), ("mlflow://flow", "dga")],
    "record": [("mlflow://flow", "dga")],
    "send": [("devo://devo_default", "my.app.a.b")],
    "drift": [("s3://bucket", "drift/20260101T080000Z_3600s.json")],
    "sensor": [],
    "query": [("s3://bucket", "rows.parquet")],
    "train": [],
    "register": [("devo-mlmm://devo_mlmm_default", "dga")],
    "report": [],
}


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("file:///a%20b/c.csv", Place("file", "/a b/c.csv")),
        ("/plain/path", Place("file", "/plain/path")),
        ("s3://key:hush@bucket/a/b.zip", Place("s3://bucket", "a/b.zip")),
        ("https://u:hush@example.com:444/x?sig=hush#y", Place("https://example.com:444", "/x")),
    ],
)
def test_a_file_is_named_without_secrets(uri: str, place: Place) -> None:
    assert file_place(uri) == place


def test_tables_and_models_are_named_by_connection() -> None:
    assert table_places("devo_eu", "FROM a.b where c select d") == [Place("devo://devo_eu", "a.b")]
    assert model_place("mm", "dga") == Place("devo-mlmm://mm", "dga")


def test_no_operator_is_silent() -> None:
    assert sorted(type(build()).__name__ for build in OPERATORS.values()) == sorted(
        operator.__name__ for operator in test_every_operator.OPERATORS
    )
    assert all(READ[name] or WRITTEN[name] for name in OPERATORS)


def test_a_history_that_is_not_kept_is_no_place() -> None:
    assert history_places(None, None, "dga") == []


@pytest.mark.parametrize("name", OPERATORS)
def test_each_operator_tells_what_it_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    operator = OPERATORS[name]()
    monkeypatch.setattr(
        f"{type(operator).__module__}.lineage", lambda *places, query=None: seen.extend([*places, query])
    )
    operator.get_openlineage_facets_on_complete(None)
    read, written, _ = seen
    assert [(place.namespace, place.name) for place in read] == READ[name]
    assert [(place.namespace, place.name) for place in written] == WRITTEN[name]
    assert "hush" not in repr(seen)


@pytest.mark.parametrize("name", OPERATORS)
def test_openlineage_takes_it_and_its_json_holds_no_secret(name: str) -> None:
    from airflow.providers.openlineage.extractors.base import DefaultExtractor, OperatorLineage
    from airflow.providers.openlineage.extractors.manager import ExtractorManager
    from openlineage.client.serde import Serde

    operator = OPERATORS[name]()
    assert ExtractorManager().get_extractor_class(operator) is DefaultExtractor
    told = DefaultExtractor(operator).extract_on_complete(SimpleNamespace(task=operator))
    assert isinstance(told, OperatorLineage)
    spelled = json.loads(Serde.to_json(told))
    assert [(each["namespace"], each["name"]) for each in spelled["inputs"]] == READ[name]
    assert [(each["namespace"], each["name"]) for each in spelled["outputs"]] == WRITTEN[name]
    assert "hush" not in json.dumps(spelled)


def test_columns_and_query_are_facets() -> None:
    told = lineage([Place("s3://b", "x", {"n": "int4"})], [Place("file", "/y")], query="from a.b")
    (read,), (written,) = told.inputs, told.outputs
    assert (read.namespace, read.name, written.name) == ("s3://b", "x", "/y")
    assert [(each.name, each.type) for each in read.facets["schema"].fields] == [("n", "int4")]
    assert told.job_facets["sql"].query == "from a.b"


def test_without_the_provider_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "airflow.providers.openlineage.extractors", None)
    assert lineage([Place("s3://b", "x")], [], query="from a.b") is None
