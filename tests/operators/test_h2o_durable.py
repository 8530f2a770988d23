"""H2OTrainOperator on an existing cluster: one training however often its worker dies; a kill ends it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_provider_devo_dga.errors import TrainingStoppedError
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator
from airflow_provider_devo_dga.tasks.identity import TaskIdentity
from airflow_provider_devo_dga.training.cluster.address import ClusterAddress
from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
from airflow_provider_devo_dga.training.cluster.durable import Durable
from airflow_provider_devo_dga.training.cluster.interruption import Interruption
from airflow_provider_devo_dga.training.cluster.jobs import Job, all_jobs
from tests.h2o_cluster import define
from tests.waiting import PATIENCE, SOON, wait_until

LONG = {"ntrees": 5000, "max_depth": 12, "min_rows": 1}
SHORT = {"ntrees": 10}
RETRIES = 2


@pytest.fixture(scope="module")
def cluster() -> Iterator[ClusterAddress]:
    with LocalCluster(max_mem="1g") as running:
        yield ClusterAddress(running.url, running.auth)


@pytest.fixture
def connection(cluster: ClusterAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    define(cluster.url, cluster.auth, monkeypatch)


class Instance(SimpleNamespace):
    """As much of a task instance as the operator reads."""

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def instance(run: str, *, attempt: int = 1, max_tries: int = RETRIES, map_index: int = -1) -> Instance:
    return Instance(
        dag_id="a_dag",
        run_id=run,
        task_id="train",
        map_index=map_index,
        try_number=attempt,
        max_tries=max_tries,
        pushed={},
    )


def operator(dataset: str, folder: Path, **changes: Any) -> H2OTrainOperator:
    arguments = {
        "feature_set": "tutorial",
        "compare_tutorial": False,
        "model_params": SHORT,
        "h2o_conn_id": "h2o_test",
        "retries": RETRIES,
        **changes,
    }
    with DAG("a_dag", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):
        return H2OTrainOperator(task_id="train", dataset=dataset, output_dir=folder.as_uri(), **arguments)


def context_of(ti: Instance) -> dict[str, Any]:
    run = SimpleNamespace(run_after=datetime(2026, 1, 5, 3, tzinfo=UTC))
    return {"dag_run": run, "run_id": ti.run_id, "ti": ti, "params": {}}


def run(task: H2OTrainOperator, ti: Instance) -> dict[str, Any]:
    return task.execute(context_of(ti))  # type: ignore[arg-type]


def models(cluster: ClusterAddress, run_id: str, map_index: int = -1) -> list[Job]:
    """Return the jobs that train a model for this run, the parsing left out."""
    task = TaskIdentity("a_dag", run_id, "train", map_index).cluster_key("airflow")
    return [
        job
        for job in all_jobs(cluster)
        if job.target.startswith(task)
        and not job.target.endswith(("_rows", "_train", "_valid", "_test", "_grown"))
    ]


def left(cluster: ClusterAddress) -> list[str]:
    frames = cluster.ask("GET", "/3/Frames")["frames"]
    found = cluster.ask("GET", "/3/Models")["models"]
    return [frame["frame_id"]["name"] for frame in frames] + [model["model_id"]["name"] for model in found]


SCRIPT = """
import os, signal, sys
sys.path.insert(0, {root!r})
from tests.operators.test_h2o_durable import *
task = operator({dataset!r}, Path({folder!r}), model_params={params!r}, **{changes!r})
signal.signal(signal.SIGTERM, lambda *_: task.on_kill())
run(task, instance({run!r}, attempt={attempt}))
"""


def worker(dataset: Path, folder: Path, run_id: str, params: Any, attempt: int = 1, **changes: Any) -> Any:
    root = str(Path(__file__).parents[2])
    values = {"root": root, "dataset": dataset.as_uri(), "folder": str(folder), "run": run_id}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(**values, params=params, attempt=attempt, changes=changes)],
        env={**os.environ, "PYTHONPATH": root, "TMPDIR": str(folder)},
        stdout=(folder / "out").open("w"),
        stderr=subprocess.STDOUT,
    )


@pytest.mark.slow
def test_a_second_execute_takes_the_model_of_the_first(
    small_dataset: Path,
    cluster: ClusterAddress,
    connection: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError("the store is full")

    with monkeypatch.context() as patched:
        patched.setattr(ModelStore, "publish", full)
        with pytest.raises(OSError, match="is full"):
            run(operator(small_dataset.as_uri(), tmp_path, feature_set="dga"), instance("twice"))
    (job,) = models(cluster, "twice")
    caplog.clear()
    with caplog.at_level(logging.INFO):
        told = run(
            operator(small_dataset.as_uri(), tmp_path, feature_set="dga"), instance("twice", attempt=2)
        )
    assert "found the rows again" in caplog.text
    assert "found the model again" in caplog.text
    assert "upload: " not in caplog.text
    assert models(cluster, "twice") == [job]
    assert (tmp_path / told["version"] / "dga_classifier.zip").is_file()
    assert left(cluster) == []


@pytest.mark.slow
def test_a_worker_that_dies_leaves_the_training_to_the_next_try(
    small_dataset: Path, cluster: ClusterAddress, connection: None, tmp_path: Path
) -> None:
    params = {"ntrees": 900, "max_depth": 8}
    first = worker(small_dataset, tmp_path, "killed", params)
    wait_until(lambda: models(cluster, "killed") or first.poll() is not None)
    first.send_signal(signal.SIGKILL)
    first.wait(PATIENCE)
    (orphan,) = models(cluster, "killed")
    assert not orphan.is_over, (tmp_path / "out").read_text()
    task = operator(small_dataset.as_uri(), tmp_path, model_params=params)
    ti = instance("killed", attempt=2)
    told = run(task, ti)
    assert [job.key for job in models(cluster, "killed")] == [orphan.key]
    assert models(cluster, "killed")[0].status == "DONE"
    assert told["metrics"]["auc"] > 0.8
    assert left(cluster) == []
    assert ti.pushed == {"h2o_flow": f"{cluster.url}/flow/index.html"}
    assert task.operator_extra_links[0].get_link(task, ti_key=None) == ti.pushed["h2o_flow"]  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_clear_starts_anew_and_ends_what_was_there(
    small_dataset: Path, cluster: ClusterAddress, connection: None, tmp_path: Path
) -> None:
    first = worker(small_dataset, tmp_path, "cleared", LONG)
    wait_until(lambda: models(cluster, "cleared") or first.poll() is not None)
    first.send_signal(signal.SIGKILL)
    first.wait(PATIENCE)
    # clear: max_tries = tries so far + retries
    cleared = instance("cleared", attempt=2, max_tries=1 + RETRIES)
    run(operator(small_dataset.as_uri(), tmp_path), cleared)
    assert [job.status for job in models(cluster, "cleared")] == ["CANCELLED", "DONE"]
    assert left(cluster) == []


@pytest.mark.slow
def test_another_dataset_makes_another_model(
    small_dataset: Path, cluster: ClusterAddress, connection: None, tmp_path: Path
) -> None:
    first = worker(small_dataset, tmp_path, "changed", LONG)
    wait_until(lambda: models(cluster, "changed") or first.poll() is not None)
    first.send_signal(signal.SIGKILL)
    first.wait(PATIENCE)
    more = tmp_path / "more.txt"
    more.write_text("\n".join(f"zqx{n:04}kj.biz" for n in range(300)))
    sources = [small_dataset.as_uri(), {"uri": more.as_uri(), "class": "dga", "subclass": "zqx"}]
    run(operator(sources, tmp_path, model_params=LONG | SHORT), instance("changed", attempt=2))  # type: ignore[arg-type]
    former, own = models(cluster, "changed")
    assert (former.status, own.status) == ("CANCELLED", "DONE")
    assert former.target != own.target
    assert left(cluster) == []


@pytest.mark.slow
def test_a_kill_cancels_the_job_and_leaves_nothing(
    small_dataset: Path, cluster: ClusterAddress, connection: None, tmp_path: Path
) -> None:
    first = worker(small_dataset, tmp_path, "stopped", LONG)
    wait_until(lambda: models(cluster, "stopped") or first.poll() is not None)
    time.sleep(1)
    began = time.monotonic()
    first.send_signal(signal.SIGTERM)
    assert first.wait(PATIENCE) == 1
    took = time.monotonic() - began
    said = (tmp_path / "out").read_text()
    assert "TrainingStoppedError: The training was stopped" in said
    assert took < SOON, took
    assert [job.status for job in models(cluster, "stopped")] == ["CANCELLED"]
    assert left(cluster) == []
    assert [file.name for file in tmp_path.glob("devo-dga-*")] == []


@pytest.mark.slow
def test_a_kill_may_leave_the_job_to_a_retry(
    small_dataset: Path, cluster: ClusterAddress, connection: None, tmp_path: Path
) -> None:
    params = {"ntrees": 900, "max_depth": 8}
    first = worker(small_dataset, tmp_path, "evicted", params, cancel_on_kill=False)
    wait_until(lambda: models(cluster, "evicted") or first.poll() is not None)
    first.send_signal(signal.SIGTERM)
    assert first.wait(PATIENCE) == 1
    assert "its job goes on" in (tmp_path / "out").read_text()
    run(operator(small_dataset.as_uri(), tmp_path, model_params=params), instance("evicted", attempt=2))
    assert [job.status for job in models(cluster, "evicted")] == ["DONE"]
    assert left(cluster) == []


def test_a_kill_takes_three_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: Any, **__: Any) -> Any:
        time.sleep(20)

    monkeypatch.setattr("airflow_provider_devo_dga.training.cluster.address.ClusterAddress.ask", slow)
    interruption = Interruption()
    interruption.expect(ClusterAddress("http://127.0.0.1:1"), "$job")
    began = time.monotonic()
    interruption.stop()
    assert time.monotonic() - began < SOON
    with pytest.raises(TrainingStoppedError):
        interruption.check()


def test_a_task_killed_before_it_has_a_cluster_ends(tiny_dataset: Path, tmp_path: Path) -> None:
    task = operator(tiny_dataset.as_uri(), tmp_path, h2o_conn_id=None)
    task.on_kill()
    with pytest.raises(TrainingStoppedError):
        run(task, instance("early"))


def test_each_clear_names_another_model() -> None:
    assert Durable("a_task", 1, 1).model_key("0a") != Durable("a_task", 11, 1).model_key("0a")
