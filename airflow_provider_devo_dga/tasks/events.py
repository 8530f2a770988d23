"""An error on its way from a trigger to its task: a type's name and a text, and a typed error again."""

from __future__ import annotations

from typing import Any

from airflow_provider_devo_dga import errors
from airflow_provider_devo_dga.errors import DevoDgaError


def error_event(error: DevoDgaError) -> dict[str, Any]:
    """Return the event that tells a task of an error."""
    return {"status": "error", "error": type(error).__name__, "message": str(error)}


def error_in(event: object) -> DevoDgaError:
    """Return the error that an event tells of, by its own type where it is one of ours."""
    match event:
        case {"status": "error", "error": str(name), "message": str(message)}:
            kind = getattr(errors, name, None)
            if isinstance(kind, type) and issubclass(kind, DevoDgaError):
                return kind(message)
            return DevoDgaError(f"{name}: {message}")
        case _:
            return DevoDgaError(f"The trigger sent no known event: {event!r}")
