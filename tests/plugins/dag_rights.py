"""An auth manager that tells Dags apart, as those for production do; Airflow's simple one does not."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager


class DagRights(SimpleAuthManager):
    """Airflow's simple auth manager, in which ``narrow`` may see nothing of ``dga_hourly_report``."""

    HIDDEN = "dga_hourly_report"

    def is_authorized_dag(self, *, user: Any, details: Any = None, **asked: Any) -> bool:
        """Ask the simple auth manager, unless the Dag is hidden from the user."""
        if user.get_name() == "narrow" and details is not None and details.id == self.HIDDEN:
            return False
        return super().is_authorized_dag(user=user, details=details, **asked)
