"""The suite that the docs offer for a user's own Dags passes on ours, and finds what is wrong in others."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow
HEAD = """
import socket
from datetime import datetime, timezone
from airflow.sdk import DAG, Connection, Variable, task
from airflow_provider_devo_dga.operators.check_linq import CheckLinqOperator
"""
WITH = 'with DAG("bad", start_date=datetime(2026, 1, 1, tzinfo=timezone.utc), schedule=None{more}) as dag:\n'
GOOD = ', tags=["x"], default_args={"owner": "me", "retries": 1}'


def checked(folder: Path) -> tuple[int, set[str], str]:
    """Return the exit code of the suite, and which of its tests failed."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rf",
        "-p",
        "no:cacheprovider",
        "--confcutdir",
        str(folder),
    ]
    done = subprocess.run(
        [
            *command,
            "-c",
            os.devnull,
            "--rootdir",
            str(ROOT),
            str(ROOT / "docs" / "examples" / "test_dags.py"),
        ],
        # options of the run around it are not for it
        env=os.environ | {"DAGS_FOLDER": str(folder), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    return done.returncode, set(re.findall(r"^FAILED \S+::(\w+)", done.stdout, re.MULTILINE)), done.stdout


@pytest.mark.parametrize("folder", ["dags", "docs/examples"])
def test_our_own_dags_pass(folder: str, tmp_path: Path) -> None:
    for file in (ROOT / folder).glob("*.py"):
        # the tutorial's is a sketch of twenty lines, without an owner and retries
        if not file.name.startswith(("test_", "tutorial")):
            (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    code, failed, output = checked(tmp_path)
    assert (code, failed) == (0, set()), output
    assert re.search(r"^\d+ passed", output, re.MULTILINE)


def test_each_check_can_fail(tmp_path: Path) -> None:
    def write(name: str, body: str) -> None:
        (tmp_path / f"{name}.py").write_text(HEAD + body.replace('"bad"', f'"{name}"'), "utf-8")

    write("broken", "import no_such_module\n")
    write("bare", WITH.format(more="") + '    CheckLinqOperator(task_id="t")\n')
    write(
        "asks",
        'Variable.get("x")\nsocket.getaddrinfo("localhost", 1)\n'
        + WITH.format(more=GOOD)
        + '    CheckLinqOperator(task_id="t")\n',
    )
    for name, argument in {
        "unknown_connection": 'devo_conn_id="nobody_knows_it"',
        "unknown_param": 'table="{{ params.nothing }}"',
    }.items():
        write(name, WITH.format(more=GOOD) + f'    CheckLinqOperator(task_id="t", {argument})\n')
    code, failed, output = checked(tmp_path)
    assert (code, failed) == (
        1,
        {
            "test_every_file_is_imported",
            "test_nothing_is_asked_for_when_files_are_parsed",
            "test_a_dag_has_no_cycle_and_has_tags",
            "test_a_task_has_an_owner_and_retries",
            "test_a_task_has_its_connections",
            "test_templates_use_what_there_is",
        },
    ), output
    assert "a Dag file has called ['Variable.get', 'socket.getaddrinfo']" in output
