"""What an Airflow connection says, checked: address, credentials, limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_devo_dga.devo_api.access import (
    MODEL_MANAGER_PATH,
    QUERY_PATH,
    Credentials,
    Limits,
    check_sendable,
    service_url,
)
from airflow_provider_devo_dga.devo_api.query import Endpoint
from airflow_provider_devo_dga.errors import DevoConnectionConfigError

if TYPE_CHECKING:
    from airflow.sdk import Connection

_AUTH_TYPES = ("standalone", "bearer")
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


class ModelManagerAccount:
    """A checked ``devo_mlmm`` connection."""

    def __init__(self, connection: Connection) -> None:
        extra = connection.extra_dejson
        if not connection.password:
            raise DevoConnectionConfigError(
                "The connection has no token; put a Devo token into the password field"
            )
        check_sendable("token", connection.password)
        self.url = service_url(connection.host, connection.port, default_path=MODEL_MANAGER_PATH)
        self.token: str = connection.password
        self.verify = verify_of(extra)
        self.auth_type: str = extra.get("auth_type") or _AUTH_TYPES[0]
        if self.auth_type not in _AUTH_TYPES:
            raise DevoConnectionConfigError(
                f"The connection's extra field 'auth_type' is {self.auth_type!r}; use standalone or bearer"
            )

    def headers(self) -> dict[str, str]:
        if self.auth_type == "bearer":
            return {"Authorization": f"Bearer {self.token}"}
        return {"standAloneToken": self.token}
