"""The whole job of one training task: from the sources of a dataset to a published model."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from airflow_provider_devo_dga.errors import DocumentError, FeatureError
from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.models.meaning import meaning_of
from airflow_provider_devo_dga.models.origin import Origin
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.scratch import scratch_folder
from airflow_provider_devo_dga.storage import StoragePath
from airflow_provider_devo_dga.training.cluster.address import ClusterAddress
from airflow_provider_devo_dga.training.cluster.durable import Durable
from airflow_provider_devo_dga.training.cluster.interruption import Interruption
from airflow_provider_devo_dga.training.dataset.files import opened_sources
from airflow_provider_devo_dga.training.dataset.prepare import prepare_sources
from airflow_provider_devo_dga.training.export import check_mojo_export
from airflow_provider_devo_dga.training.judging.card_curves import draw_card
from airflow_provider_devo_dga.training.settings import Champion, TrainingSettings
from airflow_provider_devo_dga.training.train import train
from airflow_provider_devo_dga.training.trained_model import TrainedModel

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRequest:
    """What one task is to train, from what, and where to.

    :param dataset: a source or several, see ``sources_of``.
    :param path: makes a path of a URI that is no ``http(s)://`` address.
    :param champion: version of a model in the store to judge on the same names; None for none.
    :param durable: names on the cluster, to go on with what a former try has left there.
    """

    dataset: str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]]
    path: Callable[[str], StoragePath]
    settings: TrainingSettings
    store: ModelStore[Any]
    version: str
    origin: Origin
    champion: str | None = None
    durable: Durable | None = None

    def fulfil(
        self,
        cluster: Callable[[], AbstractContextManager[ClusterAddress]],
        interruption: Interruption,
    ) -> TrainingSummary:
        """Read the dataset, train on the cluster, publish the model; return its summary.

        Wrong settings and a dataset that cannot be trained on are refused before a cluster is asked for.
        """
        check_mojo_export()
        self.settings.check()
        with scratch_folder() as folder:
            prepared = folder / "dataset.csv"
            report = self._prepare(prepared)
            settings = self._with_champion(folder / "champion.zip")
            interruption.check()
            with self.store.reserved(self.version, settings.model_id, self.origin), cluster() as address:
                kept = (
                    self.durable.kept_for_another_try(address, cancels=interruption.cancels)
                    if self.durable
                    else nullcontext()
                )
                with kept:
                    trained = train(
                        prepared,
                        settings,
                        output_dir=folder,
                        dataset=report,
                        durable=self.durable,
                        interruption=interruption,
                    )
                    return self._publish(trained)

    def _prepare(self, target: Path) -> Dataset:
        return prepare_sources(opened_sources(self.dataset, self.path), target)

    def _with_champion(self, mojo: Path) -> TrainingSettings:
        """Return the settings with the champion; one that cannot be judged costs a line in the log only."""
        if self.champion is None:
            return self.settings
        try:
            found = self.store.fetch(self.champion, self.settings.model_id, mojo)
            if found is None:
                raise FeatureError(f"it is not in {self.store.folder}")
            split = asdict(found.split) if found.split else None
            champion = Champion(self.champion, mojo, meaning_of(found), split)
        except (DocumentError, FeatureError) as error:
            _log.warning("No comparison with the champion %s: %s", self.champion, error)
            return self.settings
        return replace(self.settings, plan=replace(self.settings.plan, champion=champion))

    def _publish(self, trained: TrainedModel) -> TrainingSummary:
        summary = trained.summary(self.version, self.origin)
        return self.store.publish(
            summary,
            self.settings.model_id,
            trained.model_file,
            strict=Path(trained.strict.model_file) if trained.strict else None,
            card=draw_card(summary, trained.scored),
        )
