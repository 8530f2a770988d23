"""RecordTrainingOperator: a training into the model history, as the challenger."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from airflow.sdk import Context, ObjectStoragePath

from airflow_provider_devo_dga.hooks.mlflow import MLflowHook
from airflow_provider_devo_dga.links.mlflow_run import MLflowRunLink
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.redaction import shown_uri
from airflow_provider_devo_dga.tasks.lineage import file_place, history_places, lineage
from airflow_provider_devo_dga.tasks.rendered import mapping
from airflow_provider_devo_dga.tasks.wired import WiredOperator

_LARGEST_CARD = 5_000_000


class RecordTrainingOperator(WiredOperator):
    """Records a training in MLflow: a run with its figures, a model version, the alias ``challenger``.

    Summary and model card go with the run; the model file stays where it is, named by URI and SHA-256. The
    same training is recorded once, however often the task runs. Without an MLflow connection and without a
    folder for the file, nothing is recorded.

    Returns ``{"run_id", "number", "version", "sha256", "model_file", "link"}``, None when nothing is kept.

    :param trained: what ``H2OTrainOperator`` returned. (templated)
    :param name: name of the model; names the experiment and the registered model, too. (templated)
    :param history_dir: URI of a folder on this machine's disk for ``mlflow.db``, when there is no connection;
        None keeps no history. (templated)
    :param mlflow_conn_id: Airflow connection of type ``mlflow``; None for the file. (templated)
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    :raises HistoryError: MLflow cannot be reached now.
    :raises HistoryConfigError: nor later: a wrong address, or credentials refused.
    """

    template_fields: Sequence[str] = ("trained", "name", "history_dir", "mlflow_conn_id", "storage_conn_id")
    operator_extra_links = (MLflowRunLink(),)
    ui_color = "#e0ebff"

    def __init__(
        self,
        *,
        trained: Mapping[str, Any],
        name: str,
        history_dir: str | None = None,
        mlflow_conn_id: str | None = None,
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.trained = trained
        self.name = name
        self.history_dir = history_dir
        self.mlflow_conn_id = mlflow_conn_id
        self.storage_conn_id = storage_conn_id

    def execute(self, context: Context) -> dict[str, Any] | None:
        self.trained = mapping(self.trained, "trained", "H2OTrainOperator")
        history = MLflowHook(self.mlflow_conn_id, history_dir=self.history_dir).history(self.name)
        if history is None:
            return None
        trained = TrainingSummary.of(self.trained)
        trained = replace(trained, dag_id=trained.dag_id or context["dag_run"].dag_id)
        files = {"summary.json": json.dumps(trained.short(), indent=2), **self._card(trained)}
        entry = history.record(trained, files)
        champion = history.holder("champion")
        if champion is None or champion.number != entry.number:
            history.give("challenger", entry)
        if entry.link:
            MLflowRunLink.tell(self, context, entry.link)
        self.log.info("Training %s is version %d of %r in MLflow", entry.version, entry.number, self.name)
        return asdict(entry)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the model file and the history; None without its provider."""
        history = history_places(self.mlflow_conn_id, self.history_dir, self.name)
        return lineage([file_place(self.trained["model_file"])] if history else [], history)

    def _card(self, trained: TrainingSummary) -> dict[str, str]:
        if not (uri := trained.model_card):
            return {}
        card = ObjectStoragePath(uri, conn_id=self.storage_conn_id)
        if not card.is_file() or card.stat().st_size > _LARGEST_CARD:
            self.log.warning(
                "The model card %s is not recorded: it is not there, or too large", shown_uri(uri)
            )
            return {}
        return {"model_card.html": card.read_text()}
