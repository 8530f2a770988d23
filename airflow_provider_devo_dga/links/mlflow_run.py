"""MLflowRunLink: from a task to the page of its run in MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator, BaseOperatorLink, Context

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey


class MLflowRunLink(BaseOperatorLink):
    """The run of a training on the MLflow server; nothing when the history is a file."""

    XCOM_KEY: ClassVar[str] = "mlflow_run_url"

    name = "MLflow run"

    @property
    def xcom_key(self) -> str:
        """Key of the XCom that holds the address."""
        return self.XCOM_KEY

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002 - Airflow's form
        """Return the address that the task has pushed, empty when there is none.

        Airflow asks at the end of a task, in its process, and stores the answer under the same key.
        """
        return str(getattr(operator, self.XCOM_KEY, ""))


def show_run(task: Any, context: Context, address: str | None) -> None:
    """Let the link lead to the page of a run from now on; without an address there is nothing to show."""
    if address:
        setattr(task, MLflowRunLink.XCOM_KEY, address)
        context["ti"].xcom_push(key=MLflowRunLink.XCOM_KEY, value=address)
