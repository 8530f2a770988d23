"""ToldLink: a link whose address the task itself tells, as soon as it knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator, BaseOperatorLink, Context

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey


class ToldLink(BaseOperatorLink):
    """A link that leads nowhere until its task has told the address."""

    KEY: ClassVar[str]
    """Of the XCom that holds the address, and of the task's attribute."""

    @property
    def xcom_key(self) -> str:
        """Key of the XCom that holds the address."""
        return self.KEY

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002 - Airflow's form
        """Return the address that the task has told, empty when there is none.

        Airflow asks at the end of a task, in its process, and stores the answer under the same key.
        """
        return str(getattr(operator, self.KEY, ""))

    @classmethod
    def tell(cls, task: Any, context: Context, address: str) -> None:
        """Let the link lead to an address from now on, while the task runs."""
        setattr(task, cls.KEY, address)
        if (ti := context.get("ti")) is not None:
            ti.xcom_push(key=cls.KEY, value=address)
