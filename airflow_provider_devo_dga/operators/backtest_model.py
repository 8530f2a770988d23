"""BacktestModelOperator: what a trained model would have said of the windows that are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import ObjectStoragePath

from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.scratch import scratch_folder
from airflow_provider_devo_dga.tasks.lineage import file_place, lineage
from airflow_provider_devo_dga.tasks.rendered import address, listed, mapping, mapping_or_none, whole
from airflow_provider_devo_dga.tasks.wired import WiredOperator

if TYPE_CHECKING:
    from pathlib import Path

    from airflow.sdk import Context

    from airflow_provider_devo_dga.promotion.backtest.replay import Contender
    from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists


class BacktestModelOperator(WiredOperator):
    """Replays the stored windows of the hourly report by a trained model and by the champion.

    The scored rows are read from where ``DGAReportOperator``'s Dag left them; nothing is asked of Devo. Each
    distinct name is scored once by each model file on this machine, and each window is judged by the report's
    own evidence, with the windows before it for its past. Windows that are not there, or are
    damaged, are passed over; the latest ones with a million distinct names together are used, one is in
    memory at a time. A champion that cannot be read or scored is left out, with a warning.

    Returns a ``Backtest`` as a mapping, for ``GateModelOperator``, which decides.

    :param trained: what ``H2OTrainOperator`` returned. (templated)
    :param name: name of the model. (templated)
    :param models_dir: URI of the folder that the models were trained into. (templated)
    :param reports_dir: URI of the folder of the hourly reports. (templated)
    :param source: ``HostSource`` as a mapping. (templated)
    :param champion: what serves now: ``{"version", "sha256", "reason"}``; with a reason, or None, the model
        is replayed alone. (templated)
    :param windows: how many windows before the run's start are looked for; 0 for none. (templated)
    :param width: of a window, that of the report's Dag.
    :param allow: domains that count as not flagged, those of the report. (templated)
    :param allow_file: URI of a text file with more of them. (templated)
    :param no_alarm: clients whose findings raise no alarm, those of the report. (templated)
    :param no_alarm_file: URI of a text file with more of them. (templated)
    :param devo_domain: Devo domain of the table. (templated)
    :param devo_conn_id: Airflow connection by which the report read the source. (templated)
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    :raises MojoExportError: the trained model's file is not there, or cannot be scored.
    :raises ReportError: stored rows cannot become a report, or a list holds what can never match.
    """

    template_fields: Sequence[str] = (
        "trained",
        "name",
        "models_dir",
        "reports_dir",
        "source",
        "champion",
        "windows",
        "allow",
        "allow_file",
        "no_alarm",
        "no_alarm_file",
        "devo_domain",
        "devo_conn_id",
        "storage_conn_id",
    )
    ui_color = "#fff0cc"

    def __init__(
        self,
        *,
        trained: Mapping[str, Any],
        name: str,
        models_dir: str,
        reports_dir: str,
        source: Mapping[str, Any],
        champion: Mapping[str, Any] | None = None,
        windows: int | str = 168,
        width: timedelta = timedelta(hours=1),
        allow: Sequence[str] | str = (),
        allow_file: str | None = None,
        no_alarm: Sequence[str] | str = (),
        no_alarm_file: str | None = None,
        devo_domain: str = "self",
        devo_conn_id: str = "devo_default",
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.trained = trained
        self.name = name
        self.models_dir = models_dir
        self.reports_dir = reports_dir
        self.source = source
        self.champion = champion
        self.windows = windows
        self.width = width
        self.allow = allow
        self.allow_file = allow_file
        self.no_alarm = no_alarm
        self.no_alarm_file = no_alarm_file
        self.devo_domain = devo_domain
        self.devo_conn_id = devo_conn_id
        self.storage_conn_id = storage_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        from airflow_provider_devo_dga.features.linq import HostSource
        from airflow_provider_devo_dga.promotion.backtest.backtest import backtest
        from airflow_provider_devo_dga.promotion.backtest.stored_windows import stored_windows

        trained = TrainingSummary.of(mapping(self.trained, "trained", "H2OTrainOperator"))
        champion = mapping_or_none(self.champion, "champion", "the task that finds the champion", ["version"])
        source = HostSource(**mapping(self.source, "source", needs=["table", "field", "client_field"]))
        key = source.key(self.devo_conn_id, self.devo_domain)
        run = context["dag_run"]
        windows = list(
            stored_windows(
                self._path(address(self.reports_dir, "reports_dir")),
                key,
                before=run.start_date or run.run_after,
                width=self.width,
                most=whole(self.windows, "windows"),
            )
        )
        with ExitStack() as folders:
            candidate = self._contender(trained.version, folders.enter_context(scratch_folder()))
            other = None
            if champion and not champion.get("reason") and champion.get("sha256") != trained.sha256:
                other = self._champion(champion["version"], folders.enter_context(scratch_folder()))
            found = backtest(windows, candidate, other, self._lists(), key)
        self.log.info(
            "Replayed %d of %d stored windows by version %s, champion %s: %d clients only by it, %d only by"
            " the champion; %d of %d names of clean clients flagged",
            found.windows,
            len(windows),
            trained.version,
            found.champion.version if found.champion else "none",
            found.only_candidate,
            found.only_champion,
            found.own.flagged,
            found.own.names,
        )
        return found.to_dict()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the folder of the reports; None without its provider."""
        return lineage([file_place(self.reports_dir)], [])

    def _champion(self, version: str, folder: Path) -> Contender | None:
        """Return the champion; None when it cannot be read, which the gate holds against the comparison.

        A Dag that stopped here would never train the model that is the remedy.
        """
        from airflow_provider_devo_dga.errors import DocumentError, FeatureError, MojoExportError

        try:
            return self._contender(version, folder)
        except (DocumentError, FeatureError, MojoExportError) as error:
            self.log.warning("The champion %s is not replayed: %s", version, error)
            return None

    def _contender(self, version: str, folder: Path) -> Contender:
        from airflow_provider_devo_dga.errors import MojoExportError
        from airflow_provider_devo_dga.models.meaning import meaning_of
        from airflow_provider_devo_dga.models.store import ModelStore
        from airflow_provider_devo_dga.promotion.backtest.replay import Contender

        models_dir = address(self.models_dir, "models_dir")
        mojo = folder / "model.zip"
        found = ModelStore(self._path(models_dir)).fetch(version, self.name, mojo)
        if found is None:
            raise MojoExportError(
                f"The model file or the summary of version {version} of {self.name!r} is not in {models_dir};"
                " bring it back, or train the model again"
            )
        return Contender(found, mojo, meaning_of(found))

    def _lists(self) -> DomainLists:
        from airflow_provider_devo_dga.reports.evidence.client_list import clients_of, read_clients
        from airflow_provider_devo_dga.reports.evidence.domain_lists import (
            DomainLists,
            domains_of,
            read_domains,
        )

        allow = domains_of(listed(self.allow, "allow"), "'allow'")
        no_alarm = clients_of(listed(self.no_alarm, "no_alarm"), "'no_alarm'")
        if self.allow_file:
            allow |= read_domains(self._path(self.allow_file))
        if self.no_alarm_file:
            no_alarm |= read_clients(self._path(self.no_alarm_file))
        return DomainLists(allow, no_alarm=no_alarm)

    def _path(self, place: str) -> ObjectStoragePath:
        return ObjectStoragePath(place, conn_id=self.storage_conn_id)
