"""H2OTrainOperator: a labelled dataset into a DGA classifier, a MOJO in object storage."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context, ObjectStoragePath

from airflow_provider_devo_dga.hooks.h2o import H2OHook
from airflow_provider_devo_dga.links.h2o_flow import H2OFlowLink
from airflow_provider_devo_dga.redaction import shown_uri
from airflow_provider_devo_dga.tasks import rendered, telemetry
from airflow_provider_devo_dga.tasks.identity import TaskIdentity
from airflow_provider_devo_dga.tasks.lineage import file_place, lineage
from airflow_provider_devo_dga.tasks.wired import WiredOperator
from airflow_provider_devo_dga.training.cluster.durable import Durable
from airflow_provider_devo_dga.training.cluster.interruption import Interruption
from airflow_provider_devo_dga.training.synthetic import SYNTHETIC_SHARE

if TYPE_CHECKING:
    from airflow_provider_devo_dga.features.feature_set import FeatureSet
    from airflow_provider_devo_dga.features.recipe import Recipe
    from airflow_provider_devo_dga.training.cluster.address import ClusterAddress
    from airflow_provider_devo_dga.training.request import TrainingRequest


class H2OTrainOperator(WiredOperator):
    """Trains an H2O GBM on labelled domains of one or several sources.

    The dataset is validated and deduplicated, features are computed in H2O, the decision threshold is set
    for ``false_positive_budget`` on held-out legit names and stored in the MOJO, so that what Devo answers
    obeys it. The model is judged on held-out names. The MOJO, a JSON summary and, with the extra ``report``,
    ``model_card.html`` appear at ``output_dir/<version>/``, each when it is whole. The version is the time of
    the run; that of a mapped task ends in its map index. Another task of the same version and ``model_id``
    is refused before it trains, for it would overwrite the first one's model. The summary holds all that
    the features mean, what was learned too, and how they are distributed: reports need it as long as the
    model serves.

    On an existing cluster the training is durable: its model, frames and job have names made of Dag, run,
    task, map index and clear, so a retry, or a task whose worker was lost, finds them again and goes on
    instead of training a second time. A cleared task starts anew, and removes what was there before. Nothing
    stays on the cluster after success, after a kill, or after the last try.

    Returns the summary: ``{"model_id", "version", "model_file", "sha256", "features", "feature_set": {"name",
    "fingerprint"}, "threshold", "metrics": {"auc", …}, "evaluation", "strict", "rows": {"train", "valid", …},
    "dataset", "model_card", …}``, without the meaning of the features and their distributions, which are too
    long for an XCom; ``summary`` is the file's place in ``output_dir``.

    :param dataset: URI of a file of the form ``host;domain;class;subclass``, of any other file with names
        and classes, of a folder, or a pattern; or ``{"uri": …, "class": "dga", "family": "conficker"}`` for
        what a file does not say; or a list of both. ``https://``, ``file://``, ``s3://`` …, may be
        compressed. (templated)
    :param output_dir: URI of a folder for models. (templated)
    :param model_id: name of the model and its file. (templated)
    :param feature_set: a ``FeatureSet``, a ``Recipe``, or the name of one that ships: ``dga``, ``dga_small``,
        ``dga_plain``, ``tutorial``. (templated)
    :param ratios: share of the rows to train on; the rest is held out for validation. A second share is
        the validation part's; the rest then is a test part that nothing was chosen on.
    :param seed: of the split and the model. (templated)
    :param model_params: H2O GBM parameters that replace the defaults. (templated)
    :param false_positive_budget: share of legit names that may be flagged. (templated)
    :param strict_false_positive_budget: a smaller share; leaves the same trees a second time, as
        ``<model_id>_strict.zip``, with its threshold. (templated)
    :param synthetic_share: made DGA names to grow trees on for each DGA name of the training part; 0 for
        none. They are in no figure. (templated)
    :param unseen_family_folds: trainings that each leave out some families, to measure recall of families
        that the model has never seen; 0 for none. Each takes as long as the training itself. (templated)
    :param champion: version of a model below ``output_dir`` to judge on the same names; None for none.
        (templated)
    :param compare_tutorial: train the tutorial's model for comparison; takes seconds.
    :param check_labels: look for label errors in the training part too; costs one more training.
    :param h2o_conn_id: Airflow connection of an existing cluster; None starts a private one. (templated)
    :param durable: go on with the training that a former try has left on an existing cluster.
    :param cancel_on_kill: cancel the training on an existing cluster when the task is killed; else it goes
        on, for a retry to find.
    :param name_prefix: begins the names on an existing cluster; give each Airflow its own when several share
        it and have Dags of the same names. (templated)
    :param max_mem: Java heap of a private cluster. (templated)
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    :raises DatasetError: the dataset cannot be read, or cannot be trained on.
    :raises TrainingParameterError: a parameter is unknown or out of range.
    :raises H2OClusterError: no cluster, no Java, or the cluster died.
    :raises MojoExportError: no MOJO can be had from this client.
    """

    template_fields: Sequence[str] = (
        "dataset",
        "output_dir",
        "model_id",
        "feature_set",
        "seed",
        "model_params",
        "false_positive_budget",
        "strict_false_positive_budget",
        "synthetic_share",
        "unseen_family_folds",
        "champion",
        "h2o_conn_id",
        "name_prefix",
        "max_mem",
        "storage_conn_id",
    )
    ui_color = "#fff0cc"
    operator_extra_links = (H2OFlowLink(),)

    def __init__(
        self,
        *,
        dataset: str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]],
        output_dir: str,
        model_id: str = "dga_classifier",
        feature_set: FeatureSet | Recipe | str = "dga",
        ratios: Sequence[float] = (0.8,),
        seed: int | str = 1234,
        model_params: Mapping[str, Any] | None = None,
        false_positive_budget: float | str = 0.01,
        strict_false_positive_budget: float | str | None = None,
        synthetic_share: float | str = SYNTHETIC_SHARE,
        unseen_family_folds: int | str = 0,
        champion: str | None = None,
        compare_tutorial: bool = True,
        check_labels: bool = False,
        h2o_conn_id: str | None = None,
        durable: bool = True,
        cancel_on_kill: bool = True,
        name_prefix: str = "airflow",
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
        self.strict_false_positive_budget = strict_false_positive_budget
        self.synthetic_share = synthetic_share
        self.unseen_family_folds = unseen_family_folds
        self.champion = champion
        self.compare_tutorial = compare_tutorial
        self.check_labels = check_labels
        self.h2o_conn_id = h2o_conn_id
        self.durable = durable
        self.cancel_on_kill = cancel_on_kill
        self.name_prefix = name_prefix
        self.max_mem = max_mem
        self.storage_conn_id = storage_conn_id
        self._written: list[str] = []
        self._interruption = Interruption(cancels=cancel_on_kill)

    def execute(self, context: Context) -> dict[str, Any]:
        """Train, judge and publish.

        :raises TrainingStoppedError: the task was killed.
        """
        began = time.monotonic()
        self.dataset = rendered.literal(self.dataset)
        request = self._request(context)
        trained = request.fulfil(partial(self._cluster, context), self._interruption)
        self._written = request.store.files_of(trained)
        seconds, judged = time.monotonic() - began, trained.judged
        self.log.info(
            "Model %s in %.1f s: held-out %s, at %s",
            *(trained.version, seconds, judged, shown_uri(trained.model_file)),
        )
        telemetry.timing("training.duration", seconds)
        telemetry.gauge("model.auc", judged.auc)
        telemetry.gauge("model.recall", judged.recall)
        return trained.short()

    def on_kill(self) -> None:
        """Cancel the training on an existing cluster, within the time that Airflow leaves; end the task."""
        self._interruption.stop()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the datasets and the files of the model; None without its provider."""
        from airflow_provider_devo_dga.training.dataset.source import sources_of

        read = [file_place(source.uri) for source in sources_of(self.dataset)]
        return lineage(read, [file_place(file) for file in self._written])

    def _request(self, context: Context) -> TrainingRequest:
        from airflow_provider_devo_dga.features.dga import feature_set_named
        from airflow_provider_devo_dga.models.store import ModelStore
        from airflow_provider_devo_dga.training.request import TrainingRequest
        from airflow_provider_devo_dga.training.settings import EvaluationPlan, TrainingSettings

        path = partial(ObjectStoragePath, conn_id=self.storage_conn_id)
        who = TaskIdentity.of(self, context)
        # a private cluster ends with the task
        stays = self.durable and self.h2o_conn_id is not None and context.get("ti") is not None
        return TrainingRequest(
            dataset=self.dataset,
            path=path,
            settings=TrainingSettings(
                feature_set=feature_set_named(self.feature_set),
                model_id=self.model_id,
                ratios=self.ratios,
                seed=rendered.whole(self.seed, "seed"),
                model_params=rendered.mapping_or_none(self.model_params, "model_params") or {},
                false_positive_budget=rendered.number(self.false_positive_budget, "false_positive_budget"),
                strict_false_positive_budget=rendered.number_or_none(
                    self.strict_false_positive_budget, "strict_false_positive_budget"
                ),
                synthetic_share=rendered.number(self.synthetic_share, "synthetic_share"),
                plan=EvaluationPlan(
                    unseen_family_folds=rendered.whole(self.unseen_family_folds, "unseen_family_folds"),
                    tutorial=self.compare_tutorial,
                    check_labels=self.check_labels,
                ),
            ),
            store=ModelStore(path(rendered.address(self.output_dir, "output_dir"))),
            version=who.origin.version(context["dag_run"].run_after),
            origin=who.origin,
            champion=rendered.given(self.champion),
            durable=Durable(who.cluster_key(self.name_prefix), who.cycle, who.attempt, who.is_last)
            if stays
            else None,
        )

    @contextmanager
    def _cluster(self, context: Context) -> Iterator[ClusterAddress]:
        with H2OHook(self.h2o_conn_id, max_mem=self.max_mem) as hook:
            if self.h2o_conn_id is not None:
                H2OFlowLink.tell(self, context, hook.address.flow_url)
            yield hook.address
