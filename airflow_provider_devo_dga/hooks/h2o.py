"""H2OHook: a private H2O cluster for one task, or an existing one from a connection."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from airflow.sdk import BaseHook

from airflow_provider_devo_dga.errors import H2OClusterError, H2OConfigError
from airflow_provider_devo_dga.hooks.connections import h2o_cluster, refused_as

if TYPE_CHECKING:
    from h2o.backend import H2OConnection

    from airflow_provider_devo_dga.training.cluster.address import ClusterAddress


class H2OHook(BaseHook):
    """Connects the h2o package to a cluster for the length of a ``with`` block.

    Without a connection it starts a private cluster on this machine: loopback only, one-time password,
    ended with the block whatever happens. With one it uses that cluster and leaves it running.

    Connection: ``host``, ``port``, ``login`` and ``password``; ``schema`` ``https`` or ``http``; extras
    ``context_path`` and ``verify``.

    :param h2o_conn_id: the Airflow connection of an existing cluster; None starts a private one.
    :param max_mem: Java heap of a private cluster, e.g. ``2g``.
    :param nthreads: worker threads of a private cluster; -1 uses every core.
    """

    conn_name_attr = "h2o_conn_id"
    default_conn_name = "h2o_default"
    conn_type = "h2o"
    hook_name = "H2O"

    def __init__(self, h2o_conn_id: str | None = None, *, max_mem: str = "2g", nthreads: int = -1) -> None:
        super().__init__()
        self.h2o_conn_id = h2o_conn_id
        self.max_mem = max_mem
        self.nthreads = nthreads
        self._stack = ExitStack()
        self._connection: H2OConnection | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._connection = stack.enter_context(self._open(stack))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self._connection = None
        # hands the error on: the connection turns "server gone" into a typed error
        return self._stack.__exit__(kind, error, trace)

    def get_conn(self) -> H2OConnection:
        """Return the h2o package's connection; inside the ``with`` block only."""
        if self._connection is None:
            raise H2OClusterError("H2OHook is not connected: use it as `with H2OHook(...) as hook:`")
        return self._connection

    @property
    def address(self) -> ClusterAddress:
        """Where the cluster is; inside the ``with`` block only."""
        from airflow_provider_devo_dga.training.cluster.connection import current_address

        self.get_conn()
        return current_address()

    def _open(self, stack: ExitStack) -> Any:
        from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
        from airflow_provider_devo_dga.training.cluster.connection import h2o_connection

        if self.h2o_conn_id is None:
            cluster = LocalCluster(self.max_mem, self.nthreads)
            return stack.enter_context(cluster).connection()
        with refused_as(H2OConfigError):
            remote = h2o_cluster(self.get_connection(self.h2o_conn_id))
        return h2o_connection(**remote)

    def test_connection(self) -> tuple[bool, str]:
        """Ask the cluster of the connection how it is; say which part fails when one does."""
        try:
            with self as hook:
                cluster = hook.get_conn().cluster
                healthy, size, version = cluster.cloud_healthy, cluster.cloud_size, cluster.version
        except H2OClusterError as error:
            return False, str(error)
        if not healthy:
            return False, f"The H2O cluster answers, but one of its {size} nodes is not healthy"
        return True, f"H2O {version} answers, with {size} healthy node(s)"
