"""ProbeModelOperator: ask a registered model in Devo, and hold its answers against the MOJO itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context, ObjectStoragePath

from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.scratch import scratch_folder
from airflow_provider_devo_dga.tasks.lineage import file_place, lineage, table_places
from airflow_provider_devo_dga.tasks.rendered import mapping, whole
from airflow_provider_devo_dga.tasks.run_window import Moment, Span, run_window
from airflow_provider_devo_dga.tasks.stoppable import StoppableMixin
from airflow_provider_devo_dga.tasks.wired import WiredOperator

if TYPE_CHECKING:
    from airflow_provider_devo_dga.features.feature_set import FeatureSet


class ProbeModelOperator(StoppableMixin, WiredOperator):
    """Scores domains of a table's recent events in Devo, and the same domains through the MOJO here.

    Every label must agree and every feature to 1e-9, else the model is not fit to serve: a difference means
    that Devo extracts hosts, computes features or reads the model otherwise than it was trained.

    Returns ``{"compared", "flagged"}``.

    :param name: name in the Model Manager. (templated)
    :param model_file: URI of the MOJO that was registered. (templated)
    :param feature_set: the feature set it was trained on, or the name of one that ships and learns nothing;
        None takes it from the summary beside the model file. (templated)
    :param source: ``HostSource`` as a mapping: ``table``, ``field``, ``client_field``, ``kind``. (templated)
    :param window: None for the run's own window; a width, ``timedelta(hours=1)`` for the last full hour; or
        ``{"from", "to"}``: see ``run_window``. (templated)
    :param from_: start of another window, included: aware datetime or ISO 8601 text. (templated)
    :param to: its end, excluded. (templated)
    :param devo_domain: Devo domain that owns the model. (templated)
    :param min_domains: fewer domains than this prove nothing and fail. (templated)
    :param max_domains: at most this many are compared. (templated)
    :param devo_conn_id: Airflow connection of type ``devo``. (templated)
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    :raises ModelRejectedError: an answer differs, or too few domains could be scored.
    :raises FeatureError: the features of the model are not known.
    """

    template_fields: Sequence[str] = (
        "name",
        "model_file",
        "feature_set",
        "source",
        "window",
        "from_",
        "to",
        "devo_domain",
        "min_domains",
        "max_domains",
        "devo_conn_id",
        "storage_conn_id",
    )
    ui_color = "#d9f2d9"

    def __init__(
        self,
        *,
        name: str,
        model_file: str,
        source: Mapping[str, Any],
        window: Span = None,
        from_: Moment = None,
        to: Moment = None,
        feature_set: FeatureSet | str | None = None,
        devo_domain: str = "self",
        min_domains: int | str = 20,
        max_domains: int | str = 2000,
        devo_conn_id: str = DevoHook.default_conn_name,
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.name = name
        self.model_file = model_file
        self.feature_set = feature_set
        self.source = source
        self.window = window
        self.from_ = from_
        self.to = to
        self.devo_domain = devo_domain
        self.min_domains = min_domains
        self.max_domains = max_domains
        self.devo_conn_id = devo_conn_id
        self.storage_conn_id = storage_conn_id

    def execute(self, context: Context) -> dict[str, int]:
        self.source = mapping(self.source, "source", needs=["table", "field", "client_field"])
        with self.stopped_by_kill():
            return self._probe(context)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the model file and the table; None without its provider."""
        read = [file_place(self.model_file), *table_places(self.devo_conn_id, f"from {self.source['table']}")]
        return lineage(read, [])

    def _probe(self, context: Context) -> dict[str, int]:
        from airflow_provider_devo_dga.features.linq import HostSource, scoring_query
        from airflow_provider_devo_dga.models.meaning import asked_for
        from airflow_provider_devo_dga.models.store import local_copy
        from airflow_provider_devo_dga.promotion.probe import check_traffic

        file = ObjectStoragePath(self.model_file, conn_id=self.storage_conn_id)
        features = asked_for(self.feature_set, file)
        window = run_window(context, self.window, from_=self.from_, to=self.to)
        query = scoring_query(
            features,
            HostSource(**self.source),
            devo_domain=self.devo_domain,
            model=self.name,
            with_features=True,
        )
        hook = DevoHook(self.devo_conn_id)
        answers = hook.get_records(
            query, from_=window.start, to=window.end, limit=whole(self.max_domains, "max_domains")
        )
        self.log.info("Devo scored %d domains of %s", len(answers), window)
        with scratch_folder() as folder:
            mojo = local_copy(file, folder)
            compared, flagged = check_traffic(
                answers, mojo, features, at_least=whole(self.min_domains, "min_domains")
            )
        self.log.info("All %d answers of %r agree with the MOJO; %d flagged", compared, self.name, flagged)
        return {"compared": compared, "flagged": flagged}
