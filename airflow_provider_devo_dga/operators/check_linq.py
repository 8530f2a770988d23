"""CheckLinqOperator: ask a tenant whether LINQ means what the features take it to mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import BaseOperator, Context

from airflow_provider_devo_dga.errors import DevoQueryError, DevoResultError
from airflow_provider_devo_dga.features.assumptions import (
    ASSUMPTIONS,
    LONG_QUERIES,
    SUFFIX_LIST,
    Assumption,
)
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.tasks.lineage import lineage, table_places


class CheckLinqOperator(BaseOperator):
    """Asks one small query for each assumption about LINQ, and fails with those that do not hold.

    Says, too, which public suffix list the tenant's ``rootsuffix`` has, though no query depends on it, and
    whether queries are taken that are as long as those of the feature sets; a warning names the set that is
    too long here.

    Returns ``{name: answer}``, of list and lengths ``{what is asked: whether it is so}``.

    :param table: any table that the credentials can read. (templated)
    :param devo_conn_id: Airflow connection of type ``devo``. (templated)
    :raises DevoResultError: lists the assumptions that do not hold.
    """

    template_fields: Sequence[str] = ("table", "devo_conn_id")
    ui_color = "#d6e4ff"

    def __init__(
        self,
        *,
        table: str = "demo.ecommerce.data",
        devo_conn_id: str = DevoHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.table = table
        self.devo_conn_id = devo_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        hook = DevoHook(self.devo_conn_id)
        end = datetime.now(UTC).replace(microsecond=0)
        answers: dict[str, Any] = {}
        wrong = []
        for asked in ASSUMPTIONS:
            answer = answers[asked.name] = self._answer(hook, asked, end)
            told = f"{asked.name}: {asked.expression} gives {answer!r}"
            if asked.holds(answer):
                self.log.info("%s, as expected", told)
            else:
                self.log.warning("%s, NOT as expected", told)
                wrong.append(f"{told}, not {asked.answer!r}")
        if wrong:
            raise DevoResultError(
                "This tenant's LINQ is not what the features take it for; a model would be served other"
                f" features than it was trained on. {'; '.join(wrong)}"
            )
        self.log.info("All %d assumptions about LINQ hold at this tenant", len(answers))
        for asked in SUFFIX_LIST:
            answers[asked.name] = asked.holds(self._answer(hook, asked, end))
            self.log.info("%s: %s; no query depends on it", asked.name, answers[asked.name])
        for features, asked in LONG_QUERIES.items():
            answer = self._answer(hook, asked, end)
            answers[asked.name] = asked.holds(answer)
            if answers[asked.name]:
                self.log.info("%s", asked.name)
            else:
                self.log.warning(
                    "NOT so: %s. Train with a smaller feature set than %s here: %s",
                    *(asked.name, features, str(answer)[:500]),
                )
        return answers

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the table; None without its provider."""
        return lineage(table_places(self.devo_conn_id, f"from {self.table}"), [])

    def _answer(self, hook: DevoHook, assumption: Assumption, end: datetime) -> Any:
        try:
            rows = hook.get_records(assumption.query(self.table), from_=end - timedelta(minutes=5), to=end)
        except DevoQueryError as error:
            return f"refused: {error}"
        return rows[0]["answer"] if rows else None
