"""What an Airflow connection of type ``devo`` says, checked: address, credentials, limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_devo_dga.devo_api.access import Credentials
from airflow_provider_devo_dga.devo_api.address import QUERY_PATH, service_url
from airflow_provider_devo_dga.devo_api.endpoint import Endpoint
from airflow_provider_devo_dga.devo_api.limits import Limits
from airflow_provider_devo_dga.errors import DevoConnectionConfigError

if TYPE_CHECKING:
    from airflow.sdk import Connection

_YES = {"true", "1", "yes", ""}
_DEFAULTS = Limits()
_NO = {"false", "0", "no"}


_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True, slots=True)
class DevoSettings:
    """A checked ``devo`` connection.

    :param verify: True, False, or the path of a CA file.
    """

    url: str
    credentials: Credentials
    verify: bool | str
    limits: Limits

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
        if extra is None:
            extra = connection.extra_dejson
        return cls(
            url=service_url(connection.host, connection.port, default_path=QUERY_PATH),
            credentials=Credentials(
                token=connection.password or None,
                jwt=extra.get("jwt") or None,
                api_key=extra.get("api_key") or None,
                api_secret=extra.get("api_secret") or None,
            ),
            verify=verify_of(extra),
            limits=Limits(
                timeout=_number(extra, "timeout", float, _DEFAULTS.timeout),
                retries=_number(extra, "retries", int, _DEFAULTS.retries),
                concurrency=max(1, _number(extra, "concurrency", int, _DEFAULTS.concurrency)),
            ),
        )


def verify_of(extra: dict[str, Any]) -> bool | str:
    """Return the extra field ``verify``: True by default, False, or a CA file's path."""
    value = extra.get("verify")
    text = "" if value is None else str(value).strip()
    if text.lower() in _YES:
        return True
    return False if text.lower() in _NO else text


def _number(extra: dict[str, Any], name: str, kind: Callable[[Any], _Number], default: _Number) -> _Number:
    value = extra.get(name)
    if value is None or value == "":
        return default
    try:
        number = kind(value)
    except (TypeError, ValueError, OverflowError):
        number = kind(-1)
    if not number >= 0:  # NaN is not, either
        raise DevoConnectionConfigError(
            f"The connection's extra field {name!r} must be a number from 0, not {value!r}"
        )
    return number
