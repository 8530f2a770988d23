"""Make a window's report out of its scored rows, and refuse what would be a report of something else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_devo_dga.reports.evidence.context import ReportContext
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists
from airflow_provider_devo_dga.reports.evidence.reasons import Explain, explained
from airflow_provider_devo_dga.reports.evidence.scored_rows import FlaggedRow
from airflow_provider_devo_dga.reports.evidence.summary import Totals, summarise
from airflow_provider_devo_dga.reports.files.files import ReportFiles, write_report
from airflow_provider_devo_dga.reports.page.headline import Headline, headline
from airflow_provider_devo_dga.reports.page.news import news
from airflow_provider_devo_dga.reports.shelf import ReportShelf


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report that was written.

    :param news: why people are to be told; ``""`` when they are not.
    """

    files: ReportFiles
    headline: Headline
    news: str
    totals: Totals


def make_report(
    rows: Any,
    context: ReportContext,
    shelf: ReportShelf,
    slug: str,
    *,
    earlier: Iterable[tuple[datetime, str]],
    lists: DomainLists,
    alternative: Sequence[FlaggedRow] = (),
    explain: Explain | None = None,
) -> MadeReport:
    """Summarise the rows and write the report; the same window of a source replaces its own.

    :param rows: the file of scored rows.
    :param slug: name of the report's folder on the shelf.
    :param lists: what people know better than the model.
    :param alternative: names on alternative roots, one row each.
    :param explain: tells why names were flagged.
    :param earlier: start of each window before it and the name of that one's report, oldest first.
    :raises ReportError: the rows cannot become a report.
    """
    place = shelf.folder / slug
    trend, past = shelf.past(earlier, context)
    summary = summarise(rows, context, past=past, lists=lists, alternative=alternative)
    if explain is not None:
        summary = explained(summary, explain)
    files = write_report(summary, place, trend=trend)
    return MadeReport(files, headline(summary), news(summary), summary.totals)
