"""Let the product judge the hours of a scenario, and hold that against the truth."""

from __future__ import annotations

import random
import tempfile
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.reports.evidence.client_evidence import Verdict
from airflow_provider_devo_dga.reports.evidence.client_history import standing
from airflow_provider_devo_dga.reports.evidence.context import ReportContext
from airflow_provider_devo_dga.reports.evidence.figures import REPORT, TREND_WINDOWS
from airflow_provider_devo_dga.reports.evidence.past import CLIENTS, write_clients
from airflow_provider_devo_dga.reports.evidence.scored_rows import FlaggedRow
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary, summarise
from airflow_provider_devo_dga.reports.files.detections_parquet import parquet_written
from airflow_provider_devo_dga.reports.files.record import records
from airflow_provider_devo_dga.reports.shelf import ReportShelf
from benchmarks.network.names import Pools
from benchmarks.network.scenarios import Scenario
from benchmarks.network.traffic import Hour

START = datetime(2026, 1, 5, tzinfo=UTC)
WRONG_PER_MILLE = 1.0


@dataclass
class Outcome:
    """Counts over all hours and seeds of a scenario.

    :param infected: (seed, network, client) that were infected at any time; ``found`` those that stood out.
    """

    hours: int = 0
    clean_client_hours: int = 0
    infected: set[tuple[int, int, str]] = field(default_factory=set)
    found: set[tuple[int, int, str]] = field(default_factory=set)
    accused: set[tuple[int, int, str]] = field(default_factory=set)
    true_alarms: int = 0
    wrongly_accused: int = 0
    wrongly_suspected: int = 0

    @property
    def share_found(self) -> float:
        return len(self.found) / len(self.infected) if self.infected else 0.0

    @property
    def share_accused(self) -> float:
        return len(self.accused) / len(self.infected) if self.infected else 0.0

    @property
    def precision(self) -> float:
        alarms = self.true_alarms + self.wrongly_accused + self.wrongly_suspected
        return self.true_alarms / alarms if alarms else 1.0

    @property
    def wrong_per_mille(self) -> float:
        """Clean clients called suspicious, of a thousand client-hours."""
        return 1000 * self.wrongly_suspected / self.clean_client_hours if self.clean_client_hours else 0.0

    def holds(self, scenario: Scenario) -> bool:
        """Tell whether the floors of a scenario are met."""
        if scenario.least is None:
            return not self.wrongly_accused and self.wrong_per_mille <= WRONG_PER_MILLE
        return self.share_found >= scenario.least and self.precision >= (scenario.precise or 0.0)


def judge(scenario: Scenario, pools: Pools, seeds: range) -> Outcome:
    """Report on every hour of a scenario, as the product does, and count."""
    outcome = Outcome()
    for seed in seeds:
        chance = random.Random(f"{scenario.told} {seed}")  # noqa: S311
        with tempfile.TemporaryDirectory(prefix="devo-dga-network-") as folder:
            for number, hour in enumerate(scenario.hours(pools, chance)):
                start = START + timedelta(hours=number)
                shelf = ReportShelf(Path(folder, str(number) if scenario.apart else "all"))
                rows = Path(folder, "rows.parquet")
                hour.write(rows, start, chance, answers=scenario.answers)
                summary = _report(rows, _context(start, pools.rate), shelf, hour.alternative(start))
                network = number if scenario.apart else 0
                _count(outcome, summary, hour, (seed, network))
    return outcome


def _report(
    rows: Path, context: ReportContext, shelf: ReportShelf, alternative: Sequence[FlaggedRow]
) -> ReportSummary:
    """Report as ``make_report`` does, but for the pages: they take most of its time and decide nothing."""
    window = Window(context.window_start, context.window_end)
    earlier = [(past.start, past.slug) for past in reversed(list(window.before(TREND_WINDOWS)))]
    _, past = shelf.past(earlier, context)
    summary = summarise(rows, context, past=past, alternative=alternative)
    place = shelf.folder / window.slug
    place.mkdir(parents=True)
    (place / "report.json").write_bytes(REPORT.write(summary.document()))
    with (place / "report.parquet").open("wb") as file:
        deque(parquet_written(records(summary), context, file), maxlen=0)
    with (place / CLIENTS).open("wb") as file:
        write_clients(summary.clients_untold, context, file)
    return summary


def _count(outcome: Outcome, summary: ReportSummary, hour: Hour, key: tuple[int, int]) -> None:
    told = standing(summary.clients, summary.alternative)
    verdicts = {client: getattr(known, "verdict", Verdict.SUSPICIOUS) for client, (_, known) in told.items()}
    outcome.hours += 1
    outcome.clean_client_hours += len(hour.clients - hour.infected)
    outcome.infected |= {(*key, client) for client in hour.infected}
    for client, verdict in verdicts.items():
        accused = verdict is Verdict.INFECTED
        if client in hour.infected:
            outcome.true_alarms += 1
            outcome.found.add((*key, client))
            if accused:
                outcome.accused.add((*key, client))
        elif accused:
            outcome.wrongly_accused += 1
        else:
            outcome.wrongly_suspected += 1


def _context(start: datetime, rate: float) -> ReportContext:
    return ReportContext(
        window_start=start,
        window_end=start + timedelta(hours=1),
        table="dns",
        devo_domain="self",
        model_name="dga_classifier",
        false_positive_rate=rate,
        generated_at=start + timedelta(hours=1),
        dag_id="simulated",
        run_id="simulated",
    )
