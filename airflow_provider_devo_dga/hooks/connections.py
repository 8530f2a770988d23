"""What Airflow's connections say, checked: one way to read the fields of every type.

An error names the field: ``The connection's …``. No error quotes a secret.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args

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
from airflow_provider_devo_dga.devo_api.tls import shown_path
from airflow_provider_devo_dga.errors import DevoConnectionConfigError, DevoDgaError
from airflow_provider_devo_dga.redaction import keep_secret

if TYPE_CHECKING:
    from airflow.sdk import Connection

log = logging.getLogger(__name__)

_YES = {"true", "1", "yes", "on", ""}
_NO = {"false", "0", "no", "off"}
_JSON = {list: "array", str: "text", int: "number", float: "number", bool: "boolean"}
_DEFAULTS = Limits()
_EVENTS_PORT, _H2O_PORT = 443, 54321
_WEB = ("https", "http")
# What people call the collector's one way, syslog over TLS.
_COLLECTOR = ("ssl", "tls", "tcp", "https")

_Number = TypeVar("_Number", int, float)


class Extra:
    """The extra fields of a connection, each checked when it is read.

    :param fields: as they are stored: texts from the form, anything from JSON.
    :raises DevoConnectionConfigError: the extra is no JSON object.
    """

    def __init__(self, fields: object) -> None:
        if not isinstance(fields, dict):
            raise DevoConnectionConfigError(
                f"The connection's extra is a JSON {_JSON.get(type(fields), 'value')}, where an object is"
                ' wanted: {"timeout": 600}'
            )
        self.fields: dict[str, Any] = fields

    def text(self, name: str) -> str:
        """Return a field without spaces around it; empty when it is not there."""
        value = self.fields.get(name)
        return "" if value is None else str(value).strip()

    def choice(self, name: str, *words: str) -> str:
        """Return one of some words, the first one by default."""
        if (word := self.text(name) or words[0]) not in words:
            raise _wrong(name, f"must be {' or '.join(words)}, not {word!r}")
        return word

    def number(self, name: str, default: _Number) -> _Number:
        """Return a number from 0, of the default's type."""
        text = self.text(name)
        try:
            number = type(default)(text) if text else default
        except (ValueError, OverflowError):
            number = type(default)(-1)
        if not number >= 0:  # NaN is not, either
            raise _wrong(name, f"must be a number from 0, not {text!r}")
        return number

    def pem(self, name: str, what: str) -> str:
        """Return the text of a PEM file, or the path of one that is there."""
        if not (given := self.text(name)):
            raise _wrong(name, f"is empty; it is {what}, PEM: the text, or its path on every worker")
        if text := pem_text(given):
            return text
        try:
            found = Path(given).is_file()
        except (OSError, ValueError):
            found = False
        if not found:
            told = f"is neither a whole PEM text nor a file on this machine: {shown_path(given)}"
            raise _wrong(name, told)
        return given

    def verify(self) -> bool | str:
        """Return ``verify``: True by default, False, or path or PEM text of the authorities to trust."""
        text = self.text("verify")
        if text.lower() in _YES:
            return True
        return False if text.lower() in _NO else pem_text(text) or text

    def limits(self, timeout: float = _DEFAULTS.timeout) -> Limits:
        """Return ``timeout``, ``retries`` and ``concurrency``."""
        if not (seconds := self.number("timeout", timeout)):
            raise _wrong("timeout", f"must be above 0; leave it out for {timeout:g} seconds")
        return Limits(
            timeout=seconds,
            retries=self.number("retries", _DEFAULTS.retries),
            concurrency=max(1, self.number("concurrency", _DEFAULTS.concurrency)),
        )


@contextmanager
def refused_as(kind: type[DevoDgaError]) -> Iterator[None]:
    """Raise what is wrong with a connection of another service than Devo as this error."""
    try:
        yield
    except DevoConnectionConfigError as error:
        raise kind(error.message) from None


def _wrong(name: str, what: str) -> DevoConnectionConfigError:
    return DevoConnectionConfigError(f"The connection's extra field {name!r} {what}")


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
        fields = connection.extra_dejson if extra is None else extra
        checked = Extra(fields)
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
        extra = Extra(connection.extra_dejson)
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
    extra = Extra(connection.extra_dejson)
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
    extra = Extra(connection.extra_dejson)
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
    if connection.password and not connection.login:
        check_sendable("token", connection.password)
    return {
        "uri": service_url(
            connection.host, connection.port, schemes=_WEB, example="https://mlflow.example.com"
        ),
        "username": connection.login or None,
        "password": connection.password or None if connection.login else None,
        "token": None if connection.login else connection.password or None,
        "verify": Extra(connection.extra_dejson).verify(),
    }
