"""Where queries go, and in whose name."""

from __future__ import annotations

import time
from dataclasses import dataclass

from airflow_provider_devo_dga.devo_api.access import Credentials
from airflow_provider_devo_dga.devo_api.query import Query, QueryExchange


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Devo's query address with credentials.

    :param url: e.g. ``https://apiv2-us.devo.com/search/query``.
    """

    url: str
    credentials: Credentials

    def exchange(self, query: Query) -> QueryExchange:
        """Return a new exchange, signed now: a signature ages, so each attempt has its own."""
        return QueryExchange(query, self.url, self.credentials, int(time.time()) * 1000)
