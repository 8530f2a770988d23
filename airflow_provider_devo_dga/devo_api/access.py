"""Access to Devo: its address, credentials as headers, equal to devo-sdk's by test, and bounds of calls."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import time
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from airflow_provider_devo_dga.devo_api.proxy import is_host
from airflow_provider_devo_dga.devo_api.wire import Request
from airflow_provider_devo_dga.errors import DevoConnectionConfigError, DevoPermanentError
from airflow_provider_devo_dga.redaction import keep_secret

QUERY_PATH = "/search/query"
MODEL_MANAGER_PATH = "/mlmodelmanager"
_NAME = re.compile(r"[\w.-]+")
_WRITTEN = re.compile(r"[^\s\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, a JWT, or an API key with its secret; the pair wins, then the token. Never in a repr."""

    token: str | None = field(default=None, repr=False)
    jwt: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    api_secret: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        keep_secret(*self.secrets())
        if bool(self.api_key) != bool(self.api_secret):
            raise DevoConnectionConfigError(
                "The connection has only one of api_key and api_secret; both belong together"
            )
        if not (self.token or self.jwt or self.api_key):
            raise DevoConnectionConfigError(
                "The connection has no credentials: put a Devo token into the password field, "
                "or jwt_token, or api_key and api_secret, into the extra fields"
            )
        for name, value in (("token", self.token), ("jwt", self.jwt), ("api_key", self.api_key)):
            check_sendable(name, value or "")

    def headers(self, body: str, timestamp_ms: int) -> dict[str, str]:
        """Return the headers that authenticate ``body`` at ``timestamp_ms`` (epoch milliseconds)."""
        stamp = str(timestamp_ms)
        common = {"Content-Type": "application/json", "x-logtrust-timestamp": stamp}
        if self.api_key and self.api_secret:
            signature = hmac.new(
                self.api_secret.encode(), (self.api_key + body + stamp).encode(), hashlib.sha256
            )
            return common | {
                "x-logtrust-apikey": self.api_key,
                "x-logtrust-sign": signature.hexdigest(),
            }
        if self.token:
            return common | {"Authorization": f"Bearer {self.token}"}
        return common | {"Authorization": f"jwt {self.jwt}"}

    def secrets(self) -> tuple[str, ...]:
        """Return what must be masked in logs."""
        return tuple(secret for secret in (self.token, self.jwt, self.api_key, self.api_secret) if secret)

    def for_sdk(self) -> dict[str, str]:
        if self.api_key and self.api_secret:
            return {"key": self.api_key, "secret": self.api_secret}
        if self.token:
            return {"token": self.token}
        return {"jwt": self.jwt or ""}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Devo's query address with credentials. A signature ages: make a new request for a new attempt.

    :param url: e.g. ``https://apiv2-us.devo.com/search/query``.
    """

    url: str
    credentials: Credentials

    def post(self, body: str) -> Request:
        """Return the request of a query, or of a job to be started."""
        return Request("POST", self.url, self._signed(body), body.encode())

    def get(self, path: str) -> Request:
        """Return a request about jobs, whose paths share only the host with the query endpoint."""
        parts = urlsplit(self.url)
        return Request("GET", f"{parts.scheme}://{parts.netloc}{path}", self._signed(""))

    def _signed(self, body: str) -> dict[str, str]:
        return self.credentials.headers(body, int(time.time()) * 1000)


def check_sendable(name: str, secret: str) -> None:
    """Refuse a secret that no header can carry; HTTP clients would quote it in their error.

    :raises DevoConnectionConfigError: does not quote it.
    """
    if not (secret.isascii() and secret.isprintable() and secret == secret.strip()):
        raise DevoConnectionConfigError(
            f"The connection's {name} has a line break, a space at an end or a character outside ASCII;"
            " copy it again"
        )


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service is.

    :param host: a name in lower case, or an IP address, without brackets.
    :param port: None when nobody named one.
    :param path: without a slash at its end; empty when there is none.
    """

    scheme: str
    host: str
    port: int | None
    path: str

    @property
    def url(self) -> str:
        """The whole address."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{name}{f':{self.port}' if self.port else ''}{self.path}"


def service_address(host: str | None, port: int | None, *, schemes: tuple[str, ...], example: str) -> Address:
    """Read what people write where an address belongs: a name, or a URL, in any case, with spaces around it.

    :param host: ``apiv2-us.devo.com``, ``[2001:db8::1]:8443``, ``https://proxy.example:8443/devo/`` …
    :param port: used when the host names none.
    :param schemes: those that are allowed; the first is meant when the host names none.
    :raises DevoConnectionConfigError: when there is no host, or it is not such an address.
    """
    text = (host or "").strip()
    if not text:
        raise DevoConnectionConfigError(f"The connection has no host; put e.g. {example} there")
    try:
        parts = urlsplit(_with_scheme(text, schemes[0]))
        chosen = parts.port or port
    except ValueError:
        raise _no_address(example) from None
    if parts.scheme not in schemes:
        raise DevoConnectionConfigError(
            f"The connection's host must be an {' or '.join(schemes)} address, not {parts.scheme}"
        )
    if "@" in parts.netloc or parts.query or parts.fragment or not parts.hostname:
        raise DevoConnectionConfigError(
            "The connection's host must be a plain address; credentials go into their own fields"
        )
    is_name = _NAME.fullmatch(parts.hostname) and is_host(parts.hostname)
    if (
        not (is_name or _is_ipv6(parts.hostname))
        or parts.netloc.endswith(":")
        or not _WRITTEN.fullmatch(text)
    ):
        raise _no_address(example)
    if chosen is not None and not 0 < chosen < 1 << 16:
        raise DevoConnectionConfigError(f"The connection's port must be from 1 to 65535, not {chosen}")
    return Address(parts.scheme, parts.hostname, chosen, parts.path.rstrip("/"))


def service_url(
    host: str | None,
    port: int | None,
    *,
    default_path: str = "",
    schemes: tuple[str, ...] = ("https",),
    example: str = "apiv2-us.devo.com",
) -> str:
    """Return the URL of a service, without a trailing slash, before any client can guess at it.

    devo-sdk turns ``http`` into ``https`` in silence and posts to ``/`` when the host ends in a slash.

    :param default_path: for a host without a path of its own. The rest is as in :func:`service_address`.
    """
    found = service_address(host, port, schemes=schemes, example=example)
    return replace(found, path=found.path or default_path).url


def _with_scheme(text: str, scheme: str) -> str:
    if "://" in text:
        return text
    return f"{scheme}://[{text}]" if _is_ipv6(text) else f"{scheme}://{text}"


def _is_ipv6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


def _no_address(example: str) -> DevoConnectionConfigError:
    return DevoConnectionConfigError(f"The connection's host is not an address; put e.g. {example} there")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a connection to Devo.

    :param timeout: seconds for one whole answer; keep-alives do not stretch it.
    :param retries: further attempts after a fault that may pass.
    :param concurrency: queries that one triggerer asks at once over this connection.
    """

    timeout: float = 600.0
    retries: int = 3
    concurrency: int = 16

    def within(self, timeout: float) -> Limits:
        """Return the same bounds with other seconds for a whole answer.

        :raises DevoPermanentError: they are none.
        """
        if not timeout > 0:
            raise DevoPermanentError(f"timeout must be above 0 seconds, not {timeout!r}")
        return replace(self, timeout=timeout)
