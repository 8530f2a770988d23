"""PromoteModelOperator: a registered candidate takes the serving name, or the former model keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from airflow.sdk import Context, ObjectStoragePath

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.devo_api.wire import Row
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.hooks.mlflow import MLflowHook
from airflow_provider_devo_dga.links.mlflow_run import MLflowRunLink
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.scratch import scratch_folder
from airflow_provider_devo_dga.tasks import telemetry
from airflow_provider_devo_dga.tasks.lineage import (
    file_place,
    history_places,
    lineage,
    model_place,
    table_places,
    tell_outlets,
)
from airflow_provider_devo_dga.tasks.rendered import address, mapping
from airflow_provider_devo_dga.tasks.run_window import Moment, Span, run_window
from airflow_provider_devo_dga.tasks.wired import WiredOperator


class PromoteModelOperator(WiredOperator):
    """Lets a candidate serve: replaces the file under the serving name, reads it back and asks it in Devo.

    Known names are asked of the candidate before, and of the serving name after; names that the former model
    labels otherwise are among them, so that a former model which still answers is found out. Then the alias
    ``champion`` moves in the model history, if one is kept. When any of this fails, the former model is put
    back and the error says so. Its file is kept below ``models_dir`` before anything changes, so a retry
    after a kill finishes or puts back. A retry after success changes nothing.

    Outlets that are assets get the model's facts as the event's extra.

    Returns ``{"name", "version", "sha256", "former": {…} or None, "number"}``; ``number`` is the version's in
    MLflow.

    :param name: the name that serves. (templated)
    :param candidate: name that the same file is registered under already. (templated)
    :param trained: what ``H2OTrainOperator`` returned, or the summary of an earlier version. (templated)
    :param models_dir: URI of the folder for models; the former model's file is kept there. (templated)
    :param table: any table with events in the window; the questions are asked beside them. (templated)
    :param window: None for the run's own window; a width, ``timedelta(hours=1)`` for the last full hour; or
        ``{"from", "to"}``: see ``run_window``. (templated)
    :param from_: start of another window, included: aware datetime or ISO 8601 text. (templated)
    :param to: its end, excluded. (templated)
    :param devo_domain: Devo domain that owns the model. (templated)
    :param description: what people read in Devo. (templated)
    :param settle_seconds: how long the former model may go on answering after it was replaced.
    :param history_dir: URI of a folder on this machine's disk for ``mlflow.db``, when there is no MLflow
        connection; None keeps no history. (templated)
    :param mlflow_conn_id: Airflow connection of type ``mlflow``; None for the file. (templated)
    :param mlmm_conn_id: Airflow connection of type ``devo_mlmm``. (templated)
    :param devo_conn_id: Airflow connection of type ``devo``. (templated)
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    :raises MojoExportError: there is no model file, or it is not the one that was trained.
    :raises ModelRejectedError: the candidate is another file, or answers otherwise than its MOJO; the former
        model serves.
    """

    template_fields: Sequence[str] = (
        "name",
        "candidate",
        "trained",
        "models_dir",
        "table",
        "window",
        "from_",
        "to",
        "devo_domain",
        "description",
        "history_dir",
        "mlflow_conn_id",
        "mlmm_conn_id",
        "devo_conn_id",
        "storage_conn_id",
    )
    operator_extra_links = (MLflowRunLink(),)
    ui_color = "#d9f2d9"

    def __init__(
        self,
        *,
        name: str,
        candidate: str,
        trained: Mapping[str, Any],
        models_dir: str,
        table: str,
        window: Span = None,
        from_: Moment = None,
        to: Moment = None,
        devo_domain: str = "self",
        description: str | None = None,
        settle_seconds: float = 180.0,
        history_dir: str | None = None,
        mlflow_conn_id: str | None = None,
        mlmm_conn_id: str = MLModelManagerHook.default_conn_name,
        devo_conn_id: str = DevoHook.default_conn_name,
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.name = name
        self.candidate = candidate
        self.trained = trained
        self.models_dir = models_dir
        self.table = table
        self.window = window
        self.from_ = from_
        self.to = to
        self.devo_domain = devo_domain
        self.description = description
        self.settle_seconds = settle_seconds
        self.history_dir = history_dir
        self.mlflow_conn_id = mlflow_conn_id
        self.mlmm_conn_id = mlmm_conn_id
        self.devo_conn_id = devo_conn_id
        self.storage_conn_id = storage_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        from airflow_provider_devo_dga.models.meaning import known_meaning
        from airflow_provider_devo_dga.models.store import ModelStore, local_copy
        from airflow_provider_devo_dga.promotion.probe import KnownNames
        from airflow_provider_devo_dga.promotion.promotion import Promotion

        self.trained = mapping(self.trained, "trained", "H2OTrainOperator")
        window = run_window(context, self.window, from_=self.from_, to=self.to)
        trained = TrainingSummary.of(self.trained)
        provenance = Provenance.of_training(trained)
        path = partial(ObjectStoragePath, conn_id=self.storage_conn_id)
        store = ModelStore(path(address(self.models_dir, "models_dir")))
        features = known_meaning(provenance, store)
        with scratch_folder() as folder:
            file = local_copy(path(trained.model_file), folder)
            size = file.stat().st_size
            promotion = Promotion(
                name=self.name,
                trained=trained,
                text=self.description or self.name,
                registry=MLModelManagerHook(self.mlmm_conn_id),
                store=store,
                probe=KnownNames(partial(self._ask, window), file, features, self.table, self.devo_domain),
                settle=self.settle_seconds,
                history=MLflowHook(self.mlflow_conn_id, history_dir=self.history_dir).history(self.name),
            )
            promotion.check_candidate(self.candidate)
            try:
                former = promotion.run().former
            finally:
                if promotion.outcome == "promoted":
                    telemetry.count("model.promotions")
                elif promotion.outcome == "put_back":
                    telemetry.count("model.rollbacks")
        entry = promotion.entry
        if entry and entry.link:
            MLflowRunLink.tell(self, context, entry.link)
        tell_outlets(self.outlets, context, {"name": self.name, **provenance.event(size)})
        self.log.info(
            "Model %r serves version %s (%s), in place of %s",
            *(self.name, trained.version, promotion.outcome, former or "none"),
        )
        return {
            "name": self.name,
            "version": trained.version,
            "sha256": trained.sha256,
            "former": {"sha256": former.sha256, "description": former.description} if former else None,
            "number": entry.number if entry else None,
        }

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage file, candidate and table, model and history; None without its provider."""
        read = [file_place(self.trained["model_file"]), model_place(self.mlmm_conn_id, self.candidate)]
        read += table_places(self.devo_conn_id, f"from {self.table}")
        history = history_places(self.mlflow_conn_id, self.history_dir, self.name)
        return lineage(read, [model_place(self.mlmm_conn_id, self.name), *history])

    def _ask(self, window: Window, query: str) -> list[Row]:
        return DevoHook(self.devo_conn_id).get_records(query, from_=window.start, to=window.end, limit=1)
