"""The command line: ``dags-path`` prints where the example Dags lie, ``dataset inspect`` what a file is."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from airflow_provider_devo_dga.example_dags_path import example_dags_path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    return int(options.run(options))


def print_dags_path(_: argparse.Namespace) -> int:
    """Print the folder of the example Dags."""
    sys.stdout.write(f"{example_dags_path()}\n")
    return 0


def inspect(options: argparse.Namespace) -> int:
    """Print what the sources are; return 0 when they can be trained on as they are, else 1."""
    from airflow_provider_devo_dga.training.dataset.inspection import Inspection

    inspection = Inspection([_source(told) for told in options.source], _path)
    for line in inspection.lines():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    return 0 if inspection.usable else 1


def _source(told: str) -> Any:
    if not told.lstrip().startswith("{"):
        return told
    try:
        return json.loads(told)
    except json.JSONDecodeError as error:
        raise SystemExit(f"This source begins like JSON and is none ({error}): {told}") from None


def _path(uri: str) -> Any:
    """Return a path of this machine, or of an object store with the credentials of the environment."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    if "://" not in uri:
        return Path(uri)
    from upath import UPath

    return UPath(uri)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m airflow_provider_devo_dga", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    dags = commands.add_parser("dags-path", help="print the folder of the example Dags")
    dags.set_defaults(run=print_dags_path)
    dataset = commands.add_parser("dataset", help="inspect: say what files of labelled domains are")
    actions = dataset.add_subparsers(required=True, metavar="action")
    inspecting = actions.add_parser(
        "inspect",
        help="say what files are before anything is trained: form, columns, classes, what is set aside",
        description="Exit status 0: they can be trained on as they are; 1: they cannot, and what it takes.",
    )
    inspecting.set_defaults(run=inspect)
    inspecting.add_argument(
        "source", nargs="+", help="a file, folder, pattern or address; or JSON as in a Dag, '{\"uri\": …}'"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
