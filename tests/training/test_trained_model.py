"""What one training gives: the exported MOJO holds what was measured."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features.dga import DGA_RECIPE
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import HostParts
from airflow_provider_devo_dga.features.legit_grams import only_teaches
from airflow_provider_devo_dga.models.mojo import inspect_mojo
from airflow_provider_devo_dga.models.mojo_scoring import score_mojo
from airflow_provider_devo_dga.models.summary import SUMMARY
from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
from airflow_provider_devo_dga.training.dataset.split import PartOf, by_hash
from airflow_provider_devo_dga.training.settings import EvaluationPlan, TrainingSettings
from airflow_provider_devo_dga.training.synthetic import SYNTHETIC_SHARE
from airflow_provider_devo_dga.training.train import train
from airflow_provider_devo_dga.training.trained_model import TrainedModel
from tests.drift.records import baseline_of_hosts
from tests.prepared import Prepared

pytestmark = pytest.mark.slow
FEW_TREES = {"ntrees": 20}


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


def parts_of(model: TrainedModel) -> dict[str, int | None]:
    return {"train": model.rows.train, "valid": model.rows.valid, "test": model.rows.test}


def dga_names(prepared: Prepared, part_of: PartOf) -> int:
    """Return how many DGA names the training part has."""
    with prepared[0].open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["malicious"] == "1"]
    return sum(part_of(row["label"]) == "train" for row in rows)


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
    assert sum(count or 0 for count in parts_of(model).values()) == prepared[1].rows_used
    assert model.rows.test == model.metrics["test"].rows


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
    assert parts_of(model) == parts
    assert model.rows.synthetic == round(SYNTHETIC_SHARE * dga_names(prepared, part_of))
    assert 0 < model.rows.teaching < parts["train"]


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
            if row["malicious"] == "0" and part_of(row["label"]) == "train" and not only_teaches(row["label"])
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


def test_a_host_without_a_label_cannot_be_scored(trained: tuple[TrainedModel, set[str]]) -> None:
    with pytest.raises(FeatureError, match=r"'10\.0\.0\.1' has no label"):
        score_mojo(Path(trained[0].model_file), trained[0].feature_set, ["10.0.0.1"])


def test_the_order_of_features_is_part_of_the_model(trained: tuple[TrainedModel, set[str]]) -> None:
    from airflow_provider_devo_dga.errors import MojoExportError

    turned = FeatureSet("turned", trained[0].feature_set.features[::-1])
    with pytest.raises(MojoExportError, match="feature set 'turned'"):
        score_mojo(Path(trained[0].model_file), turned, ["example.com"])
