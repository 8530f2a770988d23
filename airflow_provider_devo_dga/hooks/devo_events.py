"""DevoEventsHook: where detections are sent as events, from an Airflow connection."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from airflow.sdk import BaseHook

from airflow_provider_devo_dga.devo_api.events import (
    DEFAULT_PORT,
    DEFAULT_TIMEOUT,
    EventsEndpoint,
    send_events,
)
from airflow_provider_devo_dga.errors import DevoConnectionConfigError


class DevoEventsHook(BaseHook):
    """Sends events to Devo with the official ``Sender``: syslog over TLS, with a client's certificate.

    Connection: ``host`` is the collector of your region (e.g. ``collector-us.devo.io``), ``port`` 443 when
    empty; extras ``key``, ``cert`` and ``chain`` are paths of PEM files on the workers, ``timeout`` seconds.
    Devo's HTTP endpoint is not used: it takes its token in the URL, and URLs end in logs.

    :param events_conn_id: the Airflow connection, of type ``devo_events``.
    """

    conn_name_attr = "events_conn_id"
    default_conn_name = "devo_events_default"
    conn_type = "devo_events"
    hook_name = "Devo events"

    def __init__(self, events_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.events_conn_id = events_conn_id

    @functools.cached_property
    def endpoint(self) -> EventsEndpoint:
        """The connection, checked; read once per hook."""
        connection = self.get_connection(self.events_conn_id)
        extra = connection.extra_dejson
        try:
            timeout = float(extra.get("timeout") or DEFAULT_TIMEOUT)
        except (TypeError, ValueError):
            raise DevoConnectionConfigError(
                "The connection's extra field 'timeout' must be a number of seconds"
            ) from None
        return EventsEndpoint(
            host=connection.host or "",
            port=connection.port or DEFAULT_PORT,
            key=extra.get("key") or "",
            cert=extra.get("cert") or "",
            chain=extra.get("chain") or "",
            timeout=timeout,
        )

    def get_conn(self) -> EventsEndpoint:
        """Return where events go."""
        return self.endpoint

    def send(self, table: str, lines: Iterable[str]) -> int:
        """Send events, see :func:`~airflow_provider_devo_dga.devo_api.events.send_events`."""
        return send_events(self.endpoint, table, lines)
