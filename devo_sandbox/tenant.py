"""Everything one sandbox holds: its tables, models, stored queries, credentials and habits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devo_sandbox import clock
from devo_sandbox.auth import Credentials
from devo_sandbox.faults.faults import Faults
from devo_sandbox.intake.intake import Intake
from devo_sandbox.linq.functions.host_names import Suffixes
from devo_sandbox.models.models import Models, Output
from devo_sandbox.queries.jobs import Jobs
from devo_sandbox.queries.queries import Queries
from devo_sandbox.request_log import RequestLog
from devo_sandbox.tables.tables import Tables


@dataclass(frozen=True, slots=True)
class Habits:
    """What Devo leaves open, each in one switch.

    :param domain: the Devo domain that ``mlevalmodel`` may name.
    :param model_output: what a binomial model answers: its label, or ``p1``.
    :param model_delay_s: how long after a replace ``mlevalmodel`` still uses the former model.
    :param suffixes: what ``rootsuffix`` and its like know of the public suffix list.
    :param keep_alive_s: how long a waiting client hears nothing.
    :param poll_s: how often a query that never ends looks for new events.
    :param most_s: how long the database may work for one query before it is stopped.
    """

    domain: str = "self"
    model_output: Output = "label"
    model_delay_s: float = 0.0
    suffixes: Suffixes = "private"
    keep_alive_s: float = 5.0
    poll_s: float = 0.2
    most_s: float = 120.0


class Tenant:
    """One tenant of the sandbox.

    :param directory: where tables, models and jobs last; None keeps them in memory.
    """

    def __init__(
        self, credentials: Credentials, directory: Path | None = None, habits: Habits | None = None
    ) -> None:
        if directory:
            directory.mkdir(parents=True, exist_ok=True)
        self.credentials = credentials
        habits = habits or Habits()
        self.tables = Tables(directory, habits.suffixes)
        self.models = Models(
            directory,
            domain=habits.domain,
            output=habits.model_output,
            delay_s=habits.model_delay_s,
        )
        self.models.scorer.register(self.tables.connection)
        self.tables.lock_down()
        self.queries = Queries(
            self.tables,
            self.models,
            keep_alive_s=habits.keep_alive_s,
            poll_s=habits.poll_s,
            most_s=habits.most_s,
        )
        self.jobs = Jobs(directory / "jobs.json" if directory else None)
        self.faults = Faults()
        self.intake = Intake(self.tables, clock.now_ms)
        self.requests = RequestLog()

    def close(self) -> None:
        """Let go of the database and the threads."""
        self.jobs.close()
        self.queries.close()
        self.tables.close()
        self.models.close()
