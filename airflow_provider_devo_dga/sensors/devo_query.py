"""DevoQuerySensor: wait until a condition on a LINQ query over a closed window holds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator, Context, PokeReturnValue
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowSensorTimeout

from airflow_provider_devo_dga.devo_api import condition as conditions
from airflow_provider_devo_dga.devo_api.attempts import MAY_PASS
from airflow_provider_devo_dga.devo_api.condition import Condition, RowsAtLeast
from airflow_provider_devo_dga.devo_api.query import Completeness
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import DevoPermanentError
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.tasks import telemetry
from airflow_provider_devo_dga.tasks.events import error_in
from airflow_provider_devo_dga.tasks.identity import own_comments
from airflow_provider_devo_dga.tasks.lineage import lineage, table_places
from airflow_provider_devo_dga.tasks.rendered import whole
from airflow_provider_devo_dga.tasks.run_window import Moment, Span, duration, run_window
from airflow_provider_devo_dga.tasks.stoppable import StoppableMixin
from airflow_provider_devo_dga.triggers.devo_query import DevoQueryTrigger

_TRIGGER_IS_LATE = timedelta(minutes=2)


class DevoQuerySensor(StoppableMixin, BaseSensorOperator):
    """Waits until a LINQ query satisfies a condition; returns the rows or the number it saw.

    By default the condition is ``min_rows`` rows. It can be LINQ itself, for instance ``from t group select
    count() as n where n >= 1000``: one row when it holds, none before. Until the window is over, and
    ``lateness`` after it, the sensor waits without asking. Faults that may pass are logged and count as "not
    yet"; refused credentials or a refused query fail at once. After ``timeout``, Airflow's own parameter, it
    fails with ``AirflowSensorTimeout``, or is skipped with ``soft_fail``: in a worker and deferred alike.

    :param query: LINQ text, or the name of a ``.linq`` file. (templated)
    :param window: None for the run's own window; a width, ``timedelta(hours=1)`` for the last full hour; or
        ``{"from", "to"}``: see ``run_window``. (templated)
    :param from_: start of another window, included: aware datetime or ISO 8601 text. (templated)
    :param to: its end, excluded. (templated)
    :param min_rows: rows that satisfy the condition. (templated)
    :param condition: another condition, from ``client.condition``: ``Scalar(">=", 1000)`` compares the one
        number that the query gives, ``NewerEvents()`` holds when the query has events after the window.
    :param lateness: time after the window's end in which events may still arrive, a timedelta or
        seconds. (templated)
    :param devo_conn_id: Airflow connection of type ``devo``. (templated)
    :param completeness: ``count`` lets Devo count what each poke reads, a second query. ``framing`` need
        not: lost rows are never enough; they delay the condition and cannot satisfy it.
    :param deferrable: wait in the triggerer instead of a worker slot; the default is Airflow's own setting
        ``[operators] default_deferrable``.
    """

    template_fields: Sequence[str] = (
        "query",
        "window",
        "from_",
        "to",
        "min_rows",
        "lateness",
        "devo_conn_id",
    )
    template_ext: Sequence[str] = (".linq",)
    template_fields_renderers = {"query": "sql"}  # noqa: RUF012 - Airflow's own attribute
    ui_color = "#d6e4ff"

    def __init__(
        self,
        *,
        query: str,
        window: Span = None,
        from_: Moment = None,
        to: Moment = None,
        min_rows: int | str = 1,
        condition: Condition | None = None,
        lateness: timedelta | float | str = timedelta(0),
        devo_conn_id: str = DevoHook.default_conn_name,
        completeness: Completeness = "framing",
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.query = query
        self.window = window
        self.from_ = from_
        self.to = to
        self.min_rows = min_rows
        self.condition = condition
        self.lateness = lateness
        self.devo_conn_id = devo_conn_id
        self.completeness = completeness
        self.deferrable = deferrable

    def execute(self, context: Context) -> Any:
        """Poke; hand the wait over to the triggerer when ``deferrable`` and the first poke says not yet."""
        began = time.time()
        with self.stopped_by_kill():
            if not self.deferrable:
                return self._told(context, super().execute(context))
            first = self.poke(context)
        if first.is_done:
            return self._told(context, first.xcom_value)
        window, timeout = self._window(context), timedelta(seconds=self.timeout)
        return self.defer(
            trigger=DevoQueryTrigger(
                query=self.query,
                from_=window.start.isoformat(),
                to=window.end.isoformat(),
                condition=conditions.to_dict(self._condition()),
                devo_conn_id=self.devo_conn_id,
                poke_interval=self.poke_interval,
                deadline=began + self.timeout,
                lateness=duration(self.lateness).total_seconds(),
                comments=own_comments(),
                completeness=self.completeness,
            ),
            method_name="execute_complete",
            # for a triggerer that is gone: Airflow's own limit is not told to `dag.test()`, nor to a trigger
            timeout=timeout + _TRIGGER_IS_LATE,
        )

    def poke(self, context: Context) -> PokeReturnValue:
        window, condition = self._window(context), self._condition()
        asked = conditions.question(condition, self.query, window, lateness=duration(self.lateness))
        if asked is None:
            self.log.info("The window %s is not over yet, or its late events are still due", window)
            return PokeReturnValue(is_done=False)
        hook = DevoHook(self.devo_conn_id)
        try:
            batches = list(
                hook.iter_batches(
                    asked.text,
                    from_=asked.window.start,
                    to=asked.window.end,
                    limit=asked.limit,
                    completeness=self.completeness,
                )
            )
        except MAY_PASS as error:
            self.log.warning("Devo could not be asked, will ask again in %s s: %s", self.poke_interval, error)
            return PokeReturnValue(is_done=False)
        found = conditions.judge(condition, batches)
        self.log.info("%s in %s: %s, %s", condition, window, found.value, "yes" if found.holds else "not yet")
        return PokeReturnValue(is_done=found.holds, xcom_value=found.value)

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> Any:
        """Take the trigger's event.

        :raises AirflowSensorTimeout: the condition did not hold within ``timeout``; not tried again.
        :raises DevoDgaError: the error that the trigger met, by its own type.
        """
        match event:
            case {"status": "success", "value": value}:
                return self._told(context, value)
            case {"status": "timeout", "last": last}:
                raise AirflowSensorTimeout(
                    f"{self._condition()} did not hold within {self.timeout:g} s; last seen: {last}"
                )
            case _:
                raise error_in(event)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the tables; None without its provider."""
        return lineage(table_places(self.devo_conn_id, self.query), [], query=self.query)

    def _told(self, context: Context, value: Any) -> Any:
        """Say what was waited for and how long, from the first start of the task on; return it."""
        self.log.info("The condition holds: %s", value)
        if (ti := context.get("ti")) is not None:
            began = (ti.get_first_reschedule_date(context) if self.reschedule else None) or ti.start_date
            waited = (datetime.now(UTC) - began).total_seconds()
            self.log.info("Waited %.0f s", waited)
            telemetry.timing("sensor.wait", waited)
        return value

    def _window(self, context: Context) -> Window:
        return run_window(context, self.window, from_=self.from_, to=self.to)

    def _condition(self) -> Condition:
        if self.condition is None:
            return RowsAtLeast(whole(self.min_rows, "min_rows"))
        if not isinstance(self.condition, Condition):
            raise DevoPermanentError(
                f"condition is {self.condition!r}, where RowsAtLeast, Scalar or NewerEvents is wanted,"
                " such as Scalar('>=', 1000)"
            )
        return self.condition
