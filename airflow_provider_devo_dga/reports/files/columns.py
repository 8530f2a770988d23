"""The columns of a report's CSV and Parquet files, and which of the project's own ECS fields each becomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from airflow_provider_devo_dga.reports.evidence.client_evidence import ClientEvidence
from airflow_provider_devo_dga.reports.evidence.figures import ClientHistory
from airflow_provider_devo_dga.reports.evidence.witness import Statement, Witness
from airflow_provider_devo_dga.reports.files.record import Record

Cell = str | int | float | bool | datetime | tuple[str, ...] | None


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    TEXTS = "texts"
    COUNT = "count"
    NUMBER = "number"
    FLAG = "flag"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    :param value: what it holds of a record; None when there is nothing to say.
    :param own: the field below ``devo_dga`` in ECS events; ``""`` where ECS has one of its own.
    :param always: whether every record has a value.
    """

    name: str
    kind: Kind
    value: Callable[[Record], Cell]
    own: str = ""
    always: bool = False


def _of_the_name() -> tuple[Column, ...]:
    return (
        Column("detection_id", Kind.TEXT, lambda r: r.id, always=True),
        Column("reg_domain", Kind.TEXT, lambda r: r.detection.reg_domain, always=True),
        Column("first_seen", Kind.INSTANT, lambda r: r.detection.first_seen, always=True),
        Column("last_seen", Kind.INSTANT, lambda r: r.detection.last_seen, always=True),
        Column("events_n", Kind.COUNT, lambda r: r.detection.events_n, "events", always=True),
        Column("clients_n", Kind.COUNT, lambda r: r.detection.clients_n, "clients", always=True),
        Column(
            "clients_standing_out_n",
            Kind.COUNT,
            lambda r: r.detection.clients_standing_out_n,
            "clients_standing_out",
            always=True,
        ),
        Column("widely_asked", Kind.FLAG, lambda r: r.is_widely_asked, "widely_asked", always=True),
        Column("clients", Kind.TEXTS, lambda r: r.detection.clients),
        Column(
            "strongest_client_verdict",
            Kind.TEXT,
            lambda r: str(r.detection.verdict),
            "client_verdict",
            always=True,
        ),
        Column("score", Kind.NUMBER, lambda r: r.detection.score, "score"),
        Column("form", Kind.TEXT, lambda r: r.detection.form, "form", always=True),
        Column("flagged", Kind.FLAG, lambda r: r.detection.flagged, "flagged", always=True),
        Column("watched", Kind.FLAG, lambda r: r.detection.watched, "watched", always=True),
        Column("reasons", Kind.TEXT, lambda r: r.detection.reasons or None),
        Column("no_answer", Kind.FLAG, lambda r: r.detection.no_answer, "no_answer"),
    )


def _of_the_client() -> tuple[Column, ...]:
    return (
        _evidence("client_asked", Kind.COUNT, lambda client: client.asked),
        _evidence("client_flagged", Kind.COUNT, lambda client: client.flagged),
        _evidence("client_log10_p", Kind.NUMBER, lambda client: client.log10_corrected),
        _evidence("client_strongest_witness", Kind.TEXT, lambda client: slug(client.strongest.witness)),
        *(column for witness in Witness for column in _of_a_witness(witness)),
        _history("client_first_seen", Kind.INSTANT, lambda history: history.first),
        _history("client_in_a_row", Kind.COUNT, lambda history: history.in_a_row),
        _history("client_stood_out", Kind.COUNT, lambda history: history.stood_out),
        _history("client_windows", Kind.COUNT, lambda history: history.windows),
        _history("client_change", Kind.TEXT, lambda history: history.change and str(history.change)),
    )


def _of_a_witness(witness: Witness) -> tuple[Column, ...]:
    def said(what: str, kind: Kind, value: Callable[[Statement], Cell]) -> Column:
        def of(record: Record) -> Cell:
            statement = record.said_by(witness)
            return value(statement) if statement else None

        return Column(f"{slug(witness)}_{what}", kind, of, f"witness.{slug(witness)}.{what}")

    return (
        said("counted", Kind.COUNT, lambda statement: statement.counted),
        said("expected", Kind.NUMBER, lambda statement: statement.expected),
        said("log10_p", Kind.NUMBER, lambda statement: statement.log10_tail),
    )


def _evidence(name: str, kind: Kind, value: Callable[[ClientEvidence], Cell]) -> Column:
    return Column(name, kind, lambda r: value(r.evidence) if r.evidence else None, _own(name))


def _history(name: str, kind: Kind, value: Callable[[ClientHistory], Cell]) -> Column:
    return Column(name, kind, lambda r: value(r.history) if r.history else None, _own(name))


def _own(name: str) -> str:
    return name.replace("client_", "client.", 1)


def _of_the_run() -> tuple[Column, ...]:
    return (
        Column("told", Kind.FLAG, lambda r: r.report.told, "told", always=True),
        Column("rate", Kind.NUMBER, lambda r: r.report.null.mean, "rate.mean", always=True),
        Column(
            "rate_dispersion", Kind.NUMBER, lambda r: r.report.null.dispersion, "rate.dispersion", always=True
        ),
        Column("rate_begun_with", Kind.TEXT, lambda r: r.rate_begun_with, "rate.begun_with", always=True),
        Column("rate_windows", Kind.COUNT, lambda r: r.report.null_windows, "rate.windows", always=True),
        Column("rate_training", Kind.NUMBER, lambda r: r.report.rate, "rate.training", always=True),
        Column("source_key", Kind.TEXT, lambda r: r.report.context.source_key, "source_key"),
        Column("suffix_policy", Kind.TEXT, lambda r: r.report.context.suffix_policy, "suffix_policy"),
        Column("code_field", Kind.TEXT, lambda r: r.report.context.code_field, "answers.code_field"),
        Column("failed_codes", Kind.TEXTS, lambda r: r.report.context.failed_codes, "answers.failed_codes"),
        Column("table", Kind.TEXT, lambda r: r.report.context.table, "table", always=True),
        Column("model", Kind.TEXT, lambda r: r.report.context.model_name, "model", always=True),
        Column("model_version", Kind.TEXT, lambda r: r.report.context.model_version),
        Column(
            "window_start", Kind.INSTANT, lambda r: r.report.context.window_start, "window.start", always=True
        ),
        Column("window_end", Kind.INSTANT, lambda r: r.report.context.window_end, "window.end", always=True),
    )


def slug(witness: Witness) -> str:
    """``flagged_new``: how files name a witness."""
    return witness.name.lower()


COLUMNS = (*_of_the_name(), *_of_the_client(), *_of_the_run())
