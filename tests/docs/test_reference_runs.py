"""Every example of the reference runs as it stands: all of them as tasks of one Dag, against the sandbox.

What several examples begin with, a training for instance, is there once: a statement that was made for one
example stands for the same statement of another.
"""

from __future__ import annotations

import ast
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, TaskGroup

from demo.dataset import write_dataset
from demo.events import write_events
from devo_sandbox.server import Sandbox
from tests.docs.blocks import Block, blocks
from tests.docs.of_the_docs import connect, load
from tests.one_run import run_once

HOUR = datetime(2026, 1, 5, 8, tzinfo=UTC)
EXAMPLES = [
    block
    for block in blocks("python")
    if block.page.parent.name == "reference" and not block.generated and not block.mark
]
# beside the events that the demo makes up: for "status" and for "newer"
MORE = [
    *({"eventdate": HOUR + timedelta(minutes=1, seconds=n), "statusCode": 500} for n in range(100)),
    {"eventdate": HOUR + timedelta(hours=1, seconds=1)},
]


def events(folder: Path) -> bytes:
    write_events(file := folder / "events.ndjson", HOUR, events=3000, clients=40)
    # one each minute from now on: the check asks about the five minutes before it, whenever that is
    now = [{"eventdate": datetime.now(UTC) + timedelta(minutes=n)} for n in range(-1, 15)]
    more = (
        json.dumps(one | {"eventdate": int(one["eventdate"].timestamp() * 1000)}) for one in [*MORE, *now]
    )
    return file.read_bytes() + "\n".join(more).encode()


def make(block: Block, folder: Path, names: dict[str, Any], made: set[str]) -> None:
    """Execute an example, without the statements that an earlier one has made."""
    code = block.code.replace("file:///srv/", f"{folder.as_uri()}/")
    for statement in ast.parse(code).body:
        if (text := ast.unparse(statement)) not in made:
            made.add(text)
            exec(compile(ast.Module([statement], []), str(block), "exec"), names)  # noqa: S102 - our own page


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_example_runs_as_it_stands(
    airflow_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_dataset(tmp_path / "domains.csv.gz")
    names: dict[str, Any] = {}
    made: set[str] = set()
    with Sandbox() as sandbox:
        connect(sandbox, monkeypatch, tmp_path)
        load(sandbox, "demo.ecommerce.data", events(tmp_path))
        with DAG("reference", schedule=None, start_date=HOUR) as dag:
            for block in EXAMPLES:
                with TaskGroup(block.page.stem):
                    make(block, tmp_path, names, made)
            names["promote"] >> names["planned"]
            names["promote"] >> dag.get_task("dga_report_tasks.plan")
        run = run_once(dag, logical_date=None, run_after=HOUR + timedelta(minutes=80))
    states = {task.task_id: str(task.state) for task in run.get_task_instances()}
    # the example's source has no table for detections
    assert {name: state for name, state in states.items() if state != "success"} == {
        "dga_report_tasks.send_detections": "skipped"
    }
    assert len(states) > 18
    # each task took the window of its run, which no example names
    [statuses] = (tmp_path / "statuses").iterdir()
    assert statuses.name == "20260105T080000Z_3600s.parquet"
    assert list((tmp_path / "reports").glob("20260105T080000Z_3600s_*/report.html"))
