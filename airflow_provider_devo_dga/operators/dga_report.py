"""DGAReportOperator: a window's scored domains into a report that an analyst can act on."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context, ObjectStoragePath

from airflow_provider_devo_dga.devo_api.window import Window, keyed
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.redaction import shown_uri
from airflow_provider_devo_dga.tasks import telemetry
from airflow_provider_devo_dga.tasks.lineage import file_place, lineage, table_places
from airflow_provider_devo_dga.tasks.rendered import address, listed, mapping, number_or_none
from airflow_provider_devo_dga.tasks.run_window import run_window
from airflow_provider_devo_dga.tasks.stoppable import StoppableMixin
from airflow_provider_devo_dga.tasks.wired import WiredOperator

if TYPE_CHECKING:
    from airflow_provider_devo_dga.features.linq import HostSource
    from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists
    from airflow_provider_devo_dga.reports.evidence.reasons import Reasons
    from airflow_provider_devo_dga.reports.evidence.scored_rows import FlaggedRow
    from airflow_provider_devo_dga.reports.make import MadeReport

_PLANNED = ("model_name", "version", "sha256", "threshold", "false_positive_rate")


class DGAReportOperator(StoppableMixin, WiredOperator):
    """Writes ``report.html``, ``.json``, ``.csv``, ``.ecs.ndjson`` and ``.parquet`` into the window's folder.

    The same window of the same source (connection, Devo domain, table, columns) gives the same place, so a
    retry or a backfill replaces a report and never doubles it, and no source touches another's.
    The window's events are counted in Devo, so that the report can say how many of them it speaks of, and
    why it is silent on the others. The last 24 windows are read from their own reports, where there are any.

    Returns ``{"html", "json", "csv", "ecs", "parquet", "headline", "news", "domains", …}``; ``news`` is
    which clients are new, worse or back after quiet, or the day's reminder, and empty when nothing changed.

    :param rows: what ``DevoQueryOperator`` returned for a scoring query. (templated)
    :param plan: ``ScoringPlan`` as a mapping: the model and its threshold. (templated)
    :param source: ``HostSource`` as a mapping: ``table``, ``field``, ``client_field``, ``kind``. (templated)
    :param output_dir: URI of the folder that holds reports. (templated)
    :param allow: domains that count as not flagged, however the model judges them; ``.suffix`` stands for all
        below it. (templated)
    :param allow_file: URI of a text file with more of them, one a line, ``#`` begins a comment. (templated)
    :param watch: domains, ``.suffix`` for all below it, and hosts below a domain, that are shown on top when
        they are seen, whatever the model says and the allow-list. (templated)
    :param watch_file: URI of a text file with more of them; a feed may have URLs, ports and addresses, too.
        (templated)
    :param no_alarm: addresses and networks of clients whose findings are shown and raise no alarm: scanners,
        sinkholes, resolvers, mail servers. (templated)
    :param no_alarm_file: URI of a text file with more of them. (templated)
    :param models_dir: URI of the folder that the models were trained into; the report tells what features
        spoke for its first 1,000 flagged names, if the model in service lies there, else why it cannot.
        (templated)
    :param lag_minutes: how long after the window's end its events were read, for the page. (templated)
    :param devo_domain: Devo domain of the table. (templated)
    :param devo_conn_id: Airflow connection of type ``devo``. (templated)
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    :raises ReportError: there are no rows, they are not those that the scoring query wrote, they cannot
        become a report, the window's folder holds the report on another table, or a list holds what
        can never match.
    """

    template_fields: Sequence[str] = (
        "rows",
        "plan",
        "source",
        "output_dir",
        "allow",
        "allow_file",
        "watch",
        "watch_file",
        "no_alarm",
        "no_alarm_file",
        "models_dir",
        "lag_minutes",
        "devo_domain",
        "devo_conn_id",
        "storage_conn_id",
    )
    ui_color = "#ffe0e0"

    def __init__(
        self,
        *,
        rows: Mapping[str, Any],
        plan: Mapping[str, Any],
        source: Mapping[str, Any],
        output_dir: str,
        allow: Sequence[str] | str = (),
        allow_file: str | None = None,
        watch: Sequence[str] | str = (),
        watch_file: str | None = None,
        no_alarm: Sequence[str] | str = (),
        no_alarm_file: str | None = None,
        models_dir: str | None = None,
        lag_minutes: float | str | None = None,
        devo_domain: str = "self",
        devo_conn_id: str = DevoHook.default_conn_name,
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rows = rows
        self.plan = plan
        self.source = source
        self.output_dir = output_dir
        self.allow = allow
        self.allow_file = allow_file
        self.watch = watch
        self.watch_file = watch_file
        self.no_alarm = no_alarm
        self.no_alarm_file = no_alarm_file
        self.models_dir = models_dir
        self.lag_minutes = lag_minutes
        self.devo_domain = devo_domain
        self.devo_conn_id = devo_conn_id
        self.storage_conn_id = storage_conn_id
        self._written: list[str] = []

    def execute(self, context: Context) -> dict[str, Any]:
        started = time.monotonic()
        self.rows = mapping(self.rows, "rows", "DevoQueryOperator", ["path", "window"])
        self.plan = mapping(self.plan, "plan", needs=_PLANNED)
        self.source = mapping(self.source, "source", needs=["table", "field", "client_field"])
        window = run_window(context, self.rows["window"])
        with self.stopped_by_kill():
            made = self._made(context, window)
        totals, files = made.totals, {name: str(path) for name, path in vars(made.files).items()}
        self._written = list(files.values())
        self.log.info("%s %s", made.headline.text, made.headline.detail)
        self.log.info(
            "Report of %s: %d of %d domains flagged, %d clients stand out, in %.1f s, at %s",
            window,
            totals.domains_flagged,
            totals.domains,
            totals.clients_with_evidence,
            time.monotonic() - started,
            shown_uri(files["html"]),
        )
        telemetry.gauge("report.domains", totals.domains)
        telemetry.gauge("report.domains_flagged", totals.domains_flagged)
        telemetry.gauge("report.clients_suspicious", totals.clients_suspicious)
        telemetry.gauge("report.clients_infected", totals.clients_infected)
        return {**files, "headline": made.headline.text, "news": made.news, **asdict(totals)}

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the rows, their table and the report's files; None without its provider."""
        read = [file_place(self.rows["path"])]
        read += table_places(self.devo_conn_id, f"from {self.source['table']}")
        return lineage(read, [file_place(file) for file in self._written])

    def _made(self, context: Context, window: Window) -> MadeReport:
        from airflow_provider_devo_dga.features import linq
        from airflow_provider_devo_dga.features.suffix_policy import policy_fingerprint
        from airflow_provider_devo_dga.reports.evidence.context import ReportContext
        from airflow_provider_devo_dga.reports.evidence.figures import TREND_WINDOWS
        from airflow_provider_devo_dga.reports.evidence.scored_rows import refuse_other_rows
        from airflow_provider_devo_dga.reports.make import make_report
        from airflow_provider_devo_dga.reports.shelf import ReportShelf

        rows = ObjectStoragePath(self.rows["path"], conn_id=self.storage_conn_id)
        refuse_other_rows(rows, self.rows, self.plan.get("query"))
        source, lists = linq.HostSource(**self.source), self._lists()
        key = source.key(self.devo_conn_id, self.devo_domain)
        query = linq.fate_query(source)
        counted = DevoHook(self.devo_conn_id).get_records(query, from_=window.start, to=window.end)
        fates = Counter({str(row["fate"]): int(str(row["events_n"])) for row in counted})
        lag = number_or_none(self.lag_minutes, "lag_minutes")
        facts = ReportContext(
            window_start=window.start.astimezone(UTC),
            window_end=window.end.astimezone(UTC),
            table=self.source["table"],
            devo_domain=self.devo_domain,
            hosts=source,
            model_name=self.plan["model_name"],
            model_version=self.plan["version"],
            model_sha256=self.plan["sha256"],
            threshold=self.plan["threshold"],
            false_positive_rate=self.plan["false_positive_rate"],
            events_in_window=sum(fates.values()),
            events_without_host=fates[linq.NO_HOST],
            events_with_address=fates[linq.ADDRESS],
            events_unknown_suffix=fates[linq.UNKNOWN_SUFFIX],
            events_alternative_root=fates[linq.ALTERNATIVE_ROOT],
            source_key=key,
            suffix_policy=policy_fingerprint(),
            code_field=source.code_field,
            failed_codes=tuple(map(str, source.failed_codes)) if source.code_field else (),
            allow_told=str(lists.allow) if lists.allow else "",
            watch_told=str(lists.watch) if lists.watch else "",
            late_allowance=None if lag is None else 60 * lag,
            generated_at=datetime.now(UTC),
            dag_id=self.dag_id,
            run_id=context["run_id"],
        )
        return make_report(
            rows,
            facts,
            ReportShelf(
                ObjectStoragePath(address(self.output_dir, "output_dir"), conn_id=self.storage_conn_id)
            ),
            keyed(window.slug, key),
            earlier=[
                (past.start, keyed(past.slug, key)) for past in reversed(list(window.before(TREND_WINDOWS)))
            ],
            alternative=self._alternative(source, window) if fates[linq.ALTERNATIVE_ROOT] else (),
            lists=replace(lists, hosts_seen=self._hosts_seen(source, rows, lists, window)),
            explain=self._explain if self.models_dir else None,
        )

    def _explain(self, names: Sequence[str]) -> Reasons:
        from airflow_provider_devo_dga.models.store import ModelStore
        from airflow_provider_devo_dga.reasons import ServingModel

        store = ModelStore(self._path(address(self.models_dir, "models_dir")))
        found = ServingModel(store, self.plan.get("summary"), self.plan["sha256"]).reasons(names)
        if found.untold:
            self.log.warning("The report does not tell what spoke for flagged names: %s", found.untold)
        return found

    def _lists(self) -> DomainLists:
        from airflow_provider_devo_dga.reports.evidence.client_list import clients_of, read_clients
        from airflow_provider_devo_dga.reports.evidence.domain_lists import (
            DomainLists,
            domains_of,
            read_domains,
        )

        allow = domains_of(listed(self.allow, "allow"), "'allow'")
        watch = domains_of(listed(self.watch, "watch"), "'watch'", hosts=True)
        no_alarm = clients_of(listed(self.no_alarm, "no_alarm"), "'no_alarm'")
        if self.allow_file:
            allow |= read_domains(self._path(self.allow_file))
        if self.watch_file:
            watch |= read_domains(self._path(self.watch_file), hosts=True)
        if self.no_alarm_file:
            no_alarm |= read_clients(self._path(self.no_alarm_file))
        self.log.info(
            "Allow-list: %s. Watch-list: %s. Clients that raise no alarm: %d", allow, watch, len(no_alarm)
        )
        return DomainLists(allow, watch, no_alarm)

    def _path(self, file: str) -> ObjectStoragePath:
        return ObjectStoragePath(file, conn_id=self.storage_conn_id)

    def _alternative(self, source: HostSource, window: Window) -> list[FlaggedRow]:
        from airflow_provider_devo_dga.features.linq import alternative_query
        from airflow_provider_devo_dga.reports.evidence.alternative_use import NAMES_MOST
        from airflow_provider_devo_dga.reports.evidence.watched_hosts import host_row

        found = DevoHook(self.devo_conn_id).get_records(
            alternative_query(source), from_=window.start, to=window.end, limit=NAMES_MOST + 1
        )
        if len(found) > NAMES_MOST:
            self.log.warning(
                "There are more than %d names on alternative roots; the others are left out", NAMES_MOST
            )
        return [host_row(row) for row in found[:NAMES_MOST]]

    def _hosts_seen(
        self, source: HostSource, rows: ObjectStoragePath, lists: DomainLists, window: Window
    ) -> tuple[FlaggedRow, ...]:
        """Ask Devo for the watch-list's hosts whose domain was seen."""
        from airflow_provider_devo_dga.features import linq
        from airflow_provider_devo_dga.reports.evidence.watched_hosts import host_row, hosts_to_ask

        hook = DevoHook(self.devo_conn_id)
        found: dict[str, FlaggedRow] = {}  # a host may be asked for by itself, and by what is above it
        for hosts, below in hosts_to_ask(rows, lists.watch):
            query = linq.hosts_query(source, hosts, below)
            rows_of_part = map(host_row, hook.get_records(query, from_=window.start, to=window.end))
            found |= {row.reg_domain: row for row in rows_of_part}
        return tuple(found.values())
