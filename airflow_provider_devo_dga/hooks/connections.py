"""What Airflow's connections say, checked: one way to read the fields of every type.

An error names the field: ``The connection's …``. No error quotes a secret.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args

from airflow_provider_devo_dga.devo_api.access import (
    MODEL_MANAGER_PATH,
    QUERY_PATH,
    Credentials,
    Endpoint,
    Limits,
    check_sendable,
    service_address,
    service_url,
)
from airflow_provider_devo_dga.devo_api.events import EventsEndpoint
from airflow_provider_devo_dga.devo_api.pem import pem_text
from airflow_provider_devo_dga.devo_api.query import Completeness
from airflow_provider_devo_dga.errors import DevoConnectionConfigError, DevoDgaError
from airflow_provider_devo_dga.hooks.extra import Extra
from airflow_provider_devo_dga.redaction import keep_secret

if TYPE_CHECKING:
    from airflow.sdk import Connection

log = logging.getLogger(__name__)

_DEFAULTS = Limits()
_EVENTS_PORT, _H2O_PORT = 443, 54321
_WEB = ("https", "http")
# What people call the collector's one way, syslog over TLS.
_COLLECTOR = ("ssl", "tls", "tcp", "https")


@contextmanager
def refused_as(kind: type[DevoDgaError]) -> Iterator[None]:
    """Raise what is wrong with a connection of another service than Devo as this error."""
    try:
        yield
    except DevoConnectionConfigError as error:
        raise kind(error.message) from None


def _old_jwt(fields: dict[str, Any], conn_id: str | None) -> str | None:
    if jwt := fields.get("jwt"):
        _tell_of_jwt_token(conn_id)
    return jwt or None


@functools.cache  # a triggerer reads its connections every half minute
def _tell_of_jwt_token(conn_id: str | None) -> None:
    log.warning(
        "The connection %r has its JWT in the extra field 'jwt', which Airflow shows to whoever may read"
        " connections; move it to 'jwt_token', which is masked",
        conn_id,
    )


@dataclass(frozen=True, slots=True)
class DevoSettings:
    """A checked ``devo`` connection.

    :param verify: True, False, or a path or the PEM text of the authorities to trust.
    :param completeness: how reads are proven to be whole, where the caller does not say.
    """

    url: str
    credentials: Credentials
    verify: bool | str
    limits: Limits
    completeness: Completeness = "auto"

    @property
    def endpoint(self) -> Endpoint:
        """Where queries go, and in whose name."""
        return Endpoint(self.url, self.credentials)

    @classmethod
    def of(cls, connection: Connection, *, extra: dict[str, Any] | None = None) -> DevoSettings:
        """Read a connection.

        :param extra: the extra fields, when they were read asynchronously (in a trigger).
        :raises DevoConnectionConfigError: names the field that is wrong.
        """
        checked = Extra.of(connection, "devo", extra)
        fields = checked.fields
        return cls(
            url=service_url(connection.host, connection.port, default_path=QUERY_PATH),
            credentials=Credentials(
                token=connection.password or None,
                jwt=fields.get("jwt_token") or _old_jwt(fields, connection.conn_id),
                api_key=fields.get("api_key") or None,
                api_secret=fields.get("api_secret") or None,
            ),
            verify=checked.verify(),
            limits=checked.limits(),
            completeness=cast("Completeness", checked.choice("completeness", *get_args(Completeness))),
        )


class ModelManagerAccount:
    """A checked ``devo_mlmm`` connection.

    :param timeout: seconds for one call.
    :raises DevoConnectionConfigError: names the field that is wrong.
    """

    def __init__(self, connection: Connection, timeout: float) -> None:
        extra = Extra.of(connection, "devo_mlmm")
        if not connection.password:
            raise DevoConnectionConfigError(
                "The connection has no token; put a Devo token into the password field"
            )
        keep_secret(connection.password)
        check_sendable("token", connection.password)
        self.url = service_url(
            connection.host, connection.port, default_path=MODEL_MANAGER_PATH, example="api-us.devo.com"
        )
        self.token: str = connection.password
        self.verify = extra.verify()
        self.auth_type = extra.choice("auth_type", "standalone", "bearer")
        self.limits = Limits(timeout, extra.number("retries", _DEFAULTS.retries))

    def headers(self) -> dict[str, str]:
        """Return the headers that authenticate a call."""
        if self.auth_type == "bearer":
            return {"Authorization": f"Bearer {self.token}"}
        return {"standAloneToken": self.token}


def events_endpoint(connection: Connection) -> EventsEndpoint:
    """Return where a ``devo_events`` connection leads.

    :raises DevoConnectionConfigError: names the field that is wrong.
    """
    extra = Extra.of(connection, "devo_events")
    found = service_address(
        connection.host, connection.port, schemes=_COLLECTOR, example="collector-us.devo.io"
    )
    if ":" in found.host:
        raise DevoConnectionConfigError(
            "Devo's Sender knows IPv4 only; put a name into the connection's host"
        )
    return EventsEndpoint(
        host=found.host,
        port=found.port or _EVENTS_PORT,
        key=_key(extra, connection.conn_id),
        cert=extra.pem("cert", "the client's certificate"),
        chain=extra.pem("chain", "the authorities to trust"),
        limits=extra.limits(timeout=30.0),
    )


def _key(extra: Extra, conn_id: str | None) -> str:
    name = "private_key" if extra.text("private_key") or not extra.text("key") else "key"
    if name == "key" and pem_text(extra.text(name)):
        log.warning(
            "The connection %r has the text of its key in the extra field 'key', which Airflow shows to"
            " whoever may read connections; move it to 'private_key', which is masked",
            conn_id,
        )
    return extra.pem(name, "the private key")


def h2o_cluster(connection: Connection) -> dict[str, Any]:
    """Return the arguments of ``h2o_connection`` for an ``h2o`` connection.

    :raises DevoConnectionConfigError: names the field that is wrong.
    """
    extra = Extra.of(connection, "h2o")
    if (scheme := (connection.schema or "").strip().lower()) not in {"", *_WEB}:
        raise DevoConnectionConfigError(f"The connection's schema must be https or http, not {scheme!r}")
    path = extra.text("context_path").strip("/")
    return {
        "url": service_url(
            connection.host,
            connection.port or _H2O_PORT,
            default_path=path and f"/{path}",
            schemes=(scheme,) if scheme else _WEB,
            example="h2o.example.com",
        ),
        "auth": (connection.login, connection.password or "") if connection.login else None,
        "verify": extra.verify(),
    }


def mlflow_server(connection: Connection) -> dict[str, Any]:
    """Return the arguments of ``TrackingServer`` for an ``mlflow`` connection.

    :raises DevoConnectionConfigError: names the field that is wrong.
    """
    extra = Extra.of(connection, "mlflow")
    if connection.password and not connection.login:
        check_sendable("token", connection.password)
    return {
        "uri": service_url(
            connection.host, connection.port, schemes=_WEB, example="https://mlflow.example.com"
        ),
        "username": connection.login or None,
        "password": connection.password or None if connection.login else None,
        "token": None if connection.login else connection.password or None,
        "verify": extra.verify(),
    }
