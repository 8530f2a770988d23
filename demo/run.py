"""``make demo``: the whole job once, on real parts, and a summary of what came of it."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from demo.airflow_home import airflow_environment
from demo.console import StepFailedError, run_logged, say, step
from demo.events import NO_ANSWER
from demo.families import FAMILIES
from demo.outcome import tell
from demo.roles import Role
from demo.sandbox_process import running_sandbox
from demo.world import HOUR, TABLE, World


def main() -> int:
    """Run the demo below a folder; 0 when a report is there to open."""
    parser = argparse.ArgumentParser(prog="python -m demo.run", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/demo"), help="folder; replaced")
    folder = parser.parse_args().output
    shutil.rmtree(folder, ignore_errors=True)
    world = World.at(folder)
    world.make_folders()
    began = time.monotonic()
    try:
        run(world)
    except (StepFailedError, RuntimeError) as error:
        say(f"\n\nThe demo failed: {error}")
        return 1
    tell(world, seconds=time.monotonic() - began)
    return 0


def run(world: World) -> None:
    """Run every step; the log of each lies in ``world.logs``."""
    say(f"\nDGA detection, end to end, below {_shown(world.root)}\n")
    with step(f"Write labelled domains: {len(FAMILIES)} DGA families, legit names"):
        world.write_dataset()
    with step(f"Write an hour of events, {world.hour:%Y-%m-%d %H:%M} UTC"):
        world.write_events()
    with running_sandbox(world.sandbox, world.logs / "sandbox.log") as sandbox:
        with step("Load the events into the Devo sandbox, over TLS"):
            sandbox.load(TABLE, world.events)
        environment = airflow_environment(world.airflow, sandbox, world.dataset, world.store)
        with step("Set up Airflow's database"):
            run_logged(["airflow", "db", "migrate"], world.logs / "airflow.log", environment)
        with step("Run dga_weekly_retrain: H2O, gate, register, probe, promote"):
            _run_dag("dga_weekly_retrain", {}, world, environment)
        with step("Run dga_hourly_report: wait, score in Devo, report"):
            _run_dag("dga_hourly_report", _told(world), world, environment)
    _collect(world)


def _told(world: World) -> dict[str, Any]:
    """Return the params of the report: the hour, the column of response codes, and clients people know."""
    return {
        "from": world.hour.isoformat(),
        "to": (world.hour + HOUR).isoformat(),
        "code_field": "statusCode",
        "failed_codes": [str(code) for code in sorted(set(NO_ANSWER))],
        "no_alarm": [part.client for part in world.parts if part.role is Role.SCANNER],
    }


def _run_dag(dag_id: str, conf: dict[str, Any], world: World, environment: dict[str, str]) -> None:
    command = ["airflow", "dags", "test", dag_id, "--conf", json.dumps(conf)]
    run_logged(command, world.logs / f"{dag_id}.log", environment)


def _collect(world: World) -> None:
    """Put what a person wants to open at the top of the folder."""
    reports = sorted((world.store / "reports").glob("*/report.html"))
    models = sorted((world.store / "models").glob("*/*.zip"))
    if not reports or not models:
        raise StepFailedError(f"The Dags ran, but left no report or no model; see {world.logs}")
    for file in (*reports[-1].parent.glob("report.*"), models[-1], models[-1].with_suffix(".json")):
        shutil.copy2(file, world.root / file.name)
    for card in models[-1].parent.glob("model_card.html"):
        shutil.copy2(card, world.root / card.name)
    shutil.copy2(next((world.store / "reports" / "rows").glob("*.parquet")), world.root / "rows.parquet")


def _shown(path: Path) -> Path:
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


if __name__ == "__main__":
    sys.exit(main())
