"""Checks of your Dags folder, without Airflow running. Copy this file and fill in the four names below.

Run it in a process of its own, where no test starts a JVM (JPype, for instance): Airflow's DagBag installs
a handler for SIGSEGV, a signal that a JVM uses itself.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2.meta
import jinja2.nodes
import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG, Connection, Variable, XComArg
from airflow.sdk.definitions.context import Context

FOLDER = Path(os.environ.get("DAGS_FOLDER", "dags")).resolve()
SECONDS = 5.0  # for each file
CONNECTIONS = {"devo_default", "devo_mlmm_default", "devo_events_default"}  # what your Airflow defines
WITHOUT_RETRIES = {"dga_smoke"}  # ids of Dags that are to fail at once

PROVIDER = "airflow_provider_devo_dga"
at_parse: list[str] = []


def _from_a_dag_file() -> bool:
    frame = sys._getframe()
    while frame := frame.f_back:
        if Path(frame.f_code.co_filename).is_relative_to(FOLDER):
            return True
    return False


def _audit(event: str, _: Any) -> None:
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"} and _from_a_dag_file():
        at_parse.append(event)


def _load() -> DagBag:
    with pytest.MonkeyPatch.context() as patch:
        for kind in (Connection, Variable):
            asked = f"{kind.__name__}.get"
            patch.setattr(kind, "get", lambda *_, asked=asked, **__: at_parse.append(asked))
        sys.addaudithook(_audit)
        return DagBag(str(FOLDER))


BAG = _load()
READ_AT_PARSE = list(at_parse)
TASKS = [(dag, task) for dag in BAG.dags.values() for task in dag.tasks]
OURS = [(dag, task) for dag, task in TASKS if type(task).__module__.startswith(PROVIDER)]


def named(pairs: list[Any]) -> Any:
    return pytest.mark.parametrize(("dag", "task"), pairs, ids=[f"{d.dag_id}.{t.task_id}" for d, t in pairs])


each_dag = pytest.mark.parametrize("dag", BAG.dags.values(), ids=list(BAG.dags))


def test_every_file_is_imported() -> None:
    assert BAG.import_errors == {}  # cycles and ids that are there twice are among these
    assert BAG.dags


def test_every_file_is_imported_in_time() -> None:
    slow = {stat.file: stat.duration for stat in BAG.dagbag_stats if stat.duration.total_seconds() > SECONDS}
    assert slow == {}


def test_nothing_is_asked_for_when_files_are_parsed() -> None:
    assert not READ_AT_PARSE, f"a Dag file has called {READ_AT_PARSE}"


@each_dag
def test_a_dag_has_no_cycle_and_has_tags(dag: DAG) -> None:
    dag.check_cycle()
    assert dag.tags


@named(TASKS)
def test_a_task_has_an_owner_and_retries(dag: DAG, task: Any) -> None:
    assert task.owner != "airflow"
    assert task.retries or dag.dag_id in WITHOUT_RETRIES


@named(OURS)
def test_a_task_has_its_connections(dag: DAG, task: Any) -> None:
    defaults = inspect.signature(type(task).__init__).parameters
    for field in (name for name in task.template_fields if name.endswith("conn_id")):
        wanted = getattr(task, field)
        if isinstance(wanted, XComArg):
            continue  # a task before it tells, in each run
        if isinstance(wanted, str) and "{{" in wanted:
            wanted = dag.get_template_env().from_string(wanted).render(params=dag.params.dump())
        if wanted in {None, "None", defaults[field].default}:
            continue
        assert wanted in CONNECTIONS or f"AIRFLOW_CONN_{wanted.upper()}" in os.environ, field


@named(TASKS)
def test_templates_use_what_there_is(dag: DAG, task: Any) -> None:
    task.resolve_template_files()
    known = {*Context.__annotations__, *(dag.user_defined_macros or {})}
    environment = dag.get_template_env()
    for text in (text for field in task.template_fields for text in _texts(getattr(task, field, None))):
        template = environment.parse(text)
        assert jinja2.meta.find_undeclared_variables(template) <= known, text
        for node in template.find_all(jinja2.nodes.Getattr):
            if isinstance(node.node, jinja2.nodes.Name) and node.node.name == "params":
                assert node.attr in dag.params, text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple | set):
        for inner in value:
            yield from _texts(inner)
