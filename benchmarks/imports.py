"""What Dag files import costs little beside Airflow itself, and the example Dags parse at once."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from airflow_provider_devo_dga.provider_info import get_provider_info
from benchmarks.claim import Measured, Size

KINDS = ("operators", "sensors", "hooks", "triggers")
DAGS = Path(__file__).resolve().parents[1] / "dags"
# Each piece of work runs in a process of its own, forked from one that has imported Airflow and no more.
# Processor seconds: what other work on the machine takes does not count.
CHILDREN = """
import json, os, sys, time
import airflow.sdk, airflow.dag_processing.dagbag, airflow.triggers.base, pendulum
from airflow.sdk.definitions.asset import Model

def seconds(work):
    read, write = os.pipe()
    if child := os.fork():
        os.close(write)
        with open(read) as told:
            text = told.read()
        assert os.waitpid(child, 0)[1] == 0, work
        return float(text)
    began = time.process_time()
    exec(work)
    os.write(write, str(time.process_time() - began).encode())
    os._exit(0)

for work in json.loads(sys.argv[1]):
    print("took", json.dumps([work, seconds(work)]))
"""
PARSE = f"bag = airflow.dag_processing.dagbag.DagBag({str(DAGS)!r}); assert not bag.import_errors"


def run(size: Size) -> list[Measured]:
    """Import each public module, and parse the Dags, with Airflow imported."""
    imports = [f"import {module}" for module in public_modules()]
    took = _medians([*imports, PARSE], turns=size.pick(15, 5))
    parts = {work.partition(" ")[2]: round(1000 * took[work], 1) for work in imports}
    slowest = max(parts, key=lambda module: parts[module])
    name = slowest.removeprefix("airflow_provider_devo_dga.")
    claim = f"import of the slowest public module, `{name}`"
    return [
        Measured(claim, parts[slowest], "ms", 50, at_least=False, parts=parts),
        Measured("parsing the example Dags", 1000 * took[PARSE], "ms", 300, at_least=False),
    ]


def public_modules() -> list[str]:
    """Return what Airflow is told of, and what Dag files import beside."""
    info = get_provider_info()
    listed = [module for kind in KINDS for entry in info[kind] for module in entry["python-modules"]]
    others = ("plugins.devo_dga", "tasks.run_window", "tasks.retries", "assets")
    return [*listed, *(f"airflow_provider_devo_dga.{name}" for name in others)]


def _medians(works: list[str], turns: int) -> dict[str, float]:
    """Return the seconds of each; a first turn, which writes bytecode, does not count."""
    with tempfile.TemporaryDirectory(prefix="devo-dga-bench-") as home:
        done = subprocess.run(
            [sys.executable, "-c", CHILDREN, json.dumps(works * (turns + 1))],
            env={
                **os.environ,
                "AIRFLOW_HOME": home,
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "PYTHONPATH": str(DAGS.parent),
            },
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    told = [json.loads(line[5:]) for line in done.stdout.splitlines() if line.startswith("took ")]
    times: dict[str, list[float]] = {}
    for work, seconds in told[len(works) :]:
        times.setdefault(work, []).append(seconds)
    return {work: statistics.median(several) for work, several in times.items()}
