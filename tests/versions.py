"""``python -m tests.versions constraints.txt`` says how what is installed differs from what is pinned."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path


def normal(name: str) -> str:
    """Return a project's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(text: str) -> dict[str, str]:
    """Return the versions of a constraints file by name."""
    lines = (line.partition("#")[0].partition(";")[0].strip() for line in text.splitlines())
    return {normal(name): version for name, _, version in (line.partition("==") for line in lines if line)}


def installed() -> dict[str, str]:
    """Return the versions of what this Python can import, by name."""
    return {normal(found.metadata["Name"]): found.version for found in distributions()}


def differences(wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each project that is there in another version, is gone, or is new."""
    tools = {"pip", "setuptools", "wheel", "airflow-provider-devo-dga"}
    for name in sorted((wanted.keys() | found.keys()) - tools):
        before, after = wanted.get(name, "–"), found.get(name, "–")
        if before != after:
            yield f"{name:<45} {before:>16} → {after}"


def main(file: str) -> int:
    """Print the differences and how many there are."""
    lines = list(differences(pinned(Path(file).read_text(encoding="utf-8")), installed()))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.write(f"{len(lines)} projects differ from {file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
