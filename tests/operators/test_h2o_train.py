"""H2OTrainOperator end to end on a small dataset, and the datasets it refuses."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_devo_dga.drift.baseline import stored_baseline
from airflow_provider_devo_dga.errors import (
    DatasetError,
    FeatureError,
    H2OClusterError,
    TrainingParameterError,
)
from airflow_provider_devo_dga.features.dga import DGA_RECIPE, TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.models.mojo import inspect_mojo
from airflow_provider_devo_dga.models.origin import Origin
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator
from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
from tests.last_line import last_line
from tests.statsd_server import StatsdServer

HEADER = "host;domain;class;subclass"


def operator(dataset: Any, folder: Path, **changes: Any) -> H2OTrainOperator:
    arguments = {"model_params": {"ntrees": 10}, "max_mem": "1g", **changes}
    return H2OTrainOperator(task_id="train", dataset=dataset, output_dir=folder.as_uri(), **arguments)


@pytest.mark.slow
def test_a_model_and_its_summary_appear_together(
    small_dataset: Path,
    context: Any,
    tmp_path: Path,
    statsd: StatsdServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    task = operator(small_dataset.as_uri(), tmp_path, ratios=(0.8, 0.1), strict_false_positive_budget="0.001")
    told = task.execute(context)
    folder = tmp_path / "20260105T030000Z"
    mojo = folder / "dga_classifier.zip"
    assert sorted(file.name for file in folder.iterdir()) == [
        "dga_classifier.json",
        "dga_classifier.zip",
        "dga_classifier_strict.zip",
        "model_card.html",
    ]
    summary = json.loads((folder / told["summary"].rpartition("/")[2]).read_text())
    assert told["summary"] == "20260105T030000Z/dga_classifier.json"
    assert stored_baseline(summary.pop("baseline")).names > 1000
    assert summary | {"feature_set": told["feature_set"]} == told
    stored = FeatureSet.from_dict(summary["feature_set"])
    assert told["model_file"] == mojo.as_uri()
    assert told["sha256"] == hashlib.sha256(mojo.read_bytes()).hexdigest()
    assert inspect_mojo(mojo).default_threshold == told["threshold"]
    assert told["version"] == "20260105T030000Z"
    assert told["run_id"] == context["run_id"]
    assert told["features"] == list(DGA_RECIPE.names) == list(stored.names)
    assert told["feature_set"] == {"name": "dga", "fingerprint": stored.fingerprint}
    made, teaching = told["rows"].pop("synthetic"), told["rows"].pop("teaching")
    assert set(told["rows"]) == {"train", "valid", "test"}
    assert told["rows"]["train"] > 4 * told["rows"]["valid"]
    # some of the training part only teach; what was made up is of no part
    assert 0 < teaching < told["rows"]["train"]
    assert 0 < made < 0.02 * told["rows"]["train"]
    assert told["test_metrics"]["auc"] > 0.8
    assert told["dataset"]["rows_used"] == sum(told["rows"].values())
    assert inspect_mojo(folder / "dga_classifier_strict.zip").default_threshold == told["strict"]["threshold"]
    strict = folder / "dga_classifier_strict.zip"
    assert told["strict"]["sha256"] == hashlib.sha256(strict.read_bytes()).hexdigest()
    assert told["strict"]["model_file"] == strict.as_uri()
    assert told["model_card"] == (folder / "model_card.html").as_uri()
    assert told["sha256"] in (folder / "model_card.html").read_text()
    assert [other["kind"] for other in told["evaluation"]["comparisons"]] == ["tutorial"]
    assert len(json.dumps(told)) < 16_384  # it travels as XCom
    duration, auc, recall = statsd.read()
    assert 1000 < float(duration.removeprefix("training.duration:").removesuffix("|ms")) < 300_000
    assert auc == f"model.auc:{told['test_metrics']['auc']}|g"
    assert recall == f"model.recall:{told['test_metrics']['recall']}|g"
    assert "Model 20260105T030000Z in " in last_line(capsys)


@pytest.mark.slow
def test_several_sources_are_one_dataset_and_the_champion_is_judged_too(
    small_dataset: Path,
    context: Any,
    connection: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "feed.txt").write_text("\n".join(f"zqx{n:04}kj.biz" for n in range(300)))
    feed = {"uri": (tmp_path / "feed.txt").as_uri(), "class": "dga", "subclass": "zqx"}
    models = tmp_path / "models"
    first = operator(small_dataset.as_uri(), models, compare_tutorial=False, h2o_conn_id="h2o_test").execute(
        context
    )
    find_spec = importlib.util.find_spec
    # as without the extra
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "altair" else find_spec(name, *rest)
    )
    told = operator(
        [small_dataset.as_uri(), feed],
        models,
        compare_tutorial=False,
        h2o_conn_id="h2o_test",
        champion=first["version"],
    ).execute(context)
    assert told["dataset"]["families"]["zqx"] == 300
    assert [source["kind"] for source in told["dataset"]["sources"]] == ["rows", "dga"]
    (champion,) = told["evaluation"]["comparisons"]
    assert (champion["name"], champion["may_have_seen"]) == (first["version"], False)
    assert champion["in_service"]["threshold"] == first["threshold"]
    assert told["model_card"] is None
    assert "airflow-provider-devo-dga[report]" in caplog.text


@pytest.mark.slow
def test_a_champion_that_is_not_there_costs_a_line_in_the_log(
    small_dataset: Path, context: Any, connection: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    task = operator(
        small_dataset.as_uri(),
        tmp_path,
        compare_tutorial=False,
        h2o_conn_id="h2o_test",
        champion="20200101T000000Z",
    )
    assert task.execute(context)["evaluation"]["comparisons"] == []
    assert "No comparison with the champion 20200101T000000Z: it is not in file://" in caplog.text


@pytest.mark.slow
def test_an_existing_cluster_trains_and_keeps_nothing(
    small_dataset: Path, context: Any, cluster: LocalCluster, connection: None, tmp_path: Path
) -> None:
    import h2o

    dataset = tmp_path / "plain.csv"
    dataset.write_bytes(gzip.decompress(small_dataset.read_bytes()))
    task = operator(
        dataset.as_uri(), tmp_path, h2o_conn_id="h2o_test", feature_set="tutorial", model_id="tutorial_model"
    )
    told = task.execute(context)
    assert told["features"] == list(TUTORIAL_FEATURES.names)
    assert (tmp_path / told["version"] / "tutorial_model.zip").is_file()
    with cluster.connection():
        assert [row[0] for row in h2o.ls() if "tutorial_model" in row[0]] == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        (HEADER + "\n", "no rows"),
        ("example.com\nexample.org\n", "Nothing in it tells legit names from those of DGAs"),
        (HEADER + "\nexample.com;example;grey;x\n", "nothing that means legit"),
        (HEADER + "\nexample.com;example;legit;legit\n", "100"),
        (HEADER + "\nexample.com;example;legit;x\nexample.org;example\n", "another number of fields"),
    ],
)
def test_a_dataset_that_cannot_be_trained_on_is_refused_before_a_cluster_starts(
    context: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, reason: str
) -> None:
    monkeypatch.setattr(LocalCluster, "__enter__", lambda self: pytest.fail("a cluster was started"))
    (tmp_path / "dataset.csv").write_text(content)
    with pytest.raises(DatasetError, match=reason):
        operator((tmp_path / "dataset.csv").as_uri(), tmp_path / "models").execute(context)
    assert not (tmp_path / "models").exists()


def test_a_dataset_that_is_not_there_is_named(context: Any, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"nothing\.csv"):
        operator(f"{tmp_path.as_uri()}/nothing.csv", tmp_path).execute(context)


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    [
        ({"model_id": 'a"b'}, TrainingParameterError, "not a usable model name"),
        ({"model_params": {"n_trees": 10}}, TrainingParameterError, "no parameter 'n_trees'; did you mean"),
        ({"ratios": 0.8}, TrainingParameterError, "one or two shares"),
        ({"feature_set": ["length"]}, FeatureError, "subset"),
        ({"feature_set": "mine"}, FeatureError, "No feature set named 'mine'"),
        ({"dataset": [{"class": "dga"}]}, DatasetError, "needs a uri"),
    ],
)
def test_unusable_arguments_are_refused_before_the_dataset_is_read(
    context: Any, tmp_path: Path, changes: dict[str, Any], kind: type[Exception], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        operator(**{"dataset": f"{tmp_path.as_uri()}/nothing.csv", "folder": tmp_path} | changes).execute(
            context
        )


@pytest.mark.slow
def test_a_cluster_that_cannot_be_had_is_told(
    small_dataset: Path, context: Any, tmp_path: Path, dead_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {"conn_type": "h2o", "host": "127.0.0.1", "schema": "http", "port": dead_port}
    monkeypatch.setenv("AIRFLOW_CONN_H2O_TEST", json.dumps(connection))
    with pytest.raises(H2OClusterError, match=str(dead_port)):
        operator(small_dataset.as_uri(), tmp_path, h2o_conn_id="h2o_test").execute(context)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_second_task_of_a_run_is_refused_before_a_cluster_starts(
    tiny_dataset: Path, context: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalCluster, "__enter__", lambda self: pytest.fail("a cluster was started"))
    first = Origin("a_dag", context["run_id"], "train_first")
    store = ModelStore(tmp_path / "models")
    with (
        store.reserved("20260105T030000Z", "dga_classifier", first),
        pytest.raises(TrainingParameterError, match=r"belongs to task train_first of run .*output_dir"),
    ):
        operator(tiny_dataset.as_uri(), tmp_path / "models").execute(context)


@pytest.mark.slow
def test_mapped_trainings_of_one_run_all_survive(
    small_dataset: Path, context: Any, connection: None, tmp_path: Path
) -> None:
    from types import SimpleNamespace

    told = []
    for index in (0, 1):
        mapped = {"dag_id": "a_dag", "run_id": context["run_id"], "task_id": "train", "map_index": index}
        ti = SimpleNamespace(**mapped, try_number=1, max_tries=0, xcom_push=lambda **_: None)
        task = operator(
            small_dataset.as_uri(),
            tmp_path,
            feature_set="tutorial",
            compare_tutorial=False,
            h2o_conn_id="h2o_test",
            model_params={"ntrees": 2 + index},
        )
        told.append(task.execute(context | {"ti": ti}))
    assert [each["version"] for each in told] == ["20260105T030000Z_0", "20260105T030000Z_1"]
    for each in told:
        file = Path(urlsplit(each["model_file"]).path)
        assert hashlib.sha256(file.read_bytes()).hexdigest() == each["sha256"]
    assert told[0]["sha256"] != told[1]["sha256"]
