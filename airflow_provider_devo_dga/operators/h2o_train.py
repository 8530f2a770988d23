"""H2OTrainOperator: a labelled dataset into a DGA classifier, a MOJO in object storage."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, ObjectStoragePath

from airflow_provider_devo_dga.features.dga import DGA_RECIPE, feature_set_named
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.quoting import model_name
from airflow_provider_devo_dga.features.recipe import Recipe
from airflow_provider_devo_dga.hooks.h2o import H2OHook
from airflow_provider_devo_dga.storage import publish

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_devo_dga.training.trained_model import TrainedModel


class H2OTrainOperator(BaseOperator):
    """Trains an H2O GBM on a dataset of the form ``host;domain;class;subclass``.

    The dataset is validated and deduplicated, features are computed in H2O, the decision threshold is set
    for ``false_positive_budget`` on held-out legit names and stored in the MOJO, so that what Devo answers
    obeys it. The MOJO and a JSON summary appear at ``output_dir/<version>/`` when both are whole. The summary
    holds all that the features mean, what was learned too: reports need it as long as the model serves.

    Returns the summary: ``{"model_id", "version", "model_file", "sha256", "features", "feature_set": {"name",
    "fingerprint"}, "threshold", "metrics": {"auc", …}, "rows": {"train", "valid"}, "dataset", …}``, without
    the meaning of the features, which is too long for an XCom; ``summary`` is the file's place in
    ``output_dir``.

    :param dataset: URI of the dataset: ``https://``, ``file://``, ``s3://`` …, may be compressed. (templated)
    :param output_dir: URI of a folder for models. (templated)
    :param model_id: name of the model and its file. (templated)
    :param feature_set: a ``FeatureSet``, a ``Recipe``, or the name of one that ships: ``dga``, ``dga_plain``,
        ``tutorial``. (templated)
    :param ratios: share of the rows to train on; the rest is held out for validation. A second share is
        the validation part's; the rest then is a test part that nothing was chosen on.
    :param seed: of the split and the model.
    :param model_params: H2O GBM parameters that replace the defaults. (templated)
    :param false_positive_budget: share of legit names that may be flagged. (templated)
    :param h2o_conn_id: Airflow connection of an existing cluster; None starts a private one. (templated)
    :param max_mem: Java heap of a private cluster.
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    """

    template_fields: Sequence[str] = (
        "dataset",
        "output_dir",
        "model_id",
        "feature_set",
        "model_params",
        "false_positive_budget",
        "h2o_conn_id",
        "storage_conn_id",
    )
    ui_color = "#fff0cc"

    def __init__(
        self,
        *,
        dataset: str,
        output_dir: str,
        model_id: str = "dga_classifier",
        feature_set: FeatureSet | Recipe | str = DGA_RECIPE.name,
        ratios: Sequence[float] = (0.8,),
        seed: int = 1234,
        model_params: Mapping[str, Any] | None = None,
        false_positive_budget: float | str = 0.01,
        h2o_conn_id: str | None = None,
        max_mem: str = "2g",
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dataset = dataset
        self.output_dir = output_dir
        self.model_id = model_id
        self.feature_set = feature_set
        self.ratios = ratios
        self.seed = seed
        self.model_params = model_params
        self.false_positive_budget = false_positive_budget
        self.h2o_conn_id = h2o_conn_id
        self.max_mem = max_mem
        self.storage_conn_id = storage_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Train and publish."""
        from airflow_provider_devo_dga.training.dataset import prepare_dataset
        from airflow_provider_devo_dga.training.export_gate import check_mojo_export
        from airflow_provider_devo_dga.training.model import train
        from airflow_provider_devo_dga.training.source import open_dataset

        check_mojo_export()
        model_name(self.model_id)
        features = (
            feature_set_named(self.feature_set) if isinstance(self.feature_set, str) else self.feature_set
        )
        with tempfile.TemporaryDirectory(prefix="devo-dga-") as folder:
            prepared = Path(folder, "dataset.csv")
            with open_dataset(self._source()) as stream:
                report = prepare_dataset(stream, prepared)
            with H2OHook(self.h2o_conn_id, max_mem=self.max_mem):
                trained = train(
                    prepared,
                    feature_set=features,
                    ratios=tuple(self.ratios),
                    seed=self.seed,
                    model_id=self.model_id,
                    model_params=dict(self.model_params or {}),
                    false_positive_budget=float(self.false_positive_budget),
                    output_dir=Path(folder),
                    dataset=report,
                )
            return self._publish(context, trained)

    def _source(self) -> str | ObjectStoragePath:
        if self.dataset.startswith(("http://", "https://")):
            return self.dataset
        return ObjectStoragePath(self.dataset, conn_id=self.storage_conn_id)

    def _publish(self, context: Context, trained: TrainedModel) -> dict[str, Any]:
        version = context["dag_run"].run_after.strftime("%Y%m%dT%H%M%SZ")
        folder = ObjectStoragePath(self.output_dir, conn_id=self.storage_conn_id) / version
        target = folder / f"{self.model_id}.zip"
        summary = trained.to_dict() | {
            "version": version,
            "run_id": context["run_id"],
            "model_file": str(target),
            "summary": f"{version}/{self.model_id}.json",
        }
        with publish(target) as file:
            file.write(Path(trained.model_file).read_bytes())
        with publish(folder / f"{self.model_id}.json") as file:
            file.write(json.dumps(summary, indent=2).encode())
        metrics = trained.test_metrics or trained.metrics
        self.log.info(
            "Model %s: AUC %.4f, %.1f %% recall at %.2f %% false positives on held-out names, at %s",
            version,
            metrics.auc,
            100 * metrics.recall,
            100 * metrics.false_positive_rate,
            target,
        )
        return summary | {
            "feature_set": {name: summary["feature_set"][name] for name in ("name", "fingerprint")}
        }
