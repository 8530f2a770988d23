"""GateModelOperator: only a model that is good enough, and no worse than the one in service, goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import ObjectStoragePath
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_devo_dga.errors import DocumentError, HistoryError
from airflow_provider_devo_dga.hooks.mlflow import MLflowHook
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.promotion.gate import QualityGate, gate_report
from airflow_provider_devo_dga.scratch import scratch_folder
from airflow_provider_devo_dga.tasks.lineage import history_places, lineage
from airflow_provider_devo_dga.tasks.rendered import mapping, mapping_or_none, number, whole
from airflow_provider_devo_dga.tasks.wired import WiredOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_devo_dga.promotion.backtest.backtest import Backtest

_LONGEST_NOTE = 4000


class GateModelOperator(WiredOperator):
    """Holds a trained model against declared rules, and against the champion on the same held-out names.

    The model itself is asked about well-known names and plainly random ones: one that learned exchanged
    classes has fine figures and flags the former.

    A model that breaks any rule fails the task without a retry; the error lists every reason. So does a
    champion that cannot be compared with. Without a champion the rules for a model alone decide.
    The verdict goes to the training's run in MLflow, if a history is kept.

    Returns ``{"version", "champion", "summary"}``; ``summary`` is Markdown for people who approve.

    :param trained: what ``H2OTrainOperator`` returned. (templated)
    :param champion: what serves now: ``{"version", "sha256", "reason"}``; None when nothing serves yet, or
        nothing is to be compared. (templated)
    :param name: name of the model. (templated)
    :param min_auc: least area under the ROC curve. (templated)
    :param min_recall: least share of DGA names flagged at the model's threshold. (templated)
    :param max_false_positive_rate: largest share of legit names flagged there. (templated)
    :param min_rows: least number of held-out names. (templated)
    :param max_recall_loss: share of DGA names that it may flag less than the champion, at the same
        false-positive budget. (templated)
    :param max_family_loss: the same, for each family. (templated)
    :param min_family_rows: families with fewer held-out names are not compared. (templated)
    :param backtest: what ``BacktestModelOperator`` returned; None tries it on no traffic. (templated)
    :param max_own_factor: how many times its false-positive budget it may flag of the names that clean
        clients here asked for. (templated)
    :param max_more_clients: clients a week that it may name and the champion does not. (templated)
    :param max_fewer_clients: clients a week that the champion names and it does not. (templated)
    :param history_dir: URI of a folder on this machine's disk for ``mlflow.db``, when there is no MLflow
        connection; None keeps no history. (templated)
    :param mlflow_conn_id: Airflow connection of type ``mlflow``; None for the file. (templated)
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    :raises DocumentError: the backtest is another version's.
    :raises MojoExportError: the model file is not there, or cannot be scored.
    :raises AirflowFailException: the model breaks a rule; lists every reason, and is not retried.
    """

    template_fields: Sequence[str] = (
        "trained",
        "champion",
        "name",
        "min_auc",
        "min_recall",
        "max_false_positive_rate",
        "min_rows",
        "max_recall_loss",
        "max_family_loss",
        "min_family_rows",
        "backtest",
        "max_own_factor",
        "max_more_clients",
        "max_fewer_clients",
        "history_dir",
        "mlflow_conn_id",
        "storage_conn_id",
    )
    ui_color = "#fff0cc"

    def __init__(
        self,
        *,
        trained: Mapping[str, Any],
        name: str,
        champion: Mapping[str, Any] | None = None,
        min_auc: float | str = 0.8,
        min_recall: float | str = 0.3,
        max_false_positive_rate: float | str = 0.02,
        min_rows: int | str = 500,
        max_recall_loss: float | str = 0.02,
        max_family_loss: float | str = 0.15,
        min_family_rows: int | str = 30,
        backtest: Mapping[str, Any] | None = None,
        max_own_factor: float | str = 3,
        max_more_clients: float | str = 10,
        max_fewer_clients: float | str = 10,
        history_dir: str | None = None,
        mlflow_conn_id: str | None = None,
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.trained = trained
        self.name = name
        self.champion = champion
        self.min_auc = min_auc
        self.min_recall = min_recall
        self.max_false_positive_rate = max_false_positive_rate
        self.min_rows = min_rows
        self.max_recall_loss = max_recall_loss
        self.max_family_loss = max_family_loss
        self.min_family_rows = min_family_rows
        self.backtest = backtest
        self.max_own_factor = max_own_factor
        self.max_more_clients = max_more_clients
        self.max_fewer_clients = max_fewer_clients
        self.history_dir = history_dir
        self.mlflow_conn_id = mlflow_conn_id
        self.storage_conn_id = storage_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        gate = QualityGate(
            min_auc=number(self.min_auc, "min_auc"),
            min_recall=number(self.min_recall, "min_recall"),
            max_false_positive_rate=number(self.max_false_positive_rate, "max_false_positive_rate"),
            min_rows=whole(self.min_rows, "min_rows"),
            max_recall_loss=number(self.max_recall_loss, "max_recall_loss"),
            max_family_loss=number(self.max_family_loss, "max_family_loss"),
            min_family_rows=whole(self.min_family_rows, "min_family_rows"),
        )
        trained = TrainingSummary.of(mapping(self.trained, "trained", "H2OTrainOperator"))
        champion = mapping_or_none(self.champion, "champion", "the task that finds the champion", ["version"])
        tried = self._tried(trained)
        # figures cost nothing, to ask the model takes a Java
        reasons = gate.reasons_against(trained, champion) + self._shown(tried, trained)
        reasons = reasons or self._answers(trained)
        self._note(trained, "; ".join(reasons))
        if reasons:
            raise AirflowFailException("The model does not pass the quality gate: " + "; ".join(reasons))
        version = champion["version"] if champion else None
        if version is None:
            self.log.info("There is no champion to compare with, or none is to be: its own rules decide")
        self.log.info(
            "Version %s passes the gate: %s, champion %s", trained.version, trained.judged, version or "none"
        )
        return {
            "version": trained.version,
            "champion": version,
            "summary": "\n\n".join([gate_report(trained, version), *self._told(tried, trained)]),
        }

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the history that has the verdict; None without its provider."""
        return lineage([], history_places(self.mlflow_conn_id, self.history_dir, self.name))

    def _tried(self, trained: TrainingSummary) -> Backtest | None:
        from airflow_provider_devo_dga.promotion.backtest.backtest import BACKTEST

        found = mapping_or_none(self.backtest, "backtest", "BacktestModelOperator", ["windows"])
        if found is None:
            return None
        tried = BACKTEST.of(found, "What was handed over as backtest")
        if tried.version != trained.version:
            raise DocumentError(
                f"The backtest is that of version {tried.version}, not of {trained.version}; clear the task"
                " that made it"
            )
        return tried

    def _shown(self, tried: Backtest | None, trained: TrainingSummary) -> list[str]:
        """Return what the backtest shows against the model."""
        from airflow_provider_devo_dga.promotion.backtest.limits import BacktestLimits

        limits = BacktestLimits(
            max_own_factor=number(self.max_own_factor, "max_own_factor"),
            max_more_clients=number(self.max_more_clients, "max_more_clients"),
            max_fewer_clients=number(self.max_fewer_clients, "max_fewer_clients"),
        )
        return limits.reasons_against(tried, trained) if tried else []

    def _told(self, tried: Backtest | None, trained: TrainingSummary) -> list[str]:
        from airflow_provider_devo_dga.promotion.backtest.limits import backtest_report

        return [backtest_report(tried, trained)] if tried else []

    def _answers(self, trained: TrainingSummary) -> list[str]:
        """Return what the model's answers about plain names say against it."""
        from airflow_provider_devo_dga.models.meaning import asked_for
        from airflow_provider_devo_dga.models.store import local_copy
        from airflow_provider_devo_dga.promotion.plain_names import reasons_of_plain_names

        file = ObjectStoragePath(trained.model_file, conn_id=self.storage_conn_id)
        with scratch_folder() as folder:
            return reasons_of_plain_names(local_copy(file, folder), asked_for(None, file))

    def _note(self, trained: TrainingSummary, reasons: str) -> None:
        """Tell the history; the verdict stands whether that can be written down or not."""
        verdict = {"gate": "refused" if reasons else "passed", "gate_reasons": reasons[:_LONGEST_NOTE]}
        try:
            history = MLflowHook(self.mlflow_conn_id, history_dir=self.history_dir).history(self.name)
            if history is not None:
                history.note(trained.version, trained.sha256, verdict)
        except HistoryError as error:
            self.log.warning("The gate's verdict is not in the model history: %s", error)
