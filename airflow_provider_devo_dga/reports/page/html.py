"""Render a summary as one HTML page that needs nothing else: no script, no file, no network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from airflow_provider_devo_dga.reports.evidence.alternative_use import ALARM_FROM_NAMES, NAMES_MOST
from airflow_provider_devo_dga.reports.evidence.client_evidence import (
    CERTAIN_BELOW,
    CERTAIN_FROM_FLAGGED,
    SUSPICIOUS_BELOW,
)
from airflow_provider_devo_dga.reports.evidence.client_names import CLIENTS_SHOWN, WIDE_FROM
from airflow_provider_devo_dga.reports.evidence.detection import Detection
from airflow_provider_devo_dga.reports.evidence.figures import Trend
from airflow_provider_devo_dga.reports.evidence.label_form import FORM_WORDS
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary
from airflow_provider_devo_dga.reports.page.alternative import roots_of
from airflow_provider_devo_dga.reports.page.client_card import OPEN, client_cards, speaking_for
from airflow_provider_devo_dga.reports.page.headline import headline
from airflow_provider_devo_dga.reports.page.news import history_words, news
from airflow_provider_devo_dga.reports.page.page import page_environment
from airflow_provider_devo_dga.reports.page.rate import drift_words, rate_words
from airflow_provider_devo_dga.reports.page.text import visible

CHANCE_ROWS = 5
DETECTION_ROWS = 200
"""Rows a page shows; the CSV, ECS and Parquet files hold all. Of clients that do not stand out a few help."""

DETECTIONS_OPEN = 20
"""Rows of them that are not folded."""


def is_candidate(found: Detection) -> bool:
    """Whether a name that many ask for is rather a site than an outbreak: few of them have evidence."""
    return found.clients_standing_out_n * 2 < found.clients_n


def allow_candidates(summary: ReportSummary) -> list[Detection]:
    """Return the candidates for the allow-list that can be seen as they are, and so be copied."""
    return [
        found
        for found in summary.wide_names
        if is_candidate(found) and visible(found.reg_domain) == found.reg_domain
    ]


@dataclass(frozen=True, slots=True)
class Before:
    """The last report before one.

    :param is_next: whether it is of the window just before.
    """

    slug: str
    start: datetime
    is_next: bool


def _before(summary: ReportSummary, trend: Trend) -> Before | None:
    told = [past for past in trend if past.totals is not None and past.slug]
    if not told:
        return None
    last, context = told[-1], summary.context
    return Before(last.slug, last.start, last.start + context.span == context.window_start)


def render(summary: ReportSummary, trend: Trend | None = None) -> str:
    """Return the page.

    :param trend: earlier windows, oldest first; None leaves their chart out.

    All text from the rows is escaped, its invisible characters are shown as escapes, and domains are
    defanged; none is a link.
    """
    from markupsafe import Markup

    from airflow_provider_devo_dga.reports.page.charts import clients_chart, timeline_chart
    from airflow_provider_devo_dga.reports.page.trend_chart import trend_chart

    context, totals = summary.context, summary.totals
    charts = bool(summary.detections)
    report = page_environment().get_template("report.html")
    page: str = report.render(
        summary=summary,
        context=context,
        totals=totals,
        headline=headline(summary),
        news=news(summary),
        history_words=history_words,
        cards=client_cards(summary),
        cards_open=OPEN,
        speaking_for=speaking_for,
        wide_names=summary.wide_names,
        wide_from=WIDE_FROM,
        candidates=allow_candidates(summary),
        is_candidate=is_candidate,
        clients=summary.clients[
            : min(CLIENTS_SHOWN, totals.clients_with_evidence + totals.clients_no_alarm + CHANCE_ROWS)
        ],
        detections=summary.detections[:DETECTION_ROWS],
        detections_open=DETECTIONS_OPEN,
        watched=summary.watched[:DETECTION_ROWS],
        alternative=summary.alternative[:CLIENTS_SHOWN],
        reasons=any(found.reasons for found in summary.detections[:DETECTION_ROWS]),
        roots_of=roots_of,
        alarm_from_names=ALARM_FROM_NAMES,
        names_most=NAMES_MOST,
        trend=trend,
        before=_before(summary, trend or ()),
        form_words=FORM_WORDS,
        # SVG from the chart library, which escapes the text it draws.
        clients_chart=Markup(clients_chart(summary)) if charts else None,  # noqa: S704
        timeline_chart=Markup(timeline_chart(summary)) if charts else None,  # noqa: S704
        trend_chart=Markup(trend_chart(summary, trend)) if trend else None,  # noqa: S704
        rate_words=rate_words(summary),
        drift_words=drift_words(summary),
        certain_odds=round(1 / CERTAIN_BELOW),
        suspicious_odds=round(1 / SUSPICIOUS_BELOW),
        certain_from=CERTAIN_FROM_FLAGGED,
    )
    return page
