"""What the queries of a tenant share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from devo_sandbox.models.models import Models
from devo_sandbox.tables.tables import Tables


class Queries:
    """What queries run on: tables, models, threads; and the queries that have a name.

    :param keep_alive_s: how long a waiting client hears nothing.
    :param poll_s: how often a query that never ends looks for new events.
    :param most_s: how long the database may work for one reading.
    """

    def __init__(
        self, tables: Tables, models: Models, *, keep_alive_s: float, poll_s: float, most_s: float
    ) -> None:
        self.tables = tables
        self.models = models
        self.keep_alive_s = keep_alive_s
        self.poll_s = poll_s
        self.most_s = most_s
        self.named: dict[str, str] = {}
        # They block in DuckDB and Java; more of them than this wait their turn.
        self.workers = ThreadPoolExecutor(max_workers=32, thread_name_prefix="sandbox-query")

    def close(self) -> None:
        """Let go of the threads."""
        # Whoever read an answer has interrupted it by now; DuckDB takes a moment to notice.
        self.workers.shutdown(wait=True, cancel_futures=True)
