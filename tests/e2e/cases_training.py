"""A training on an H2O cluster that is not the task's own outlives the task, and ends when that is wished."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from tests.e2e.airflow_processes import is_alive, kill_task, wait_until
from tests.e2e.installation import Installation
from tests.e2e.outcomes import Tell
from tests.e2e.rest_api import Run
from tests.e2e.trainings import OVER


def training(airflow: Installation, folder: Path, seconds: float, dag_id: str = "e2e_train") -> Run:
    """Return a run whose training takes so many seconds; the folder's name tells it from others at H2O."""
    asked = {"name": folder.name, "dataset": airflow.dataset, "folder": folder.as_uri(), "seconds": seconds}
    return airflow.run(dag_id, **asked)


def the_training(airflow: Installation, name: str) -> dict[str, Any]:
    """Return the one training of a run, as soon as it is under way."""
    found: list[dict[str, Any]] = wait_until(
        lambda: [job for job in airflow.h2o.jobs(name) if job["progress"] > 0], 90, "nothing is trained"
    )
    assert len(found) == 1
    assert found[0]["status"] == "RUNNING", "it is too short to tell anything"
    return found[0]


def check_one_mojo(run: Run, folder: Path) -> None:
    """Hold a run to have left one model file, that of which the task has told."""
    [mojo] = folder.rglob("*.zip")
    assert "model.ini" in ZipFile(mojo).namelist()
    assert run.returned("train")["model_file"] == mojo.as_uri()
    assert [file.name for file in folder.rglob("*") if file.name.endswith(".part")] == []


def check_found_again(airflow: Installation, run: Run, folder: Path, job: dict[str, Any]) -> None:
    """Hold a second try to have gone on with the training of the first."""
    assert run.wait(150) == "success", run.log("train", 2)
    assert run.task("train")["try_number"] == 2
    assert "found the rows again" in run.log("train", 2)
    # on a busy machine it may have ended meanwhile
    assert re.search("found the (job|model) again", run.log("train", 2))
    [only] = airflow.h2o.jobs(folder.name)
    assert (only["key"], only["status"]) == (job["key"], "DONE")
    check_one_mojo(run, folder)
    assert airflow.h2o.left(folder.name) == []


def killed(airflow: Installation, told: Tell, folder: Path) -> None:
    run = training(airflow, folder, 30)
    job = the_training(airflow, folder.name)
    kill_task(run.wait_for("train", "running")["pid"], signal.SIGKILL)
    check_found_again(airflow, run, folder, job)
    told("H2OTrainOperator", "SIGKILL while it trains", "success at try 2", "1 training, found again, 1 MOJO")


def evicted(airflow: Installation, told: Tell, folder: Path) -> None:
    run = training(airflow, folder, 30, "e2e_train_kept")
    job = the_training(airflow, folder.name)
    kill_task(run.wait_for("train", "running")["pid"], signal.SIGTERM)
    check_found_again(airflow, run, folder, job)
    assert "its job goes on" in run.log("train", 1)
    told(
        "H2OTrainOperator, cancel_on_kill=False",
        "SIGTERM while it trains",
        "success at try 2",
        "1 training, found again, 1 MOJO",
    )


def marked_failed(airflow: Installation, told: Tell, folder: Path) -> None:
    run = training(airflow, folder, 600)
    job = the_training(airflow, folder.name)
    pid = run.task("train")["pid"]
    run.mark_failed("train")
    began = time.monotonic()
    # Airflow's supervisor hears of it with its next heartbeat, then gives the task 5 s
    wait_until(lambda: not is_alive(pid), 12, "the task goes on", every=0.05)
    seconds = time.monotonic() - began
    [only] = airflow.h2o.jobs(folder.name)
    assert (only["key"], only["status"]) == (job["key"], "CANCELLED")
    assert airflow.h2o.left(folder.name) == []
    assert "The training was stopped" in run.log("train")
    assert run.wait() == "failed"
    assert list(folder.rglob("*")) == []
    told(
        "H2OTrainOperator",
        "marked failed while it trains",
        f"failed, gone in {seconds:.1f} s",
        "1 training, cancelled, no frame, no model",
    )


def cleared(airflow: Installation, told: Tell, folder: Path) -> None:
    run = training(airflow, folder, 15)
    the_training(airflow, folder.name)
    run.clear("train")
    wait_until(lambda: len(airflow.h2o.jobs(folder.name)) == 2, 90, "it does not train anew")
    former, new = airflow.h2o.jobs(folder.name)
    assert former["status"] == "CANCELLED"
    assert new["dest"]["name"] != former["dest"]["name"]
    assert run.wait() == "success", run.log("train", 2)
    assert airflow.h2o.statuses(folder.name) == ["CANCELLED", "DONE"]
    check_one_mojo(run, folder)
    told("H2OTrainOperator", "cleared while it trains", "success", "2 trainings, the first cancelled, 1 MOJO")

    [mojo] = folder.rglob("*.zip")
    written = mojo.stat().st_mtime_ns
    run.clear("train")
    wait_until(lambda: len(airflow.h2o.jobs(folder.name)) == 3, 90, "it does not train anew")
    assert run.wait() == "success", run.log("train", 3)
    assert airflow.h2o.statuses(folder.name) == ["CANCELLED", "DONE", "DONE"]
    check_one_mojo(run, folder)
    assert mojo.stat().st_mtime_ns > written
    assert airflow.h2o.left(folder.name) == []
    told("H2OTrainOperator", "cleared after success", "success", "1 more training, the MOJO replaced")


def timed_out(airflow: Installation, told: Tell, folder: Path) -> None:
    run = training(airflow, folder, 600, "e2e_train_timeout")
    job = the_training(airflow, folder.name)
    assert run.wait() == "failed"
    wait_until(lambda: airflow.h2o.statuses(folder.name)[-1] in OVER, 10, "the training goes on")
    [only] = airflow.h2o.jobs(folder.name)
    assert (only["key"], only["status"]) == (job["key"], "CANCELLED")
    assert airflow.h2o.left(folder.name) == []
    assert "AirflowTaskTimeout" in run.log("train")
    assert list(folder.rglob("*")) == []
    told(
        "H2OTrainOperator",
        "execution_timeout while it trains",
        "failed",
        "1 training, cancelled, no frame, no model",
    )
