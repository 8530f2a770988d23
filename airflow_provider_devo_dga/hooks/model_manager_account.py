"""What an Airflow connection of type ``devo_mlmm`` says, checked; and its client's errors, by our types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.devo_api.access import check_sendable
from airflow_provider_devo_dga.devo_api.address import MODEL_MANAGER_PATH, service_url
from airflow_provider_devo_dga.devo_api.reply import refusal
from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoResultError,
    DevoTransientError,
    ModelRejectedError,
)
from airflow_provider_devo_dga.hooks.connections import verify_of

if TYPE_CHECKING:
    from airflow.sdk import Connection
    from requests import Response

_AUTH_TYPES = ("standalone", "bearer")
_OURS = {401, 403, 404, 408, 425, 429}


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


def raise_for_status(response: Response, *_: Any, **__: Any) -> None:
    """Raise what the official client would report without its status, or not at all; a hook of requests.

    A redirection above all: requests would follow it, to whatever host, with the token in its header.

    :raises DevoError: for a redirection, refused credentials, and a fault of the server's that may pass.
    """
    status = response.status_code
    # an error of the Model Manager's own has a code, and may be a 500 that refuses a model
    if status < 300 or (status >= 400 and status not in _OURS and _has_code(response)):
        return
    if status < 400 or status >= 500 or status in _OURS:
        raise refusal(status, response.headers, response.content)


def _has_code(response: Response) -> bool:
    try:
        answer = response.json()
    except ValueError:
        return False
    return isinstance(answer, dict) and "code" in answer


@contextmanager
def typed_errors() -> Iterator[None]:
    """Give the official client's errors the types of this provider."""
    from devo_ml.modelmanager import error as theirs
    from requests.exceptions import RequestException, SSLError

    try:
        yield
    except theirs.TokenError as error:
        raise DevoAuthError("The Model Manager refuses the token: invalid or expired", code=5) from error
    except theirs.ModelManagerError as error:
        cause = error.__cause__
        if isinstance(cause, SSLError):
            raise DevoConnectionConfigError(
                "The Model Manager's certificate is not trusted; check the host,"
                " or name your CA file in the extra field 'verify'"
            ) from error
        if isinstance(cause, RequestException):
            raise DevoTransientError(
                f"No answer from the Model Manager ({type(cause).__name__});"
                " check the address, the network and whether the server is up"
            ) from error
        if error.msg.startswith("Invalid url"):
            raise DevoConnectionConfigError(
                "The Model Manager's client does not take this host; use a full name or an IP address"
            ) from error
        raise ModelRejectedError(
            f"The Model Manager refuses: {error.msg or 'no reason given'}",
            detail=error.msg,
            code=error.code or None,
        ) from error
    except AttributeError as error:
        # the client reads a login page as None and trips over it
        raise DevoResultError(
            "The Model Manager's answer to the upload is not its own; check the connection's host"
        ) from error
