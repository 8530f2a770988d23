"""The one sentence that answers: is something infected, which client, how sure, since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from airflow_provider_devo_dga.reports.evidence.client_evidence import ClientEvidence, Verdict
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary
from airflow_provider_devo_dga.reports.evidence.witness import Witness
from airflow_provider_devo_dga.reports.page.alternative import alternative_words
from airflow_provider_devo_dga.reports.page.rate import drift, drift_words
from airflow_provider_devo_dga.reports.page.text import defang, shorten, visible
from airflow_provider_devo_dga.reports.page.words import count, counted, moment, odds, percent, quantity

NAMED = 3
"""Clients that a headline names; the table below names the others."""

SILENT_FROM_EXPECTED = 10
"""No flagged domain where so many false ones are expected (chance: below 1 in 20,000): doubt the model."""

ANOTHER_TRAFFIC = 5.0
"""From so many times training's rate on, nobody standing out is no good news."""

TOO_MANY_SHARE = 0.5
TOO_MANY_CLIENTS = 10
"""More clients than this share standing out, among so many at least: doubt the rate."""


@dataclass(frozen=True)
class Headline:
    """The sentence and the figures behind it, plain text that is not yet escaped for HTML."""

    tone: Literal["alarm", "caution", "calm", "empty"]
    text: str
    detail: str


def headline(summary: ReportSummary) -> Headline:
    """Put a summary into its headline."""
    totals = summary.totals
    if totals.clients_infected:
        return _infected(summary)
    if words := alternative_words(summary):
        return Headline("alarm", words, _why_alternative(summary))
    if not totals.domains:
        return _nothing_seen(summary)
    if totals.domains_watched:
        return _watched(summary)
    if totals.clients_suspicious:
        return _suspicious(summary)
    domains, expected = counted(totals.domains, "domain"), quantity(totals.domains_expected_false)
    if not totals.domains_flagged and totals.domains_expected_false >= SILENT_FROM_EXPECTED:
        return Headline(
            "empty",
            "No domain was flagged, fewer than chance alone would.",
            f"About {expected} of {domains} would be flagged on a clean network. Check that the model still "
            "answers and that its false-positive rate is right before you take this for all clear.",
        )
    if drift(summary) >= ANOTHER_TRAFFIC:
        return Headline(
            "caution",
            "No client stands out among the others, but all have many flagged domains.",
            f"{count(totals.domains_flagged)} of {domains} flagged.{_doubt(summary)} Either this traffic is"
            " of a kind that the model does not know, or more than two fifths of the clients are infected.",
        )
    if not totals.domains_flagged:
        return Headline(
            "calm",
            "No sign of infection: no domain was flagged.",
            f"{domains} from {counted(totals.clients, 'client')} were scored; "
            f"chance alone would flag about {expected}.",
        )
    return Headline(
        "calm",
        "No client stands out.",
        f"{count(totals.domains_flagged)} of {domains} flagged; chance alone would flag about {expected}. "
        f"No client asked for more of them than chance explains.{_doubt(summary)}",
    )


def _nothing_seen(summary: ReportSummary) -> Headline:
    events = summary.context.events_in_window
    span = "hour" if summary.context.span == timedelta(hours=1) else "window"
    seen = f"The table holds {counted(events, 'event')} of this {span}. " if events else ""
    return Headline(
        "empty",
        f"No events with a host were seen in this {span}.",
        f"{seen}Nothing could be checked, which is not the same as all clear: see whether the table is "
        "still being fed.",
    )


def _why_alternative(summary: ReportSummary) -> str:
    watched, suspicious = summary.totals.domains_watched, summary.totals.clients_suspicious
    told = [
        *([f"{counted(watched, 'watch-listed domain')} seen, too."] if watched else ()),
        *([f"{counted(suspicious, 'client')} suspicious by the model."] if suspicious else ()),
    ]
    why = "No public resolver knows such names: malware that asks for them brings a resolver along."
    return " ".join([why, *told])


def _infected(summary: ReportSummary) -> Headline:
    found = [client for client in summary.clients if client.verdict is Verdict.INFECTED]
    first = found[0]
    if len(found) == 1:
        text = f"{_name(first)} is almost certainly infected, {_since(summary, found)}."
    else:
        text = f"{_subject(found)} are almost certainly infected, the first {_since(summary, found)}."
    watched = summary.totals.domains_watched
    listed = f" {counted(watched, 'watch-listed domain')} {'was' if watched == 1 else 'were'} seen, too."
    detail = f"{_weight(summary, first)}{_others(summary)}{_doubt(summary)}{listed if watched else ''}"
    if words := alternative_words(summary):
        detail += f" {words}"
    return Headline("alarm", text, detail)


def _suspicious(summary: ReportSummary) -> Headline:
    found = [client for client in summary.clients if client.verdict is Verdict.SUSPICIOUS]
    verb = "looks" if len(found) == 1 else "look"
    since = _since(summary, found) if len(found) == 1 else f"the first {_since(summary, found)}"
    text = f"No client is almost certainly infected, but {_subject(found)} {verb} suspicious, {since}."
    return Headline("caution", text, f"{_weight(summary, found[0])}{_doubt(summary)}")


def _watched(summary: ReportSummary) -> Headline:
    first = summary.watched[0]
    more = summary.totals.domains_watched - 1
    domains = defang(shorten(first.reg_domain, 48)) + (f" and {count(more)} more" if more else "")
    who = shorten(visible(first.clients[0]), 48) if first.clients else "a client without a name"
    others = f" and {counted(first.clients_n - 1, 'other client')}" if first.clients_n > 1 else ""
    since = moment(first.first_seen, summary.context.window_start, summary.context.window_end)
    noun = "domain" if not more else "domains"
    found = summary.totals.clients_suspicious
    rest = f"{counted(found, 'client')} looked suspicious" if found else "no client stands out"
    return Headline(
        "alarm",
        f"Watch-listed {noun} seen: {domains}, asked for by {who}{others}, since {since}.",
        f"Your watch-list says so, whatever the model says. Apart from that, {rest}.{_doubt(summary)}",
    )


def _weight(summary: ReportSummary, client: ClientEvidence) -> str:
    clients = summary.totals.clients
    clean = f"If all {counted(clients, 'client')} were clean" if clients > 1 else "If it were clean"
    rate = f" The false-positive rate of {percent(summary.rate)} is assumed." if summary.rate_assumed else ""
    said = client.strongest
    chance = odds(client.log10_corrected)
    is_part = said.witness is Witness.FLAGGED and client.counted < client.flagged
    others = " (those that others ask for, too, in part)" if is_part else ""
    return (
        f"{_name(client)} asked for {counted(said.asked, 'domain')}; {count(said.counted)} of them were "
        f"{said.witness}{others}, where chance explains {quantity(said.expected)}. {clean}, the probability "
        f"that {'any of them' if clients > 1 else 'it'} shows this would be {chance}.{rate}"
    )


def _others(summary: ReportSummary) -> str:
    more = summary.totals.clients_suspicious
    if not more:
        return ""
    return f" {counted(more, 'more client')} {'looks' if more == 1 else 'look'} suspicious."


def _doubt(summary: ReportSummary) -> str:
    totals = summary.totals
    drifted = f" {words}" if (words := drift_words(summary)) else ""
    if totals.clients < TOO_MANY_CLIENTS or totals.clients_with_evidence <= totals.clients * TOO_MANY_SHARE:
        return drifted
    return (
        f"{drifted} More than half of all clients stand out: check for popular flagged names and for a wrong "
        "false-positive rate first."
    )


def _since(summary: ReportSummary, found: list[ClientEvidence]) -> str:
    context = summary.context
    first = min(client.first_flagged for client in found)
    if first - context.window_start < timedelta(minutes=1):
        return f"since {moment(context.window_start, context.window_start, context.window_end)} or earlier"
    return f"since {moment(first, context.window_start, context.window_end)}"


def _subject(found: list[ClientEvidence]) -> str:
    names = [_name(client) for client in found[:NAMED]]
    if len(found) == 1:
        return names[0]
    if len(found) > NAMED:
        return f"{count(len(found))} clients ({', '.join(names)} and {count(len(found) - NAMED)} more)"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _name(client: ClientEvidence) -> str:
    return shorten(visible(client.client), 48) or "a client without a name"
