"""Every call that this provider makes over a connection, led to one server or proxy."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_devo_dga.devo_api.query import Query
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import DevoDgaError
from airflow_provider_devo_dga.hooks.connections import h2o_cluster
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.devo_jobs import DevoJobs
from airflow_provider_devo_dga.hooks.h2o import H2OHook
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.hooks.mlflow import MLflowHook
from airflow_provider_devo_dga.tasks.retries import DEVO_RETRY_POLICY
from airflow_provider_devo_dga.training.cluster.address import ClusterAddress
from airflow_provider_devo_dga.triggers.shared_access import shared_access
from tests.conftest import FROM, TO

SECRET = "s3cret-77a1b2c3d4"
LOGIN = "proxy-pass-5c81e0"
SECONDS, SLACK = 0.3, 3.0
seconds = 20.0
"""For a call; ``define`` sets it."""
TYPES = ("devo", "devo_mlmm", "h2o", "mlflow")


def rows() -> object:
    return DevoHook("devo_way").get_records("from a.b", from_=FROM, to=TO)


def job() -> object:
    return DevoJobs(DevoHook("devo_way")).submit("from a.b", Window(FROM, TO), "donothing", {}, "a-job")


def trigger() -> object:
    async def ask() -> object:
        async with shared_access("devo_way") as access:
            return await access.whole(Query("from a.b", Window(FROM, TO)))

    return asyncio.run(ask())


def models() -> object:
    return MLModelManagerHook("devo_mlmm_way", timeout=seconds).get_models()


def model() -> object:
    return MLModelManagerHook("devo_mlmm_way", timeout=seconds).find_model("m")


def cluster() -> object:
    with H2OHook("h2o_way") as hook:
        return hook.get_conn()


def address() -> object:
    where = ClusterAddress(**h2o_cluster(H2OHook.get_connection("h2o_way")))
    return where.ask("GET", "/3/Cloud", seconds=seconds)


def experiments() -> object:
    server = dataclasses.replace(MLflowHook("mlflow_way").get_conn(), timeout=max(1, int(seconds)), retries=0)
    with server.client() as client:
        return client.search_experiments()


CALLS: dict[str, Callable[[], object]] = {
    "rows": rows,
    "job": job,
    "trigger": trigger,
    "models": models,
    "model": model,
    "H2O": cluster,
    "H2O's address": address,
    "MLflow": experiments,
}
# MLflow takes seconds to import
EVERY_CALL = [pytest.param(name, marks=[pytest.mark.slow] if name == "MLflow" else []) for name in CALLS]
TESTS: dict[str, Callable[[], Any]] = {
    "devo": lambda: DevoHook("devo_way"),
    "devo_mlmm": lambda: MLModelManagerHook("devo_mlmm_way", timeout=seconds),
    "h2o": lambda: H2OHook("h2o_way"),
    "mlflow": lambda: MLflowHook("mlflow_way"),
}
EVERY_TYPE = [pytest.param(name, marks=[pytest.mark.slow] if name == "mlflow" else []) for name in TYPES]


def asked(name: str) -> tuple[DevoDgaError, float]:
    """Return the error that a call ends with, and the seconds that it took."""
    if name == "MLflow":
        import mlflow  # noqa: F401 - takes seconds, which are none of the call's
    began = time.monotonic()
    with pytest.raises(DevoDgaError) as caught:
        CALLS[name]()
    return caught.value, time.monotonic() - began


def is_permanent(error: DevoDgaError) -> bool:
    return DEVO_RETRY_POLICY.evaluate(error, try_number=1, max_tries=3).action.name == "FAIL"
