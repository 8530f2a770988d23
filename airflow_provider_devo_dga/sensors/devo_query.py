"""DevoQuerySensor: wait until a LINQ query over a closed window gives enough rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.configuration import conf

from airflow_provider_devo_dga import errors
from airflow_provider_devo_dga.client.window import Window
from airflow_provider_devo_dga.errors import DevoDgaError, DevoIncompleteError, DevoTransientError
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.triggers.devo_query import DevoQueryTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context


class DevoQuerySensor(BaseSensorOperator):
    """Waits until Devo has at least ``min_rows`` rows for a query; returns the number it saw.

    The condition is LINQ itself, for instance ``from t group select count() as n where n >= 1000``: one row
    when it holds, none before. Until the window is over the sensor waits without asking. Faults that may
    pass are logged and count as "not yet"; refused credentials or a refused query fail at once.

    :param query: LINQ text, or the name of a ``.linq`` file. (templated)
    :param from_: start of the window, included: aware datetime or ISO 8601 text. (templated)
    :param to: end of the window, excluded. (templated)
    :param min_rows: rows that satisfy the condition.
    :param devo_conn_id: Airflow connection of type ``devo``. (templated)
    :param deferrable: wait in the triggerer instead of a worker slot.
    """

    template_fields: Sequence[str] = ("query", "from_", "to", "devo_conn_id")
    template_ext: Sequence[str] = (".linq",)
    template_fields_renderers = {"query": "sql"}  # noqa: RUF012 - Airflow's own attribute
    ui_color = "#d6e4ff"

    def __init__(
        self,
        *,
        query: str,
        from_: datetime | str,
        to: datetime | str,
        min_rows: int = 1,
        devo_conn_id: str = DevoHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.query = query
        self.from_ = from_
        self.to = to
        self.min_rows = min_rows
        self.devo_conn_id = devo_conn_id
        self.deferrable = deferrable

    def execute(self, context: Context) -> Any:
        """Poke; hand the wait over to the triggerer when ``deferrable`` and the first poke says not yet."""
        if not self.deferrable:
            return super().execute(context)
        first = self.poke(context)
        if first.is_done:
            return first.xcom_value
        window = Window.parse(self.from_, self.to)
        return self.defer(
            trigger=DevoQueryTrigger(
                query=self.query,
                from_=window.start.isoformat(),
                to=window.end.isoformat(),
                min_rows=self.min_rows,
                devo_conn_id=self.devo_conn_id,
                poke_interval=self.poke_interval,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout),
        )

    def poke(self, context: Context) -> PokeReturnValue:
        """Ask Devo once."""
        window = Window.parse(self.from_, self.to)
        if not window.is_over():
            self.log.info("The window %s is not over yet", window)
            return PokeReturnValue(is_done=False)
        try:
            hook = DevoHook(self.devo_conn_id)
            rows = sum(
                len(batch.rows)
                for batch in hook.iter_batches(
                    self.query, from_=window.start, to=window.end, limit=self.min_rows
                )
            )
        except (DevoTransientError, DevoIncompleteError) as error:
            self.log.warning("Devo could not be asked, will ask again in %s s: %s", self.poke_interval, error)
            return PokeReturnValue(is_done=False)
        self.log.info("%d of %d rows in %s", rows, self.min_rows, window)
        return PokeReturnValue(is_done=rows >= self.min_rows, xcom_value=rows)

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> int:
        """Take the trigger's event.

        :raises DevoDgaError: the error that the trigger met, by its own type.
        """
        match event:
            case {"status": "success", "rows": int(rows)}:
                self.log.info("%d rows are there", rows)
                return rows
            case {"status": "error", "error": str(name), "message": str(message)}:
                kind = getattr(errors, name, None)
                if isinstance(kind, type) and issubclass(kind, DevoDgaError):
                    raise kind(message)
                raise DevoDgaError(f"{name}: {message}")
            case _:
                raise DevoDgaError(f"The trigger sent no known event: {event!r}")
