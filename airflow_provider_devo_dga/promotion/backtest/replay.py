"""The stored windows told again as if one model had served, by the report's own evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from airflow_provider_devo_dga.devo_api.window import keyed
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.promotion.backtest.labels import Labels
from airflow_provider_devo_dga.promotion.backtest.stored_windows import StoredWindow
from airflow_provider_devo_dga.reports.evidence.context import ReportContext
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists
from airflow_provider_devo_dga.reports.evidence.figures import TREND_WINDOWS
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary, summarise
from airflow_provider_devo_dga.reports.files.files import write_figures
from airflow_provider_devo_dga.reports.shelf import ReportShelf
from airflow_provider_devo_dga.scratch import scratch_folder


@dataclass(frozen=True, slots=True)
class Contender:
    """A model that is replayed: its summary, its file on this machine, and what its features mean."""

    trained: TrainingSummary
    mojo: Path
    features: FeatureSet


@dataclass(frozen=True, slots=True)
class Replay:
    """What a model would have told.

    :param clients: in how many windows each client stood out.
    :param alarms: windows of which people would have been told.
    """

    clients: Mapping[str, int]
    alarms: int


def replay(
    windows: Sequence[StoredWindow], contender: Contender, labels: Labels, lists: DomainLists, source_key: str
) -> Replay:
    """Report on each window by a model's labels, each with those before it for its past.

    The reports lie in a scratch folder and go with it; one window is in memory at a time.

    :param windows: oldest first.
    :raises ReportError: the rows cannot become a report.
    """
    clients: Counter[str] = Counter()
    alarms = 0
    with scratch_folder() as folder:
        shelf = ReportShelf(folder / "reports")
        for stored in windows:
            with _relabelled(stored, labels, folder) as rows:
                told = _reported(stored, rows, contender, shelf, lists, source_key)
            clients.update(each.client for each in told.clients if each.stands_out)
            alarms += told.told
    return Replay(clients, alarms)


def _reported(
    stored: StoredWindow,
    rows: Path,
    contender: Contender,
    shelf: ReportShelf,
    lists: DomainLists,
    source_key: str,
) -> ReportSummary:
    window, trained = stored.window, contender.trained
    facts = ReportContext(
        window_start=window.start,
        window_end=window.end,
        table=source_key,
        devo_domain="",
        model_name=trained.model_id or "",
        model_version=trained.version,
        false_positive_rate=trained.judged.false_positive_rate,
        generated_at=window.end,
        dag_id="backtest",
        run_id="",
    )
    earlier = [
        (past.start, keyed(past.slug, source_key)) for past in reversed([*window.before(TREND_WINDOWS)])
    ]
    _, past = shelf.past(earlier, facts)
    summary = summarise(rows, facts, past=past, lists=lists)
    write_figures(summary, shelf.folder / stored.slug)
    return summary


@contextmanager
def _relabelled(stored: StoredWindow, labels: Labels, folder: Path) -> Iterator[Path]:
    """Write a window's rows with the labels, for the time of the block."""
    import pyarrow.parquet as pq

    target, writer = folder / "rows.parquet", None
    try:
        for table in stored.batches():
            told = labels.given(table)
            if writer is None:
                writer = pq.ParquetWriter(target, told.schema)
            writer.write_table(told)
        if writer is not None:
            writer.close()
        yield target
    finally:
        target.unlink(missing_ok=True)
