"""Stored windows of a source, and two models that differ in what they call long."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_provider_devo_dga.devo_api.window import Window, keyed
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.linq import HostSource
from airflow_provider_devo_dga.models.mojo import file_sha256
from airflow_provider_devo_dga.models.summary import SUMMARY, Features, Figures, Rows, TrainingSummary
from tests.gbm_mojo import Stump, gbm_mojo

END = datetime(2026, 1, 5, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOURCE = HostSource("test.edge.dns", "host", "client", "host")
KEY = SOURCE.key("devo_default", "self")
NAME = "dga_classifier"
SCHEMA = pa.schema(
    [
        ("reg_domain", pa.string()),
        ("sld", pa.string()),
        ("events_n", pa.int64()),
        ("first_seen", pa.timestamp("ms", "UTC")),
        ("last_seen", pa.timestamp("ms", "UTC")),
        ("client_ips", pa.list_(pa.string())),
        ("malicious", pa.string()),
    ]
)


class Network:
    """A network whose hours are stored, as the hourly report's Dag leaves them."""

    def __init__(self, folder: Path) -> None:
        self.reports = folder / "reports"
        self.models = folder / "models"

    def hour(self, back: int, asked: dict[str, list[str]]) -> None:
        """Store the rows of an hour.

        :param back: hours before the latest one.
        :param asked: names by client.
        """
        window = next(Window(END - back * HOUR, END - (back - 1) * HOUR).before(1))
        clients: dict[str, list[str]] = {}
        for client, names in asked.items():
            for name in names:
                clients.setdefault(name, []).append(client)
        rows = [
            {
                "reg_domain": name,
                "sld": name.partition(".")[0],
                "events_n": 1,
                "first_seen": window.start,
                "last_seen": window.start,
                "client_ips": who,
                "malicious": "0",
            }
            for name, who in clients.items()
        ]
        (self.reports / "rows").mkdir(parents=True, exist_ok=True)
        pq.write_table(
            pa.Table.from_pylist(rows, schema=SCHEMA),
            self.reports / "rows" / f"{keyed(window.slug, KEY)}.parquet",
        )

    def model(self, version: str, flagged_from: int, budget: float = 0.01) -> dict[str, Any]:
        """Publish a model that flags labels of so many characters or more, and return its summary."""
        folder = self.models / version
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{NAME}.zip"
        stumps = {"length": Stump(flagged_from - 0.5, -4, 4)}
        file.write_bytes(gbm_mojo(TUTORIAL_FEATURES.names, stumps))
        trained = TrainingSummary(
            version=version,
            sha256=file_sha256(file),
            model_file=file.as_uri(),
            feature_set=Features(**TUTORIAL_FEATURES.to_dict()),
            test_metrics=Figures(rows=5000, auc=0.95, recall=0.8, false_positive_rate=budget),
            false_positive_budget=budget,
            rows=Rows(train=20_000, valid=2500, test=5000),
        )
        (folder / f"{NAME}.json").write_bytes(SUMMARY.write(trained))
        return trained.short()


def words(seed: int, number: int, length: int) -> Iterator[str]:
    """Yield names of a label of so many letters."""
    chance = random.Random(seed)  # noqa: S311 - names, no secrets
    for _ in range(number):
        yield "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=length)) + ".com"


@pytest.fixture
def network(tmp_path: Path) -> Network:
    """Return a network of 40 clients in three hours: one asks for 30 labels of 16 letters, each time.

    Every client asks for twenty short names an hour; one of fifty has twelve letters.
    """
    made = Network(tmp_path)
    for back in range(3):
        asked = {f"10.0.0.{client}": [*words(back * 100 + client, 20, 7)] for client in range(40)}
        for client in range(0, 40, 2):
            asked[f"10.0.0.{client}"] += words(9000 + back * 100 + client, 1, 12)
        asked["10.0.0.99"] = [*words(5000 + back, 30, 16), *words(6000 + back, 10, 7)]
        made.hour(back, asked)
    return made
