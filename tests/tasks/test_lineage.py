"""What tasks tell OpenLineage: names of what was read and written, and nothing secret."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.operators.dga_report import DGAReportOperator
from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from airflow_provider_devo_dga.tasks.lineage import Place, file_place, lineage, model_place, table_places

OPERATORS = {
    "query": lambda: DevoQueryOperator(
        task_id="query",
        query="from web.proxy where a in (from lists.bad select b) select c",
        from_="2026-01-01T08:00:00+00:00",
        to="2026-01-01T09:00:00+00:00",
        output_path="s3://bucket/rows.parquet",
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
READ = {
    "query": [("devo://devo_default", "web.proxy"), ("devo://devo_default", "lists.bad")],
    "train": [("https://example.com", "/d.csv"), ("file", "/b.txt")],
    "register": [("s3://bucket", "m.zip")],
    "report": [("s3://bucket", "rows.parquet"), ("devo://devo_default", "web.proxy")],
}
WRITTEN = {
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
