"""docker-compose.yaml as its reader sees it, and its variables filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yaml"
EXAMPLE = ROOT / ".env.example"
# $$, ${NAME}, ${NAME:-default}, ${NAME:?message}
VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\})")
SECRET = re.compile(r"/run/secrets/([\w.]+)")

DOCUMENT: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = DOCUMENT["services"]
# a job, which ends
JOBS = {"migrate"}


def example_variables() -> dict[str, str]:
    """Return the variables of .env.example."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {name: value for name, value in pairs}  # noqa: C416 - the lists have two entries, which mypy wants told


def filled(value: Any, variables: Mapping[str, str]) -> Any:
    """Return a value of the file with its variables filled in, as Compose does."""
    if isinstance(value, dict):
        return {name: filled(inner, variables) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, variables) for inner in value]
    return VARIABLE.sub(lambda found: _one(found, variables), value) if isinstance(value, str) else value


def _one(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["dollar"]:
        return "$"
    if value := variables.get(found["name"]):
        return value
    assert found["kind"] == "-", f"{found['name']} must be set"
    return str(found["rest"])


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a value, names too."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    else:
        yield str(value)


def mounted(service: Mapping[str, Any]) -> dict[str, str]:
    """Return what a service sees below /run/secrets: file name, and the secret it is."""
    entries = [
        secret if isinstance(secret, dict) else {"source": secret} for secret in service.get("secrets", ())
    ]
    return {Path(entry.get("target", entry["source"])).name: entry["source"] for entry in entries}
