"""Every Python block of README and docs runs, as it stands, against the sandbox.

Operators and sensors are built in a Dag that Airflow serializes; their LINQ is asked of the sandbox. Blocks
that quote a Dag file are tested with that file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devo_sandbox.server import Sandbox
from tests.docs.blocks import Block, blocks
from tests.docs.of_the_docs import connect, load

HOUR = {"from_": datetime(2026, 1, 5, 8, tzinfo=UTC), "to": datetime(2026, 1, 5, 9, tzinfo=UTC)}
EVENTS = [
    {
        "eventdate": int(HOUR["from_"].timestamp() * 1000) + number,
        "clientIpAddress": "10.0.0.9",
        "referralUri": "https://www.bad.co.uk/a",
        "uri": f"/item/{number}",
        "statusCode": 500 + number,
        "bytesTransferred": number,
    }
    for number in range(3)
]
# tested elsewhere: by test_blocks.py
OWN_TEST = {"callback", "connection", "deadline", "h2o", "ingress"}
RUN = [block for block in blocks("python") if block.generated != "snippet" and block.mark not in OWN_TEST]
FAST = [block for block in RUN if block.mark != "slow"]
SLOW = [block for block in RUN if block.mark == "slow"]


@pytest.fixture(scope="module")
def devo_of_the_docs() -> Iterator[Sandbox]:
    """Serve a sandbox with an hour of events."""
    with Sandbox() as running:
        assert load(running, "demo.ecommerce.data", "\n".join(map(json.dumps, EVENTS))) == len(EVENTS)
        yield running


def run(block: Block, sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Run a block in a Dag; return the Dags that there are then."""
    from airflow.sdk import DAG

    connect(sandbox, monkeypatch, folder if "devo_events" in block.code else None)
    assert sandbox.syslog
    # what a reader puts in: places on the reader's machine, and the port that the sandbox prints
    code = block.code.replace("file:///srv/", f"{folder.as_uri()}/").replace(
        "41234", str(sandbox.syslog["port"])
    )
    names: dict[str, Any] = {}
    with DAG("docs", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        exec(compile(code, str(block), "exec"), names)  # noqa: S102 - it is our own page
    return [dag, *(value for value in names.values() if isinstance(value, DAG))]


@pytest.mark.parametrize("block", FAST, ids=map(str, FAST))
def test_block_runs(
    block: Block, devo_of_the_docs: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    from airflow_provider_devo_dga.hooks.devo import DevoHook

    for dag in run(block, devo_of_the_docs, tmp_path, monkeypatch):
        DagSerialization.serialize_dag(dag)
        for task in dag.tasks:
            query = getattr(task, "query", None)
            if isinstance(query, str):  # else another task makes it
                assert DevoHook().get_records(query, **HOUR) or "events_n >= 1000" in query


@pytest.mark.slow
@pytest.mark.parametrize("block", SLOW, ids=map(str, SLOW))
def test_slow_block_runs(
    block: Block, devo_of_the_docs: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(block, devo_of_the_docs, tmp_path, monkeypatch)


def test_hook_example_prints_the_rows(
    devo_of_the_docs: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    [block] = [one for one in FAST if one.page.name == "DevoHook.md" and not one.generated]
    run(block, devo_of_the_docs, tmp_path, monkeypatch)
    assert capsys.readouterr().out.splitlines() == [f"/item/{number} {500 + number}" for number in range(3)]


def test_names_in_bodies_of_functions_exist(tmp_path: Path) -> None:
    for number, block in enumerate(RUN):
        (tmp_path / f"block_{number}.py").write_text(f"# {block}\n{block.code}", encoding="utf-8")
    linted = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821,F811,F841,E9", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_marks_are_known() -> None:
    assert {block.mark for block in blocks()} <= {"", "slow", "sources", *OWN_TEST}
