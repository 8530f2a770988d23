"""WatchDriftOperator: does the traffic still look like what the model in service was trained on?"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context, ObjectStoragePath
from airflow.sdk.exceptions import AirflowSkipException

from airflow_provider_devo_dga.devo_api.window import Window, keyed
from airflow_provider_devo_dga.errors import DriftError
from airflow_provider_devo_dga.tasks import telemetry
from airflow_provider_devo_dga.tasks.lineage import file_place, lineage
from airflow_provider_devo_dga.tasks.rendered import address, mapping, number
from airflow_provider_devo_dga.tasks.run_window import run_window
from airflow_provider_devo_dga.tasks.wired import WiredOperator

if TYPE_CHECKING:
    from airflow_provider_devo_dga.models.summary import TrainingSummary

_PLANNED = ("threshold", "version", "summary", "false_positive_rate")
_WORST = 5


class WatchDriftOperator(WiredOperator):
    """Compares a window's scored domains with the legit names of the model's training, feature by feature.

    The measure is the population stability index over the bins that lie in the model's summary, on a sample
    of 20,000 domains that were not flagged. One small file a window keeps the figures. The alarm takes
    ``in_a_row`` windows of drift, and comes once in 24 windows. Skipped when the model has no summary.

    Returns ``{"alarm", "drifted": [feature], "worst": {feature: index}, "domains", "share_flagged",
    "false_positive_rate", "path"}``.

    :param rows: what ``DevoQueryOperator`` returned for a scoring query. (templated)
    :param plan: ``ScoringPlan`` as a mapping. (templated)
    :param models_dir: URI of the folder that the models were trained into. (templated)
    :param output_dir: URI of the folder for the figures. (templated)
    :param limit: an index above it is drift. (templated)
    :param in_a_row: windows with drift that make an alarm.
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    :raises AirflowSkipException: the model has no summary, or one of an earlier release.
    :raises DriftError: the summary's figures are not those of its features.
    """

    template_fields: Sequence[str] = ("rows", "plan", "models_dir", "output_dir", "limit", "storage_conn_id")
    ui_color = "#ffe0e0"

    def __init__(
        self,
        *,
        rows: Mapping[str, Any],
        plan: Mapping[str, Any],
        models_dir: str,
        output_dir: str,
        limit: float | str = 0.25,
        in_a_row: int = 3,
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rows = rows
        self.plan = plan
        self.models_dir = models_dir
        self.output_dir = output_dir
        self.limit = limit
        self.in_a_row = in_a_row
        self.storage_conn_id = storage_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        from airflow_provider_devo_dga.drift.baseline import stored_baseline
        from airflow_provider_devo_dga.drift.comparison import drift_record
        from airflow_provider_devo_dga.drift.watch import DriftWatch
        from airflow_provider_devo_dga.models.meaning import meaning_of
        from airflow_provider_devo_dga.reports.evidence.scored_rows import ScoredRows, refuse_other_rows

        self.rows = mapping(self.rows, "rows", "DevoQueryOperator", ["path", "window"])
        self.plan = mapping(
            self.plan, "plan", needs=["threshold", "version", "summary", "false_positive_rate"]
        )
        summary, baseline = self._trained()
        rows = ObjectStoragePath(self.rows["path"], conn_id=self.storage_conn_id)
        refuse_other_rows(rows, self.rows, self.plan.get("query"))
        record = drift_record(
            ScoredRows(rows, self.plan["threshold"]),
            stored_baseline(baseline),
            meaning_of(summary),
            limit=number(self.limit, "limit"),
            in_a_row=self.in_a_row,
            model_version=self.plan["version"],
            false_positive_rate=self.plan["false_positive_rate"],
        )
        window = run_window(context, self.rows["window"])
        folder = ObjectStoragePath(address(self.output_dir, "output_dir"), conn_id=self.storage_conn_id)
        found = DriftWatch(folder, self.plan.get("source_key", "")).record(window, record)
        worst = dict(list(found.index.items())[:_WORST])
        self.log.log(
            logging.WARNING if found.alarm else logging.INFO,
            "%s: %d of %d features drifted; the largest indices: %s; %.2f %% of the domains flagged%s",
            window,
            len(found.drifted),
            len(found.index),
            ", ".join(f"{name} {index:.2f}" for name, index in worst.items()) or "none",
            100 * found.share_flagged,
            ". ALARM: it has lasted, train the model again" if found.alarm else "",
        )
        telemetry.gauge("drift.psi", max(found.index.values(), default=0.0))
        return {
            "alarm": found.alarm,
            "drifted": list(found.drifted),
            "worst": worst,
            "domains": found.domains,
            "share_flagged": found.share_flagged,
            "false_positive_rate": found.false_positive_rate,
            "path": str(folder / f"{self._name(window)}.json"),
        }

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the rows, the model's summary and the figures; None without its provider."""
        window = Window.parse(self.rows["window"]["from"], self.rows["window"]["to"])
        summary = file_place(f"{self.models_dir.rstrip('/')}/{self.plan['summary']}")
        figures = file_place(f"{self.output_dir.rstrip('/')}/{self._name(window)}.json")
        return lineage([file_place(self.rows["path"]), summary], [figures])

    def _name(self, window: Window) -> str:
        return keyed(window.slug, self.plan.get("source_key", ""))

    def _trained(self) -> tuple[TrainingSummary, dict[str, Any]]:
        """Return the summary of the model in service, and the baseline in it."""
        from airflow_provider_devo_dga.models.store import ModelStore, read_summary

        place = self.plan.get("summary")
        if not place:
            raise AirflowSkipException("The model in service has no summary, so nothing to compare with")
        file = ModelStore(ObjectStoragePath(self.models_dir, conn_id=self.storage_conn_id)).summary_at(place)
        summary = read_summary(file)
        if summary is None:
            raise DriftError(f"The summary of the model in service is not at {file}; bring it back")
        if summary.baseline is None:
            raise AirflowSkipException(f"{file} is of an earlier release and has no baseline; train again")
        return summary, summary.baseline
