"""Run a Dag that lies in no file known to Airflow, once, in this process and its real database."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import DAG


def run_once(dag: DAG, conf: dict[str, Any] | None = None, **options: Any) -> Any:
    """Return the finished run; ``options`` are those of ``dag.test``."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(os.devnull)
    bag.dags[dag.dag_id] = dag
    sync_bag_to_db(bag, "dags-folder", None)
    return dag.test(run_conf=conf, **options)
