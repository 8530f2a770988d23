"""What Airflow lets a user see, Dag by Dag."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api import security
from airflow.models.dag import DagModel


def may_read(user: Any, dag_id: str, what: DagAccessEntity) -> bool:
    """Say whether a user may see some part of a Dag."""
    details = DagDetails(id=dag_id, team_name=DagModel.get_team_name(dag_id))
    # the very one that guards the routes
    manager = security.get_auth_manager()  # type: ignore[attr-defined]
    return manager.is_authorized_dag(method="GET", access_entity=what, details=details, user=user)
