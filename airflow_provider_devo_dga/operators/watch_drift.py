"""WatchDriftOperator: does the traffic still look like what the model in service was trained on?"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, ObjectStoragePath
from airflow.sdk.exceptions import AirflowSkipException

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import DriftError
from airflow_provider_devo_dga.features.host import HostParts, split_host
from airflow_provider_devo_dga.tasks import telemetry

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_devo_dga.drift.baseline import Baseline
    from airflow_provider_devo_dga.features.feature_set import FeatureSet

_WORST = 5


class WatchDriftOperator(BaseOperator):
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
        """Compare, and keep the figures."""
        from airflow_provider_devo_dga.drift.sample import sample_hosts
        from airflow_provider_devo_dga.drift.stability import drift_of
        from airflow_provider_devo_dga.drift.watch import DriftWatch

        baseline, features = self._trained()
        counts = {"flagged": 0, "domains": 0}
        hosts = sample_hosts(self._hosts(counts))
        drift = drift_of(baseline, hosts, features, limit=float(self.limit))
        window = Window.parse(self.rows["window"]["from"], self.rows["window"]["to"])
        folder = ObjectStoragePath(self.output_dir, conn_id=self.storage_conn_id)
        told = DriftWatch(folder, self.in_a_row).record(
            window.start,
            window.end,
            drift.to_dict()
            | {
                "model_version": self.plan["version"],
                "share_flagged": round(counts["flagged"] / max(1, counts["domains"]), 6),
                "false_positive_rate": self.plan["false_positive_rate"],
            },
        )
        worst = dict(list(drift.index.items())[:_WORST])
        self.log.log(
            logging.WARNING if told["alarm"] else logging.INFO,
            "%s: %d of %d features drifted; the largest indices: %s; %.2f %% of %d domains flagged%s",
            window,
            len(drift.drifted),
            len(drift.index),
            ", ".join(f"{name} {index:.2f}" for name, index in worst.items()) or "none",
            100 * told["share_flagged"],
            counts["domains"],
            ". ALARM: it has lasted, train the model again" if told["alarm"] else "",
        )
        telemetry.gauge("drift.psi", max(drift.index.values(), default=0.0))
        return {
            "alarm": told["alarm"],
            "drifted": list(drift.drifted),
            "worst": worst,
            "domains": drift.domains,
            "share_flagged": told["share_flagged"],
            "false_positive_rate": told["false_positive_rate"],
            "path": str(folder / f"{window.slug}.json"),
        }

    def _trained(self) -> tuple[Baseline, FeatureSet]:
        """Return how the features of the training were distributed, and what they mean."""
        from airflow_provider_devo_dga.drift.baseline import Baseline
        from airflow_provider_devo_dga.models.meaning import meaning_of
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
        return Baseline.from_dict(summary.baseline), meaning_of(summary)

    def _hosts(self, counts: dict[str, int]) -> Iterator[HostParts]:
        """Yield the domains that were not flagged; count them all."""
        from airflow_provider_devo_dga.reports.evidence.scored_rows import ScoredRows

        rows = ObjectStoragePath(self.rows["path"], conn_id=self.storage_conn_id)
        for batch in ScoredRows(rows, self.plan["threshold"]).batches():
            counts["domains"] += batch.domains
            clean = batch.not_flagged()
            counts["flagged"] += batch.domains - len(clean)
            yield from (parts for domain in clean if (parts := split_host(domain)) is not None)
