"""Train for real: what is refused, what goes wrong on the way, and what reaches the log."""

from __future__ import annotations

import io
import logging
import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_devo_dga.drift.baseline import Baseline
from airflow_provider_devo_dga.errors import DriftError, H2OClusterError, TrainingError
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.models.mojo_scoring import score_mojo
from airflow_provider_devo_dga.training import train as train_module
from airflow_provider_devo_dga.training.cluster import progress
from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
from airflow_provider_devo_dga.training.cluster.connection import current_address
from airflow_provider_devo_dga.training.cluster.jobs import all_jobs
from airflow_provider_devo_dga.training.settings import TrainingSettings
from airflow_provider_devo_dga.training.train import train
from tests.prepared import Prepared, prepare_dataset
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
FEW_TREES = {"ntrees": 20}


@pytest.fixture
def connected(cluster: LocalCluster) -> Iterator[LocalCluster]:
    with cluster.connection():
        yield cluster


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
    monkeypatch.setattr(progress, "_MOST_PAUSE", 0.05)
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
    assert model.rows.train
    assert model.rows.valid
    assert model.rows.test is None
    assert Path(model.model_file).is_file()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model_params": {"n_trees": 5}}, "no parameter 'n_trees'"),
        ({"model_params": {"ntrees": -5}}, "H2O refused"),
        ({"model_id": "../../etc/passwd"}, "not a usable model name"),
        ({"false_positive_budget": 0.0}, "between 0 and 1"),
    ],
)
def test_wrong_arguments_are_refused_and_leave_nothing(
    connected: LocalCluster, prepared: Prepared, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    settings = TrainingSettings(feature_set=TUTORIAL_FEATURES, **changes)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match=words):
        train(prepared[0], settings, output_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


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


def test_an_error_while_the_cluster_trains_ends_the_training(
    connected: LocalCluster, prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running: list[bool] = []

    def broken(*_: object) -> Baseline:
        running.append(not all_jobs(current_address())[-1].is_over)
        raise DriftError("no baseline")

    monkeypatch.setattr(train_module, "baseline_of", broken)
    settings = TrainingSettings(feature_set=TUTORIAL_FEATURES, model_params={"ntrees": 2000})
    with pytest.raises(DriftError, match="no baseline"):
        train(prepared[0], settings, output_dir=tmp_path)
    assert running == [True]
    wait_until(lambda: all(job.is_over for job in all_jobs(current_address())))
    assert not list(tmp_path.iterdir())
