"""The demo's world on disk: dataset, one hour of events, folders for what comes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from demo.dataset import DatasetSummary, write_dataset
from demo.events import write_events
from demo.infections import Infection, generated_hosts, infections
from demo.roles import Part, Role, parts

TABLE = "demo.ecommerce.data"
SEED = 11
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class World:
    """Folders and the hour of a demo run.

    :param root: everything lies below it.
    :param hour: start of the hour that has events, aware, UTC.
    """

    root: Path
    hour: datetime

    @classmethod
    def at(cls, root: Path) -> World:
        """Return a world whose hour is the last full one."""
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        return cls(root.resolve(), now - HOUR)

    @property
    def dataset(self) -> Path:
        """Labelled domains."""
        return self.root / "dataset.csv.gz"

    @property
    def events(self) -> Path:
        """The hour's events as NDJSON."""
        return self.root / "events.ndjson"

    @property
    def store(self) -> Path:
        """Models and reports, by Airflow."""
        return self.root / "store"

    @property
    def sandbox(self) -> Path:
        """The sandbox's data."""
        return self.root / "sandbox"

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME."""
        return self.root / "airflow"

    @property
    def logs(self) -> Path:
        """A log for each step."""
        return self.root / "logs"

    @property
    def infections(self) -> list[Infection]:
        """Who is infected in the hour: the truth that a report is held against."""
        return infections(self.hour, SEED)

    @property
    def parts(self) -> list[Part]:
        """Who else does what the report must find, or must not accuse."""
        families = [
            Part(each.client, Role.FAMILY, tuple(generated_hosts(each, self.hour)))
            for each in self.infections
        ]
        return families + parts(self.hour, SEED)

    def make_folders(self) -> None:
        """Make the folders that must be there first."""
        for folder in (self.store, self.airflow, self.logs):
            folder.mkdir(parents=True, exist_ok=True)

    def write_dataset(self) -> DatasetSummary:
        """Write the labelled domains."""
        return write_dataset(self.dataset, until=self.hour.date())

    def write_events(self) -> int:
        """Write the hour's events; return how many."""
        return write_events(self.events, self.hour, seed=SEED, roles=True)
