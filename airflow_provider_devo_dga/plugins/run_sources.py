"""The reports of a run over many sources, worst first, with those that have none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow.models.taskinstance import TaskInstance
from airflow.utils.state import TaskInstanceState
from sqlalchemy import select

REPORTING = "DGAReportOperator"


@dataclass(frozen=True, slots=True)
class RunSource:
    """What a run has made of one source.

    :param map_index: Airflow's number of it in the run.
    :param name: as Airflow's grid shows it.
    :param slug: of its report; None without one, or when it lies elsewhere.
    :param told: the report's headline, or why there is none.
    """

    map_index: int
    name: str
    slug: str | None
    told: str
    infected: int = 0
    suspicious: int = 0

    @property
    def finding(self) -> str:
        """What its line is marked with."""
        if self.slug is None:
            return "missing"
        return "infected" if self.infected else "suspicious" if self.suspicious else "chance"


def run_sources(
    dag_id: str, run_id: str, session: Any, told: Mapping[int, Any], slug_of: Callable[[str], str | None]
) -> list[RunSource]:
    """Return the sources of a run whose tasks are mapped over them; none for another run.

    :param told: what the run's tasks returned that make reports, by map index.
    :param slug_of: name of the report whose page lies at an address.
    """
    of_run = select(TaskInstance).where(
        TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id, TaskInstance.map_index >= 0
    )
    by_index: dict[int, list[Any]] = {}
    for task in session.scalars(of_run):
        by_index.setdefault(task.map_index, []).append(task)
    reporting = {
        index: tasks for index, tasks in by_index.items() if any(t.operator == REPORTING for t in tasks)
    }
    found = [_source(index, tasks, told.get(index), slug_of) for index, tasks in reporting.items()]
    # what has no report comes behind what stands out, and before what is quiet
    return sorted(found, key=lambda one: (-one.infected, -one.suspicious, one.slug is not None, one.name))


def _source(index: int, tasks: list[Any], told: Any, slug_of: Callable[[str], str | None]) -> RunSource:
    name = next((task.rendered_map_index for task in tasks if task.rendered_map_index), str(index))
    if isinstance(told, dict) and isinstance(told.get("html"), str):
        infected, suspicious = (told.get(f"clients_{word}") for word in ("infected", "suspicious"))
        return RunSource(
            index,
            name,
            slug_of(told["html"]),
            str(told.get("headline", "")),
            infected if isinstance(infected, int) else 0,
            suspicious if isinstance(suspicious, int) else 0,
        )
    failed = next((task for task in tasks if task.state == TaskInstanceState.FAILED), None)
    if failed is not None:
        return RunSource(index, name, None, f"No report: {failed.task_id} failed.")
    return RunSource(index, name, None, "No report yet.")
