"""A real H2O node for parity tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster


@pytest.fixture(scope="module")
def connected(cluster: LocalCluster) -> Iterator[LocalCluster]:
    with cluster.connection():
        yield cluster
