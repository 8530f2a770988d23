"""What a backtest may show of a model that is to serve, and what of it people are told."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_devo_dga.chance import wilson_interval
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.promotion.backtest.backtest import NAMES_MOST, Backtest
from airflow_provider_devo_dga.reports.page.text import defang, shorten, visible
from airflow_provider_devo_dga.reports.page.words import percent, quantity

NAMES_NEEDED = 1_000
"""Names of clean clients below which nothing is said of a share of them."""

_TOLD = 5


@dataclass(frozen=True, slots=True)
class BacktestLimits:
    """What a model may do on the team's own traffic.

    :param max_own_factor: how many times its false-positive budget it may flag of the names of clean clients.
        A share below the budget is no reason.
    :param max_more_clients: clients a week that it may name and the champion would not. Windows of less than
        a week count as one: what few hours show is not scaled up.
    :param max_fewer_clients: clients a week that the champion names and it would not.
    """

    max_own_factor: float = 3.0
    max_more_clients: float = 10
    max_fewer_clients: float = 10

    def reasons_against(self, found: Backtest, trained: TrainingSummary) -> list[str]:
        """Return why the model must not pass; an empty list lets it through, as one without windows does."""
        if found.stored and not found.windows:
            return [f"{_untried(found)}. Mend that, or try it on no traffic (backtest_hours 0)"]
        return [*self._own(found, trained), *self._clients(found)]

    def _own(self, found: Backtest, trained: TrainingSummary) -> list[str]:
        own, promise = found.own, promised(trained)
        if own.names < NAMES_NEEDED or promise is None:
            return []
        low, _ = wilson_interval(own.flagged, own.names)
        if low <= self.max_own_factor * promise:
            return []
        names = ", ".join(shorten(defang(name)) for name, _ in own.highest[:_TOLD])
        share = f"{percent(own.flagged / own.names)} of {own.names} names that clean clients here asked for"
        most = f"{self.max_own_factor:g} times its budget of {percent(promise)}"
        return [f"it flags {share}, more than {most}, such as {names}"]

    def _clients(self, found: Backtest) -> list[str]:
        counts = (
            ("name", "the champion does not name", found.only_candidate, self.max_more_clients),
            ("not name", "the champion names", found.only_champion, self.max_fewer_clients),
        )
        return [
            f"it would {what} {count} clients that {who} in {found.windows} stored windows, more than"
            f" {most:g} a week"
            for what, who, count, most in counts
            if count / found.weeks > most
        ]


def _untried(found: Backtest) -> str:
    """Return why a model was replayed on nothing."""
    untried = "it was not tried on your own traffic"
    if not found.stored:
        return f"{untried}: no stored window of the hourly report was there, or none was to be replayed"
    return (
        f"{untried}: none of {found.stored} stored windows could be replayed, for the latest has more than"
        f" {NAMES_MOST:,} names, or the files are damaged; the log of the backtest says which"
    )


def promised(trained: TrainingSummary) -> float | None:
    """Return the share of legit names that a model was to flag at most; None when nobody said."""
    return trained.false_positive_budget or trained.judged.false_positive_rate


def backtest_report(found: Backtest, trained: TrainingSummary) -> str:
    """Return what people who approve are told, as Markdown."""
    if found.candidate is None:
        return _untried(found)[:1].upper() + _untried(found)[1:] + "."
    promise = promised(trained)
    lines = [f"On the last {found.windows} stored windows of your own traffic:", ""]
    if found.own.names:
        share = f"flags {percent(found.own.flagged / found.own.names)} of {found.own.names} names"
        budget = f"; its budget is {percent(promise)}" if promise else ""
        lines += [f"- It {share} that clean clients asked for{budget}.{_names(found.own.highest)}"]
    if (champion := found.champion) is None:
        return "\n".join([*lines, _told_alone(found)])
    changed = f"- {found.only_candidate} clients are named anew, {found.only_champion} no longer"
    lines += [
        f"{changed}, against champion **{champion.version}**.",
        f"- {found.newly_n} names are flagged anew, {found.no_longer_n} no longer."
        + _names([(name, 0.0) for name in found.newly]),
        "",
        "| in these windows, a week at most | new | champion |",
        "| --- | --- | --- |",
        _row("alarms", found, found.candidate.alarms, champion.alarms),
        _row("clients named", found, found.candidate.clients, champion.clients),
    ]
    return "\n".join([*lines, *_client_lines(found)])


def _told_alone(found: Backtest) -> str:
    told = found.candidate
    if told is None:
        return ""
    alarms = quantity(found.a_week(told.alarms))
    return (
        f"- It would name {told.clients} clients in these windows, and tell people {alarms} times, a week at"
        " most."
    )


def _row(name: str, found: Backtest, *counts: int) -> str:
    return f"| {name} | " + " | ".join(quantity(found.a_week(count)) for count in counts) + " |"


def _client_lines(found: Backtest) -> list[str]:
    if not found.clients:
        return []
    lines = ["", "| client | windows named, new | champion |", "| --- | --- | --- |"]
    return lines + [
        f"| {_plain(each.client)} | {each.windows} | {each.champion_windows} |" for each in found.clients
    ]


def _names(highest: list[tuple[str, float]]) -> str:
    told = ", ".join(_plain(defang(name)) for name, _ in highest[:_TOLD])
    return f" Such as {told}." if told else ""


def _plain(text: str) -> str:
    """Return hostile text as code, which Markdown does not read."""
    return "`" + shorten(visible(text)).replace("`", "'").replace("|", "¦") + "`"
