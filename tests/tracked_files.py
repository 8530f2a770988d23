"""``python -m tests.tracked_files`` names tracked files that are of no known kind, or in no known place."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = r"""
    \.dockerignore | \.env\.example | \.gitignore | \.pre-commit-config\.yaml | Dockerfile | LICENSE
    | Makefile | NOTICE | (CHANGELOG|CONTRIBUTING|README|RELEASING|SECURITY)\.md | constraints\.txt
    | docker-compose\.yaml | hatch_build\.py | mkdocs\.yml | pyproject\.toml
"""
PLACES = {
    ".ci": r"run",
    ".github": r".+\.(md|yml)",
    "airflow_provider_devo_dga": r".+\.(css|html|py) | features/\w+\.txt | py\.typed",
    "benchmarks": r".+\.py",
    "dags": r"\w+\.py",
    "demo": r".+\.py | data/\w+\.(LICENSE|txt)",
    "deploy": r"[\w-]+\.(in|py|sh|txt) | h2o-nodes | helm/values\.yaml",
    "devo_sandbox": r".+\.(lark|py)",
    "docs": r".+\.md | examples/\w+\.py | images/[\w-]+\.(png|svg) | style\.css",
    "tests": r".+\.(json|py) | reports/files/ecs_fields\.csv",
}
"""What the names of a top folder's files look like, the folder left out."""

REMEDY = (
    "Remove it (git rm --cached, and .gitignore if it comes back), or, if it belongs here,"
    " say so in tests/tracked_files.py."
)


def foreign(paths: Iterable[str]) -> Iterator[str]:
    """Yield the paths that no place knows."""
    for path in paths:
        folder, slash, name = path.partition("/")
        known = PLACES.get(folder) if slash else ROOT
        if known is None or not re.fullmatch(known, name if slash else path, re.VERBOSE):
            yield path


def tracked(repository: Path) -> list[str]:
    """Return the tracked files of a repository, those to be committed too."""
    command = ["git", "-C", str(repository), "ls-files", "-z"]
    listed = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return [path for path in listed.decode().split("\0") if path]


def main(repository: Path) -> int:
    """Name what is foreign and what to do; return 1 if something is."""
    if not (repository / ".git").exists():
        sys.stdout.write("No git repository: tracked files were not looked at.\n")
        return 0
    found = list(foreign(tracked(repository)))
    sys.stdout.writelines(
        f"{path}: the project knows no such file in this place. {REMEDY}\n" for path in found
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
