"""``H2OTrainOperator`` takes no longer than a plain script of the same steps."""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from airflow_provider_devo_dga.features.dga import PLAIN_FEATURES
from airflow_provider_devo_dga.features.h2o_frame import add_features
from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
from airflow_provider_devo_dga.training.cluster.connection import h2o_connection
from benchmarks.claim import Measured, Size, seconds

PARAMS = {"ntrees": 150, "max_depth": 7, "learn_rate": 0.1, "sample_rate": 0.8, "col_sample_rate": 0.7}
PARAMS |= {"min_rows": 20}
TURNS = 2


def run(size: Size) -> list[Measured]:
    """Train on one cluster by both, in turns: read, compute features, train, score, export."""
    from demo.dataset import write_dataset

    rows = size.pick(60_000, 30_000)
    with tempfile.TemporaryDirectory(prefix="devo-dga-bench-") as name, LocalCluster(max_mem="3g") as cluster:
        folder = Path(name)
        dataset = folder / "dataset.csv"
        write_dataset(dataset, legit=rows, dga_per_family=rows // 20)
        _connect(cluster)
        # the first of both warms the cluster up
        times = [
            (seconds(lambda: by_operator(dataset, folder)), _script_seconds(dataset, cluster))
            for _ in range(1 + TURNS)
        ]
    operator, script = (statistics.median(column) for column in zip(*times[1:], strict=True))
    claim = f"`H2OTrainOperator` over {rows:,} legit names, 31 features, 150 trees"
    parts = {"operator_s": operator, "script_s": script, "turns": times}
    return [Measured(claim, operator / script, "× plain script", 1.1, at_least=False, parts=parts)]


def _script_seconds(dataset: Path, cluster: LocalCluster) -> float:
    """Run the script in a process of its own: beside Airflow's objects h2o takes twice as long."""
    user, password = cluster.auth
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.train_overhead", str(dataset), cluster.url],
        env={**os.environ, "H2O_BENCH_USER": user, "H2O_BENCH_PASSWORD": password},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return float(told.stdout.splitlines()[-1])


def _connect(cluster: LocalCluster) -> None:
    user, password = cluster.auth
    host, port = cluster.url.removeprefix("http://").split(":")
    fields = {"conn_type": "h2o", "schema": "http", "host": host, "port": int(port)}
    os.environ["AIRFLOW_CONN_H2O_BENCH"] = json.dumps({**fields, "login": user, "password": password})


def by_operator(dataset: Path, folder: Path) -> None:
    """Run the operator as Airflow does."""
    from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator

    task = H2OTrainOperator(
        task_id="train",
        dataset=dataset.as_uri(),
        output_dir=folder.as_uri(),
        feature_set="dga_plain",
        compare_tutorial=False,
        h2o_conn_id="h2o_bench",
    )
    run = SimpleNamespace(run_after=datetime(2026, 1, 5, tzinfo=UTC))
    task.execute({"dag_run": run, "run_id": "bench", "params": {}})


def by_script(dataset: Path, url: str, auth: tuple[str, str]) -> None:
    """Do the same steps as somebody would who knows h2o: distinct rows, one frame, one model."""
    import h2o
    from h2o.estimators import H2OGradientBoostingEstimator

    folder = dataset.parent
    rows = {}
    with dataset.open(newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            tld = row["host"].rsplit(".", 1)[1]
            rows[row["domain"].lower()] = (row["domain"].lower(), tld, int(row["class"] == "dga"))
    plain = folder / "plain.csv"
    with plain.open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(("label", "tld", "malicious"))
        writer.writerows(rows.values())
    with h2o_connection(url, auth=auth):
        frame = h2o.upload_file(
            str(plain), header=1, sep=",", quotechar='"', col_types=["string", "string", "enum"]
        )
        frame = add_features(frame, PLAIN_FEATURES)
        training, validation = frame.split_frame([0.8], seed=1234)
        model = H2OGradientBoostingEstimator(
            seed=1234, distribution="bernoulli", ignore_const_cols=False, **PARAMS
        )
        names = list(PLAIN_FEATURES.names)
        model.train(names, "malicious", training_frame=training, validation_frame=validation)
        scores = validation[["label", "malicious"]].cbind(model.predict(validation)["p1"])
        h2o.download_csv(scores, str(folder / "scores.csv"))
        model.download_mojo(str(folder / "plain.zip"))
        h2o.remove_all()


def main() -> int:
    """Run the script alone and print its seconds; what Python takes to import h2o does not count."""
    import h2o.estimators  # noqa: F401

    assert "airflow" not in sys.modules
    auth = (os.environ["H2O_BENCH_USER"], os.environ["H2O_BENCH_PASSWORD"])
    print(seconds(lambda: by_script(Path(sys.argv[1]), sys.argv[2], auth)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
