"""Two H2O nodes that form one cluster: training works there, and the loss of a node is clear."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from airflow_provider_devo_dga.errors import H2OClusterError
from airflow_provider_devo_dga.features.dga import DGA_RECIPE
from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.models.java import find_h2o_jar, find_java
from airflow_provider_devo_dga.models.mojo import inspect_mojo
from airflow_provider_devo_dga.training.cluster.address import ClusterAddress
from airflow_provider_devo_dga.training.cluster.connection import h2o_connection
from airflow_provider_devo_dga.training.cluster.durable import Durable
from airflow_provider_devo_dga.training.cluster.jobs import Job, all_jobs
from airflow_provider_devo_dga.training.settings import EvaluationPlan, TrainingSettings
from airflow_provider_devo_dga.training.train import train
from airflow_provider_devo_dga.training.trained_model import TrainedModel
from tests.ports import free_port
from tests.waiting import wait_until

Prepared = tuple[Path, Dataset]
Node = subprocess.Popen[bytes]


@contextmanager
def two_nodes(folder: Path) -> Iterator[tuple[ClusterAddress, list[Node]]]:
    """Run two nodes on loopback that know each other by a list; yield the address of the first."""
    # a node takes two: for the others, and for clients
    first = free_port(4)
    ports = [first, first + 2]
    folder.mkdir()
    (folder / "nodes").write_text("".join(f"127.0.0.1:{port}\n" for port in ports))
    address = ClusterAddress(f"http://127.0.0.1:{ports[0]}")
    with ExitStack() as stack:
        nodes = [stack.enter_context(_node(folder, port)) for port in ports]
        wait_until(lambda: _size(address) == 2 or any(node.poll() is not None for node in nodes), 120)
        assert all(node.poll() is None for node in nodes), (folder / str(ports[0])).read_text()
        yield address, nodes


@contextmanager
def _node(folder: Path, port: int) -> Iterator[Node]:
    command = [str(find_java()), "-Xmx700m", "-Dsys.ai.h2o.ext.core.toggle.XGBoost=False"]
    command += ["-jar", str(find_h2o_jar()), "-name", folder.name, "-ip", "127.0.0.1", "-web_ip", "127.0.0.1"]
    command += ["-port", str(port), "-flatfile", str(folder / "nodes")]
    command += ["-ice_root", str(folder / f"ice{port}"), "-log_dir", str(folder / f"log{port}")]
    with (folder / str(port)).open("w") as output:
        node = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield node
    finally:
        node.kill()
        node.wait()


def _size(address: ClusterAddress) -> int:
    try:
        cloud = address.ask("GET", "/3/Cloud?skip_ticks=true", seconds=5)
    except H2OClusterError:
        return 0
    return int(cloud["cloud_size"]) if cloud["cloud_healthy"] else 0


def trainings(address: ClusterAddress) -> list[Job]:
    return [job for job in all_jobs(address) if not job.target.endswith("_rows")]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_nodes_train_and_the_loss_of_one_is_told(prepared: Prepared, tmp_path: Path) -> None:
    def fit(address: ClusterAddress, durable: Durable, **params: int) -> TrainedModel:
        with h2o_connection(address.url):
            return train(
                prepared[0],
                TrainingSettings(
                    feature_set=DGA_RECIPE, model_params=params, plan=EvaluationPlan(tutorial=False)
                ),
                output_dir=tmp_path,
                durable=durable,
            )

    task = "airflow_a_dag_two_nodes"
    with two_nodes(tmp_path / "one") as (address, nodes), ThreadPoolExecutor(1) as pool:

        def kill() -> None:
            try:
                # the upload and the features come first, and take minutes on a busy machine
                wait_until(lambda: any(is_under_way(job) for job in trainings(address)), 400)
            finally:
                # also where none was seen: nothing else ends thousands of trees
                os.kill(nodes[1].pid, signal.SIGKILL)

        def is_under_way(job: Job) -> bool:
            return job.target.startswith(task) and job.progress > 0

        killed = pool.submit(kill)
        with pytest.raises(H2OClusterError, match=r"lost 1 of its 2 nodes .*restart all its nodes"):
            fit(address, Durable(task, 1, 1), ntrees=9000, max_depth=10, min_rows=1)
        killed.result()
    with two_nodes(tmp_path / "two") as (address, _):
        again = Durable(task, 1, 2)
        model = fit(address, again, ntrees=20)
        again.remove(address)
        assert address.ask("GET", "/3/Frames")["frames"] == []
        assert address.ask("GET", "/3/Models")["models"] == []
    assert inspect_mojo(Path(model.model_file)).columns == DGA_RECIPE.names
    assert model.metrics["valid"].auc > 0.85
