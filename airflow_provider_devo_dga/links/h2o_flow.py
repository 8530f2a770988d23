"""H2OFlowLink: from a training task to the cluster it trains on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey

FLOW_KEY = "h2o_flow"


class H2OFlowLink(BaseOperatorLink):
    """Opens H2O Flow of the cluster that ``H2OTrainOperator`` uses; a private cluster has none to open.

    The address holds no credentials: Flow asks for them.
    """

    name: str = "H2O Flow"

    @property
    def xcom_key(self) -> str:
        """Where the task leaves the address as soon as it is connected."""
        return FLOW_KEY

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Return the address: Airflow asks the task that has run, and keeps what it tells."""
        told: Any = getattr(operator, "flow_url", None)
        return str(told or "")
