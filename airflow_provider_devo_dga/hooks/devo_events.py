"""DevoEventsHook: where detections are sent as events, from an Airflow connection."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from airflow.sdk import BaseHook

from airflow_provider_devo_dga.devo_api.events import EventsEndpoint, check_endpoint, send_events
from airflow_provider_devo_dga.errors import DevoConnectionConfigError, DevoError
from airflow_provider_devo_dga.hooks.connections import events_endpoint
from airflow_provider_devo_dga.tasks.telemetry import QueryStats


class DevoEventsHook(BaseHook):
    """Sends events to Devo with the official ``Sender``: syslog over TLS, with a client's certificate.

    Connection: ``host`` is the collector of your region (e.g. ``collector-us.devo.io``), ``port`` 443 when
    empty; extras ``private_key``, ``cert`` and ``chain``: PEM, the texts or their paths on the workers,
    ``timeout`` (seconds for each wait) and ``retries`` (to connect).
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
        return events_endpoint(self.get_connection(self.events_conn_id))

    def get_conn(self) -> EventsEndpoint:
        """Return where events go."""
        return self.endpoint

    def send(self, table: str, lines: Iterable[str]) -> int:
        """Send events, see :func:`~airflow_provider_devo_dga.devo_api.events.send_events`."""
        return send_events(self.endpoint, table, lines, QueryStats())

    def test_connection(self) -> tuple[bool, str]:
        """Connect with the certificate and leave without an event; say which part fails when one does.

        Whether Devo stores what comes with this certificate shows only with an event.
        """
        try:
            endpoint = self.endpoint
            check_endpoint(endpoint)
        except DevoConnectionConfigError as error:
            return False, f"The connection is not usable: {error}"
        except DevoError as error:
            return False, f"The collector cannot be reached: {error}"
        return True, (
            f"The collector at {endpoint.host}:{endpoint.port} is trusted, and did not object to the"
            " certificate; no event was sent, so this does not prove that Devo stores them"
        )
