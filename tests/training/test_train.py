"""Train for real, and hold the exported MOJO to what was measured."""

from __future__ import annotations

import csv
import io
import json
import logging
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_devo_dga.errors import FeatureError, H2OClusterError, TrainingError
from airflow_provider_devo_dga.features.dga import DGA_RECIPE, TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import HostParts
from airflow_provider_devo_dga.models.mojo import inspect_mojo
from airflow_provider_devo_dga.models.mojo_scoring import score_mojo
from airflow_provider_devo_dga.models.summary import SUMMARY, Dataset
from airflow_provider_devo_dga.training.cluster import progress
from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
from airflow_provider_devo_dga.training.dataset.split import by_hash
from airflow_provider_devo_dga.training.settings import EvaluationPlan, TrainingSettings
from airflow_provider_devo_dga.training.train import train
from airflow_provider_devo_dga.training.trained_model import TrainedModel
from tests.drift.records import baseline_of_hosts
from tests.prepared import prepare_dataset

pytestmark = pytest.mark.slow

Prepared = tuple[Path, Dataset]
FEW_TREES = {"ntrees": 20}


@pytest.fixture
def connected(cluster: LocalCluster) -> Iterator[LocalCluster]:
    with cluster.connection():
        yield cluster


@pytest.fixture(scope="module")
def trained(
    cluster: LocalCluster, prepared: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainedModel, set[str]]:
    """A model of 20 trees, and the keys that it left on the cluster."""
    path, report = prepared
    with cluster.connection():
        before = keys()
        model = train(
            path,
            TrainingSettings(
                feature_set=DGA_RECIPE,
                model_params=FEW_TREES,
                ratios=(0.6, 0.2),
                false_positive_budget=0.05,
                strict_false_positive_budget=0.01,
                plan=EvaluationPlan(unseen_family_folds=2, check_labels=True),
            ),
            output_dir=tmp_path_factory.mktemp("models"),
            dataset=report,
        )
        after = keys()
    return model, after - before


def keys() -> set[str]:
    """Return the names of everything on the cluster."""
    import h2o

    # a frame of pandas where that is installed
    return set(map(str, h2o.ls()["key"]))


def hosts_of(prepared: Prepared) -> list[str]:
    with prepared[0].open(newline="") as file:
        return [f"{row['label']}.{row['tld']}" for row in csv.DictReader(file)]


def test_the_mojo_says_what_was_trained(trained: tuple[TrainedModel, set[str]]) -> None:
    model, _ = trained
    info = inspect_mojo(Path(model.model_file))
    assert info.columns == model.feature_set.names == DGA_RECIPE.names
    assert info.response_domain == ("0", "1")
    assert info == model.mojo
    files = sorted(file.name for file in Path(model.model_file).parent.iterdir())
    assert files == ["dga_classifier.zip", "dga_classifier_strict.zip"]


def test_a_feature_that_is_constant_in_the_dataset_stays_a_column(
    trained: tuple[TrainedModel, set[str]], prepared: Prepared
) -> None:
    model, _ = trained
    assert not any("-" in host for host in hosts_of(prepared))
    assert "hyphen_share" in inspect_mojo(Path(model.model_file)).columns


def test_the_threshold_keeps_the_budget_on_validation(
    trained: tuple[TrainedModel, set[str]], prepared: Prepared
) -> None:
    model, _ = trained
    assert 0 < model.metrics["valid"].false_positive_rate <= 0.05
    assert 0.85 < model.metrics["valid"].auc < 1
    assert set(model.metrics["valid"].families) == {"alpha", "beta", "na"}
    assert sum(model.rows.values()) == prepared[1].rows_used
    assert model.rows["test"] == model.metrics["test"].rows


def test_the_label_of_the_mojo_is_score_at_or_above_threshold(
    trained: tuple[TrainedModel, set[str]], prepared: Prepared
) -> None:
    model, _ = trained
    scores = score_mojo(Path(model.model_file), model.feature_set, hosts_of(prepared))
    assert {score.label for score in scores} == {"0", "1"}
    assert all((score.label == "1") == (score.p1 >= model.mojo.default_threshold) for score in scores)


def test_the_strict_mojo_is_the_same_trees_with_a_higher_threshold(
    trained: tuple[TrainedModel, set[str]], prepared: Prepared
) -> None:
    model, _ = trained
    assert model.strict is not None
    assert model.strict.threshold > model.mojo.default_threshold
    assert model.strict.false_positive_rate < 0.03
    info = inspect_mojo(Path(model.strict.model_file))
    assert (info.sha256, info.default_threshold) == (model.strict.sha256, model.strict.threshold)
    hosts = hosts_of(prepared)[:500]
    wide = score_mojo(Path(model.model_file), model.feature_set, hosts)
    strict = score_mojo(Path(model.strict.model_file), model.feature_set, hosts)
    assert [score.p1 for score in strict] == [score.p1 for score in wide]
    assert all((score.label == "1") == (score.p1 >= info.default_threshold) for score in strict)


def test_no_name_is_held_out_twice_and_a_grown_dataset_holds_out_the_same(
    trained: tuple[TrainedModel, set[str]], prepared: Prepared
) -> None:
    model, _ = trained
    part_of = by_hash((0.6, 0.2), 1234)
    with prepared[0].open(newline="") as file:
        parts = Counter(part_of(row["label"]) for row in csv.DictReader(file))
    assert model.settings.split == {"seed": 1234, "ratios": [0.6, 0.2]}
    assert model.rows == parts


def test_the_baseline_of_drift_is_that_of_the_legit_training_names(
    trained: tuple[TrainedModel, set[str]], prepared: Prepared
) -> None:
    """The cluster's features give it; plain Python, which watches the traffic, must mean the same."""
    model, _ = trained
    part_of = by_hash((0.6, 0.2), 1234)
    with prepared[0].open(newline="") as file:
        hosts = [
            HostParts(f"{row['label']}.{row['tld']}", row["label"], row["tld"])
            for row in csv.DictReader(file)
            if row["malicious"] == "0" and part_of(row["label"]) == "train"
        ]
    wanted = baseline_of_hosts(hosts, model.feature_set)
    assert model.baseline.names == len(hosts)
    assert set(model.baseline.bins) == set(wanted.bins)
    for name, bins in wanted.bins.items():
        assert model.baseline.bins[name].edges == pytest.approx(bins.edges, abs=1e-7), name
        assert model.baseline.bins[name].shares == pytest.approx(bins.shares, abs=0.01), name


def test_nothing_stays_on_the_cluster(trained: tuple[TrainedModel, set[str]]) -> None:
    assert trained[1] == set()


def test_the_model_travels_as_small_json(trained: tuple[TrainedModel, set[str]]) -> None:
    model, _ = trained
    assert model.dataset is not None
    text = SUMMARY.write(model.summary("20260105T030000Z"))
    plain = json.loads(text)
    assert len(json.dumps(plain)) < 60_000
    assert FeatureSet.from_dict(plain["feature_set"]) == model.feature_set
    assert plain["dataset"]["rows_used"] == model.dataset.rows_used
    steps = {"learn", "baseline", "load", "features", "train", "score", "export", "evaluate"}
    assert set(plain["seconds"]) == steps


def test_a_score_exactly_at_the_threshold_is_malicious(
    connected: LocalCluster, prepared: Prepared, tmp_path: Path
) -> None:
    from h2o import H2OFrame
    from h2o.estimators import H2OGradientBoostingEstimator
    from h2o.utils.model_utils import reset_model_threshold

    length, entropy, share = TUTORIAL_FEATURES.names
    rows = {length: [5.0, 9.0] * 50, entropy: [2.0] * 100, share: [0.3] * 100, "malicious": ["0", "1"] * 50}
    frame = H2OFrame(rows, column_types=["numeric", "numeric", "numeric", "enum"])
    estimator = H2OGradientBoostingEstimator(ntrees=3, ignore_const_cols=False)
    estimator.train(x=list(TUTORIAL_FEATURES.names), y="malicious", training_frame=frame)
    estimator.download_mojo(str(tmp_path / "before.zip"))
    (before,) = score_mojo(tmp_path / "before.zip", TUTORIAL_FEATURES, ["abcdefghi.com"])
    reset_model_threshold(estimator, before.p1)
    estimator.download_mojo(str(tmp_path / "after.zip"))
    (after,) = score_mojo(tmp_path / "after.zip", TUTORIAL_FEATURES, ["abcdefghi.com"])
    assert (after.p1, after.label) == (before.p1, "1")


def test_labels_that_look_like_numbers_or_nothing_stay_text(connected: LocalCluster, tmp_path: Path) -> None:
    import h2o

    odd = [
        "na",
        "nan",
        "null",
        "true",
        "false",
        "1e5",
        "0123",
        "inf",
        "none",
        "0x10",
        "2020-01-01",
        "12",
        "-1",
    ]
    rng = random.Random(2)  # noqa: S311
    rows = [f"{label}.com;{label};{rng.choice(('legit', 'dga'))};{label}" for label in odd]
    rows += ["one.com;one;legit;legit", "two.com;two;dga;x"]
    content = "\n".join(["host;domain;class;subclass", *rows]).encode()
    report = prepare_dataset(io.BytesIO(content), tmp_path / "odd.csv", min_rows_per_class=1)
    assert report.rows_used == len(rows)
    frame = h2o.upload_file(
        str(tmp_path / "odd.csv"),
        header=1,
        sep=",",
        quotechar='"',
        col_types=["string", "string", "numeric", "string"],
    )
    found = [row[0] for row in frame["label"].as_data_frame(use_pandas=False, header=False)]
    assert sorted(found) == sorted([*odd, "one", "two"])
    assert float(frame["family"].isna().sum()) == 0.0
    assert frame["malicious"].asfactor().levels() == [["0", "1"]]
    h2o.remove(frame)


def test_progress_reaches_the_log(
    connected: LocalCluster,
    prepared: Prepared,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "_POLL_SECONDS", 0.05)
    monkeypatch.setattr(progress, "_EVERY_SECONDS", 0.1)
    with caplog.at_level(logging.INFO):
        train(
            prepared[0],
            TrainingSettings(
                feature_set=TUTORIAL_FEATURES, model_params={"ntrees": 120, "score_tree_interval": 10}
            ),
            output_dir=tmp_path,
        )
    assert any(" of 120 trees" in message for message in caplog.messages)
    assert capfd.readouterr().out == ""


def test_one_ratio_leaves_no_test_part(connected: LocalCluster, prepared: Prepared, tmp_path: Path) -> None:
    model = train(
        prepared[0],
        TrainingSettings(feature_set=TUTORIAL_FEATURES, model_params=FEW_TREES),
        output_dir=tmp_path / "new" / "folder",
    )
    assert "test" not in model.metrics
    assert set(model.rows) == {"train", "valid"}
    assert Path(model.model_file).is_file()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model_params": {"n_trees": 5}}, "no parameter 'n_trees'"),
        ({"model_params": {"ntrees": -5}}, "H2O refused"),
        ({"model_id": "../../etc/passwd"}, "not a usable model name"),
        ({"ratios": (1.0,)}, "ratios must be"),
        ({"ratios": ()}, "ratios must be"),
        ({"false_positive_budget": 0.0}, "between 0 and 1"),
        ({"strict_false_positive_budget": 0.01}, "between 0 and 0.01, the other one"),
    ],
)
def test_wrong_arguments_are_refused_and_leave_nothing(
    connected: LocalCluster, prepared: Prepared, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    settings = TrainingSettings(feature_set=TUTORIAL_FEATURES, **changes)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match=words):
        train(prepared[0], settings, output_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_host_without_a_label_cannot_be_scored(trained: tuple[TrainedModel, set[str]]) -> None:
    with pytest.raises(FeatureError, match=r"'10\.0\.0\.1' has no label"):
        score_mojo(Path(trained[0].model_file), trained[0].feature_set, ["10.0.0.1"])


def test_the_order_of_features_is_part_of_the_model(trained: tuple[TrainedModel, set[str]]) -> None:
    from airflow_provider_devo_dga.errors import MojoExportError

    turned = FeatureSet("turned", trained[0].feature_set.features[::-1])
    with pytest.raises(MojoExportError, match="feature set 'turned'"):
        score_mojo(Path(trained[0].model_file), turned, ["example.com"])


def test_without_java_on_path_the_bundled_one_trains(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with LocalCluster(max_mem="512m") as cluster, cluster.connection():
        model = train(
            prepared[0],
            TrainingSettings(feature_set=TUTORIAL_FEATURES, model_params=FEW_TREES),
            output_dir=tmp_path,
        )
    assert len(score_mojo(Path(model.model_file), TUTORIAL_FEATURES, ["example.com"])) == 1


def test_a_node_killed_while_training_is_a_cluster_error(prepared: Prepared, tmp_path: Path) -> None:
    def use() -> None:
        with LocalCluster(max_mem="512m") as cluster, cluster.connection():
            threading.Timer(6.0, os.kill, (cluster.pid, signal.SIGKILL)).start()
            train(
                prepared[0],
                TrainingSettings(
                    feature_set=TUTORIAL_FEATURES,
                    model_params={"ntrees": 5000, "max_depth": 12, "min_rows": 1},
                ),
                output_dir=tmp_path,
            )

    with pytest.raises(H2OClusterError, match=r"(?s)went away.*status -9"):
        use()
    assert list(tmp_path.iterdir()) == []
