"""What Devo says with every answer, good or bad: when it was made, and a correlation id."""

from __future__ import annotations

import secrets
from typing import Any

from devo_sandbox.clock import now_ms


def stamp() -> dict[str, Any]:
    """Return the moment, and twelve fresh hexadecimal characters."""
    return {"timestamp": now_ms(), "cid": secrets.token_hex(6)}


def envelope(content: Any, status: int = 0, message: str = "") -> dict[str, Any]:
    """Return the document that Devo wraps an answer in."""
    return {"msg": message, **stamp(), "status": status, "object": content}
