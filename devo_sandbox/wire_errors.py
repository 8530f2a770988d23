"""Every refusal the sandbox can answer, in Devo's own codes and bodies."""

from __future__ import annotations

from typing import Any

from devo_sandbox.envelope import stamp

UNKNOWN_RESOURCE = "2086000"
UNKNOWN_IDENTIFIER = "1101001"
UNKNOWN_OPERATION = "1101002"
NAME_USED_TWICE = "1101003"
LAUNCH = "Error Launching Query"
PARSING = "Unable to Start Task: Query parsing error"


class WireError(Exception):
    """An answer other than success.

    :param status: the HTTP status to send.
    :param body: Devo's fields; ``timestamp`` and ``cid`` are added when it is sent.
    :param detail: for our own log only, for example the place of a parsing error.
    """

    def __init__(self, status: int, body: dict[str, Any], detail: str = "") -> None:
        super().__init__(detail or str(body))
        self.status = status
        self.body = body
        self.detail = detail

    def stamped(self) -> dict[str, Any]:
        """Return the body with the moment and a fresh correlation id."""
        return {**self.body, **stamp()}


def parsing_error(detail: str) -> WireError:
    """Devo names no place in a parsing error; ``detail`` does, for the log."""
    return _launch([PARSING], detail)


def unknown_table(name: str) -> WireError:
    """Refuse a table that was never created."""
    return _launch([f"Unknown table `{name}`", UNKNOWN_RESOURCE, "MISSING_RESOURCE", "MANUAL"])


def unknown_model(name: str, detail: str = "") -> WireError:
    """Refuse a model that is absent or cannot take these arguments (our choice of code)."""
    return _launch([f"Unknown model `{name}`", UNKNOWN_RESOURCE, "MISSING_RESOURCE", "MANUAL"], detail)


def unknown_identifier(name: str) -> WireError:
    """Refuse a column or alias that is not there."""
    return _launch([f"Unknown identifier `{name}`", UNKNOWN_IDENTIFIER, "COMPILATION_ERROR", "MANUAL"])


def unknown_operation(name: str, arguments: str = "") -> WireError:
    """Refuse an operation that does not exist, or not for these types of arguments."""
    message = f"No function named `{name}`" + (f" with arguments {arguments}" if arguments else "")
    return _launch([message, UNKNOWN_OPERATION, "COMPILATION_ERROR", "MANUAL"])


def name_used_twice(name: str) -> WireError:
    """Refuse an alias that equals, ignoring case, a column or another alias."""
    message = f"Identifier `{name}` is used more than once"
    return _launch([message, NAME_USED_TWICE, "COMPILATION_ERROR", "MANUAL"])


def _launch(facts: list[str], detail: str = "") -> WireError:
    body = {"msg": LAUNCH, "status": 500, "object": [LAUNCH, *facts]}
    return WireError(500, body, detail or facts[0])


def bad_parameters(*reasons: str) -> WireError:
    """Refuse a request whose fields, not whose query, are wrong."""
    return WireError(400, {"error": "Bad parameters", "object": list(reasons), "status": 400})


def processing_failed(text: str) -> WireError:
    """Refuse, before anything was sent, a query that failed on its way (the form is inferred)."""
    return WireError(500, {"msg": text, "status": 500, "object": [text]})


def too_large(most: int) -> WireError:
    """Refuse a body that is longer than allowed (the form is inferred)."""
    reason = f"The body is larger than {most} bytes"
    return WireError(413, {"error": "Bad parameters", "object": [reason], "status": 413})


def invalid_token() -> WireError:
    """Refuse a token that is not ours."""
    return WireError(403, {"code": 5, "msg": "Token invalid or expired"})


def invalid_signature() -> WireError:
    """Refuse a key, or a signature that its secret did not make."""
    return WireError(401, {"code": 12, "msg": "Invalid signature"})


def no_credentials() -> WireError:
    """Refuse a request that names nobody."""
    return WireError(401, {"code": 12, "msg": "Authentication required"})


def not_found(what: str) -> WireError:
    """Refuse a path or a thing that is not there."""
    return WireError(404, {"code": 404, "msg": f"{what} not found"})


def not_supported(what: str) -> WireError:
    """Say that the sandbox does not do this, rather than pretend."""
    return WireError(
        400, {"error": "Bad parameters", "object": [f"The sandbox does not support {what}"], "status": 400}
    )
