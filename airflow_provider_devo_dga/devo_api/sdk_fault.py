"""What an exception of Devo's official client means: one typed error for each."""

from __future__ import annotations

import json

from airflow_provider_devo_dga.devo_api.reply import refusal
from airflow_provider_devo_dga.errors import DevoConnectionConfigError, DevoError, DevoTransientError


def sdk_fault(error: Exception, url: str, query: str | None = None) -> DevoError:
    """Return the error that a failure of the official client stands for.

    The client keeps of a refusal its status, message, code and correlation id, not its headers; of a 400 it
    drops the details, and of a refusal in another form than it knows even the status.

    :param error: the client's, or one of ``requests`` that it lets through.
    :param url: where it was sent.
    :param query: the LINQ that was sent, kept with a ``DevoQueryError``.
    """
    import requests
    from devo.api.client import DevoClientDataResponseException, DevoClientRequestException

    if isinstance(error, DevoClientRequestException):
        said = {"msg": str(error.message), "code": getattr(error, "code", None)}
        said["cid"] = getattr(error, "cid", None)
        # a refusal in a 200 begins with Devo's words for a failed launch, which it else sends with a 500
        status = 500 if error.status == 200 else error.status
        return refusal(status, {}, json.dumps(said).encode(), query=query)
    if isinstance(error, DevoClientDataResponseException):
        return DevoTransientError(f"Devo cannot answer now: {error.message.strip()}", code=error.code)
    cause = error if isinstance(error, requests.RequestException) else error.__cause__
    if isinstance(cause, requests.exceptions.SSLError) and "EOF" not in str(cause):
        if "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return DevoConnectionConfigError(
                "The server's certificate is not trusted; check the connection's host,"
                " or name your CA file in its extra field 'verify'"
            )
        return DevoConnectionConfigError(
            "The server does not speak TLS as Devo does; check the connection's host"
        )
    if isinstance(cause, requests.RequestException):
        return DevoTransientError(
            f"No answer from {url} ({type(cause).__name__});"
            " check the address, the network and whether the server is up"
        )
    return DevoTransientError("Devo refused a call in a form that its own client cannot read; try again")
