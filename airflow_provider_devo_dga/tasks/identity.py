"""Who a task instance is, and the names that follow from it: of its job, its keys, its unfinished files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from airflow_provider_devo_dga.models.origin import Origin

_LONGEST_COMMENT = 200


@dataclass(frozen=True, slots=True)
class TaskIdentity:
    """A task instance in one of its tries.

    :param map_index: -1 when it is not mapped.
    :param attempt: number of the try, from 1 on; a clear does not begin anew.
    :param cycle: number of the first try since the task was cleared last, the same in each of its retries.
    :param is_last: whether no other try comes by itself when this one fails.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    attempt: int = 1
    cycle: int = 1
    is_last: bool = False

    @classmethod
    def of(cls, task: Any, context: Mapping[str, Any]) -> Self:
        """Return who executes.

        :param task: the operator; one that is executed by hand, without a task instance, is a first try.
        """
        ti = context.get("ti")
        if ti is None:
            return cls(task.dag_id, str(context.get("run_id", "")), task.task_id)
        # a clear adds the tries of before to max_tries
        cycle = ti.max_tries - (task.retries or 0) + 1
        is_last = ti.try_number > ti.max_tries
        return cls(ti.dag_id, ti.run_id, ti.task_id, ti.map_index, ti.try_number, cycle, is_last)

    @classmethod
    def running(cls) -> Self | None:
        """Return who executes in this process, operator or function; None outside of a task."""
        from airflow.sdk import get_current_context

        try:
            context = get_current_context()
        except RuntimeError:
            return None
        return cls.of(context["task"], context)

    def job_name(self, prefix: str) -> str:
        """Return the name of its job in Devo, the same in each try, another after a clear.

        :return: at most 64 letters, digits, ``_``, ``.`` and ``-``; the end is a hash of the whole.
        """
        parts = [prefix, *self._instance, str(self.cycle)]
        return f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', '-'.join(parts))[:47]}-{_digest(parts)[:16]}"

    def cluster_key(self, prefix: str) -> str:
        """Return how its keys on an H2O cluster begin, the same in each try and after a clear.

        :return: at most 75 letters, digits and ``_``, the first a letter; the end is a hash of the whole.
        """
        parts = [prefix, *self._instance]
        slug = re.sub(r"[^A-Za-z0-9]+", "_", "_".join(parts))[:60].strip("_")
        return f"{slug if slug[:1].isalpha() else f'k_{slug}'}_{_digest(parts)[:12]}"

    @property
    def origin(self) -> Origin:
        """What a model bears of the task that trained it, the same in each try."""
        return Origin(self.dag_id, self.run_id, self.task_id, self.map_index)

    @property
    def file_owner(self) -> str:
        """What its unfinished files bear in their names, the same in each try."""
        return _digest(self._instance)[:16]

    @property
    def _instance(self) -> list[str]:
        return [self.dag_id, self.run_id, self.task_id, str(self.map_index)]


def own_comments() -> dict[str, str]:
    """Return pragma comments that name the task here in Devo's audit, none of its names outside of a task.

    Long names are cut.
    """
    comments = {"id": "airflow-provider-devo-dga", "user": "airflow"}
    if who := TaskIdentity.running():
        attempt = f" try {who.attempt}"
        named = f"{who.dag_id} {who.task_id} {who.run_id}"
        comments["free"] = named[: _LONGEST_COMMENT - len(attempt)] + attempt
    return comments


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
