"""Two days of reports, drift and trainings, written by the code that writes them in service."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.drift.stability import drift_of
from airflow_provider_devo_dga.drift.watch import DriftWatch
from airflow_provider_devo_dga.features.dga import PLAIN_FEATURES
from airflow_provider_devo_dga.features.host import HostParts, split_host
from airflow_provider_devo_dga.history.model_history import ModelHistory
from airflow_provider_devo_dga.history.tracking_server import TrackingServer
from airflow_provider_devo_dga.models.summary import SUMMARY, Features, Figures, TrainingSummary
from airflow_provider_devo_dga.reports.evidence.figures import REPORT
from airflow_provider_devo_dga.reports.evidence.summary import summarise
from airflow_provider_devo_dga.reports.files.files import write_report
from tests.drift.records import baseline_of_hosts, drift_found
from tests.one_run import run_once
from tests.reports.conftest import Hour

DAG = "dga_hourly_report"
NEWEST = datetime(2026, 1, 6, 13, tzinfo=UTC)
CHAMPION, CHALLENGER, FORMER = "20260105T030000Z", "20260106T120000Z", "20251229T030000Z"
HOURS = 36
_MISSING = {17, 18}
_ODD = {0, 1, 2, 9}
_LETTERS = "aaeeiioouubcdlmnrst"


def put_reports(folder: Path, scratch: Path) -> str:
    """Write reports of some hours, the two newest with their pages; return the newest one's slug."""
    chance = random.Random(7)  # noqa: S311 - reproducible, no secret
    baseline = baseline_of_hosts(_hosts(chance, _LETTERS, 800), PLAIN_FEATURES)
    watch = DriftWatch(folder / "drift")
    slug = ""
    for back in reversed([back for back in range(HOURS) if back not in _MISSING]):
        start, end = NEWEST - timedelta(hours=back), NEWEST - timedelta(hours=back - 1)
        version = CHAMPION if back < 31 else FORMER
        hour = _hour(scratch / "rows.parquet", start, chance, infected=back in {0, 20}, loud=back in _ODD)
        context = hour.context(
            window_start=start,
            window_end=end,
            generated_at=end + timedelta(minutes=4),
            dag_id=DAG,
            run_id="r",
            model_version=version,
            threshold=0.8312,
        )
        summary = summarise(hour.write(), context)
        slug = Window(start, end).slug
        (folder / slug).mkdir(parents=True)
        if back > 1:
            (folder / slug / "report.json").write_bytes(REPORT.write(summary.document()))
        else:
            write_report(summary, folder / slug)
        letters = "bcdfghjkz0123456789" if back in _ODD else _LETTERS
        drift = drift_of(baseline, _hosts(chance, letters, 220), PLAIN_FEATURES)
        share = summary.totals.domains_flagged / summary.totals.domains
        found = drift_found(drift.index, drift.drifted, domains=drift.domains, model_version=version)
        watch.record(Window(start, end), dataclasses.replace(found, share_flagged=share))
    return slug


def put_history(folder: Path) -> None:
    """Record three trainings in MLflow: the one in service, its successor, its predecessor."""
    history = ModelHistory(TrackingServer.in_file(folder / "mlflow.db"), "dga_classifier")
    former, champion, challenger = (
        history.record(trained(version, recall, wrong))
        for version, recall, wrong in (
            (FORMER, 0.912, 0.0102),
            (CHAMPION, 0.934, 0.0098),
            (CHALLENGER, 0.941, 0.0217),
        )
    )
    for entry, verdict in ((former, "passed"), (champion, "passed"), (challenger, "refused")):
        history.note(entry.version, entry.sha256, {"gate": verdict})
    history.give("champion", champion)
    history.give("challenger", challenger)


def run_that_tells(html: str | None) -> str:
    """Run a Dag whose task tells where its report lies, as DGAReportOperator does; return the run's id."""
    from airflow import sdk

    with sdk.DAG(DAG, schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:

        @sdk.task
        def report() -> dict[str, str]:
            return {"html": html, "headline": "h"} if html else {"other": "o"}

        report()
    return str(run_once(dag).run_id)


def put_card(folder: Path, version: str, card: str) -> None:
    """Write a model's summary and card as a training does, without the model file."""
    (folder / version).mkdir(parents=True)
    (folder / version / "dga_classifier.json").write_bytes(SUMMARY.write(trained(version, 0.934, 0.0098)))
    (folder / version / "model_card.html").write_text(card)


def trained(version: str, recall: float, false_positive_rate: float) -> TrainingSummary:
    """Return what is known of a training."""
    return TrainingSummary(
        version=version,
        sha256=version.lower() * 4,
        model_file=f"s3://bucket/models/{version}/dga_classifier.zip",
        feature_set=Features(name="dga_plain", fingerprint=PLAIN_FEATURES.fingerprint),
        threshold=0.8312,
        test_metrics=Figures(auc=0.98 + recall / 100, recall=recall, false_positive_rate=false_positive_rate),
    )


def _hour(path: Path, start: datetime, chance: random.Random, *, infected: bool, loud: bool) -> Hour:
    hour = Hour(path)
    hour.start = start
    for number in range(200):
        clients = [f"10.0.{number % 3}.{client}" for client in chance.sample(range(40), 3)]
        flagged = chance.random() < (0.06 if loud else 0.012)
        hour.add(f"shop{number}.example", clients, "1" if flagged else "0", minute=number / 4)
    if infected:
        for number in range(44):
            name = "".join(chance.choices("bcdfghjklmnpqrstvwxz0123456789", k=14))
            hour.add(f"{name}.ru", ["10.0.0.66"], "1" if number % 7 else "0", minute=12 + number / 2)
    return hour


def _hosts(chance: random.Random, letters: str, count: int) -> list[HostParts]:
    return list(_split("".join(chance.choices(letters, k=chance.randint(5, 14))) for _ in range(count)))


def _split(labels: Iterator[str]) -> Iterator[HostParts]:
    return (found for label in labels if (found := split_host(f"{label}.com")) is not None)
