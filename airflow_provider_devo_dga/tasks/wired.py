"""How an operator is wired to other tasks: by what it returns, and by templates."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator


class WiredOperator(BaseOperator):
    """An operator of whose outputs each can be had by its name, ``task.output["path"]``.

    Airflow looks an item of ``output`` up as an XCom key, so each value gets a key of its own.
    """

    def __init__(self, *, multiple_outputs: bool = True, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=multiple_outputs, **kwargs)

    def pre_execute(self, context: Any) -> None:  # noqa: ARG002 - Airflow's own signature
        """Take the text that a template makes of None for None: ``"{{ params.h2o_conn_id }}"``."""
        for name in self.template_fields:
            if getattr(self, name) == "None":
                setattr(self, name, None)
