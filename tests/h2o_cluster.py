"""One real H2O node for all slow tests of a process, and a small model that is trained there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[LocalCluster]:
    """Return a running node; whoever leaves nothing there has to say so in a node of his own."""
    with LocalCluster(max_mem="1g") as running:
        yield running


@pytest.fixture
def connection(cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``h2o_test`` be the connection to the node."""
    define(cluster.url, cluster.auth, monkeypatch)


def define(url: str, auth: tuple[str, str] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``h2o_test`` be the connection to the cluster at this address."""
    assert auth is not None
    fields = {"conn_type": "h2o", "schema": "http", "host": "127.0.0.1", "port": urlsplit(url).port}
    fields |= {"login": auth[0], "password": auth[1]}
    monkeypatch.setenv("AIRFLOW_CONN_H2O_TEST", json.dumps(fields))


@pytest.fixture(scope="session")
def tiny_model(
    cluster: LocalCluster, small_dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Train a small GBM for real; return its summary, which also lies beside the MOJO, ``model_file``."""
    from airflow_provider_devo_dga.features.dga import DGA_RECIPE
    from airflow_provider_devo_dga.models.summary import SUMMARY
    from airflow_provider_devo_dga.training.dataset.opening import open_dataset
    from airflow_provider_devo_dga.training.settings import TrainingSettings
    from airflow_provider_devo_dga.training.train import train
    from tests.prepared import prepare_dataset

    folder = tmp_path_factory.mktemp("tiny_model")
    with open_dataset(small_dataset) as parts:
        stream = next(parts).stream
        report = prepare_dataset(stream, folder / "prepared.csv")
    with cluster.connection():
        model = train(
            folder / "prepared.csv",
            TrainingSettings(feature_set=DGA_RECIPE, model_params={"ntrees": 15}),
            output_dir=folder,
            dataset=report,
        )
    summary = SUMMARY.write(model.summary("20251229T030000Z"))
    (folder / "dga_classifier.json").write_bytes(summary)
    found: dict[str, Any] = json.loads(summary)
    return found


@pytest.fixture
def tiny_features(tiny_model: dict[str, Any]) -> Any:
    """Return the feature set of the small GBM: the default, with what was learned."""
    from airflow_provider_devo_dga.features.feature_set import FeatureSet

    return FeatureSet.from_dict(tiny_model["feature_set"])


@pytest.fixture
def tiny_mojo(tiny_model: dict[str, Any]) -> Path:
    """Return the MOJO of the small GBM, over the default feature set."""
    return Path(tiny_model["model_file"])
