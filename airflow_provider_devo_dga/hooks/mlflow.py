"""MLflowHook: the history of models, on an MLflow server or in a file."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow.sdk import BaseHook

from airflow_provider_devo_dga.errors import HistoryConfigError, HistoryError
from airflow_provider_devo_dga.features.quoting import model_name
from airflow_provider_devo_dga.hooks.connections import mlflow_server, refused_as
from airflow_provider_devo_dga.redaction import shown_uri

if TYPE_CHECKING:
    from airflow_provider_devo_dga.history.model_history import ModelHistory
    from airflow_provider_devo_dga.history.tracking_server import TrackingServer

_FILE = "mlflow.db"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class MLflowHook(BaseHook):
    """Leads to the history of models: trainings, versions, and who is champion or challenger.

    With a connection it is kept on that MLflow server; without one in the file ``mlflow.db`` of a folder,
    when that is on this machine's disk and MLflow is installed; else nowhere.

    Connection: ``host`` is the server's address with ``https://`` or ``http://``; ``login`` and ``password``
    for a server that asks for them, or ``password`` alone for a token; extra ``verify``.

    :param mlflow_conn_id: the Airflow connection of an MLflow server; None for the file.
    :param history_dir: URI of the folder for ``mlflow.db``; None when there is to be no file.
    """

    conn_name_attr = "mlflow_conn_id"
    default_conn_name = "mlflow_default"
    conn_type = "mlflow"
    hook_name = "MLflow"

    def __init__(self, mlflow_conn_id: str | None = None, *, history_dir: str | None = None) -> None:
        super().__init__()
        self.mlflow_conn_id = mlflow_conn_id
        self.history_dir = history_dir

    def get_conn(self) -> TrackingServer:
        """Return the server of the connection.

        :raises HistoryConfigError: names the field that is wrong.
        """
        if self.mlflow_conn_id is None:
            raise HistoryConfigError("There is no MLflow connection; give mlflow_conn_id")
        from airflow_provider_devo_dga.history.tracking_server import TrackingServer

        connection = self.get_connection(self.mlflow_conn_id)
        with refused_as(HistoryConfigError):
            fields = mlflow_server(connection)
        parts = urlsplit(fields["uri"])
        if connection.password and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            self.log.warning("The MLflow server is spoken to without TLS: anyone on the way reads the token")
        return TrackingServer(**fields)

    def history(self, name: str) -> ModelHistory | None:
        """Return the history of a model; None when none is kept, said in the log.

        :raises HistoryConfigError: the connection cannot be used.
        """
        from airflow_provider_devo_dga.history.model_history import ModelHistory
        from airflow_provider_devo_dga.history.tracking_server import TrackingServer

        model_name(name)
        if self.mlflow_conn_id is not None:
            return ModelHistory(self.get_conn(), name)
        if (file := self._file()) is None:
            return None
        self.log.info("The model history is in %s", file)
        return ModelHistory(TrackingServer.in_file(file), name)

    def _file(self) -> Path | None:
        if not self.history_dir:
            self.log.info("No model history: there is no MLflow connection, and no file is wanted")
            return None
        from airflow_provider_devo_dga.history.tracking_server import local_path

        folder = local_path(self.history_dir)
        if folder is None:
            self.log.info(
                "No model history: no MLflow connection, and %s is no local disk", shown_uri(self.history_dir)
            )
            return None
        if find_spec("mlflow") is None:
            self.log.info("No model history: MLflow is not installed (extra 'mlflow')")
            return None
        return folder / _FILE

    def test_connection(self) -> tuple[bool, str]:
        """List the experiments; say which part fails when one does."""
        try:
            server = self.get_conn()
            with server.client() as client:
                found = client.search_experiments(max_results=100)
        except HistoryError as error:
            return False, str(error)
        return True, f"MLflow answers, with {len(found)} experiment(s)"
