"""Whole documents spoilt: well-formed JSON that says something else."""

from __future__ import annotations

import base64
import json
from typing import Any

from devo_sandbox.envelope import envelope

BOOM = "boom"


def spoilt(fault: str, content: bytes, path: str) -> bytes:
    """Return a document with its fault; what is no such document stays as it is."""
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    if fault == "job_errors":
        return _dumped(_job_stopped(document, path))
    if not isinstance(document, dict):
        return content
    match fault:
        case "json_status":
            return _dumped({**document, "status": 500, "msg": "Error Processing Query"})
        case "json_error":
            # The space after the colon is Devo's.
            return content.rstrip()[:-1] + b',"error": [500,"boom"]}'
        case "image_altered":
            return _dumped(_other_image(document))
    return content


def _job_stopped(document: Any, path: str) -> dict[str, Any]:
    """Return an answer on jobs in which all have failed, made up when there is no job."""
    found = document.get("object") if isinstance(document, dict) else None
    made_up = {"id": path.rsplit("/", 1)[-1], "type": "donothing", "friendlyName": "", "query": ""}
    if isinstance(found, list) and all(isinstance(job, dict) for job in found):
        return envelope([_stopped(job) for job in found])
    return envelope(_stopped(found if isinstance(found, dict) else made_up))


def _stopped(job: dict[str, Any]) -> dict[str, Any]:
    return {**job, "status": "STOPPED", "error": [BOOM]}


def _other_image(model: dict[str, Any]) -> dict[str, Any]:
    described = model.get("image")
    if not isinstance(described, dict) or not isinstance(described.get("image"), str):
        return model
    image = base64.b64decode(described["image"])
    altered = image[:-1] + bytes([image[-1] ^ 1]) if image else b"\x00"
    return {**model, "image": {**described, "image": base64.b64encode(altered).decode()}}


def _dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
