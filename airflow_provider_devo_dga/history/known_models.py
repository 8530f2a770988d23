"""The models that a history knows, with their roles and figures, for people to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.history.model_history import ModelHistory

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One recorded training.

    :param number: the registry's own number of the version, 1, 2, …
    :param version: ours.
    :param roles: its aliases, such as ``champion``.
    :param trained_at: None when its version does not say.
    :param threshold: score from which the model flags.
    :param recall: share of held-out DGA names flagged there.
    :param false_positive_rate: share of held-out legit names flagged there.
    :param auc: area under the ROC curve on held-out names.
    :param gate: what the quality gate said, ``passed`` or ``refused``.
    """

    number: int
    version: str
    roles: tuple[str, ...] = ()
    trained_at: datetime | None = None
    threshold: float | None = None
    recall: float | None = None
    false_positive_rate: float | None = None
    auc: float | None = None
    gate: str | None = None


def known_models(history: ModelHistory, most: int) -> tuple[KnownModel, ...]:
    """Return the newest versions, the newest first, and whatever has a role.

    :raises HistoryError: the history cannot be read.
    """
    from mlflow.exceptions import MlflowException

    with history.server.client() as client:
        try:
            aliases = client.get_registered_model(history.name).aliases
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return ()
            raise
        roles: dict[int, list[str]] = {}
        for role, number in sorted(aliases.items()):
            roles.setdefault(int(number), []).append(role)
        found = client.search_model_versions(
            f"name = '{history.name}'", max_results=most, order_by=["version_number DESC"]
        )
        versions = {int(version.version): version for version in found}
        for number in roles.keys() - versions.keys():
            versions[number] = client.get_model_version(history.name, str(number))
        ranked = sorted(versions.items(), reverse=True)
        return tuple(
            _known(
                version,
                tuple(roles.get(number, ())),
                client.get_run(version.run_id) if version.run_id else None,
            )
            for number, version in ranked
        )


def _known(version: ModelVersion, roles: tuple[str, ...], run: Run | None) -> KnownModel:
    metrics: dict[str, Any] = run.data.metrics if run else {}
    began = run.info.start_time if run else None  # milliseconds

    def judged(name: str) -> float | None:
        # the test part, else the one that the threshold was set on
        return metrics.get(f"test_{name}", metrics.get(f"valid_{name}"))

    return KnownModel(
        number=int(version.version),
        version=version.tags.get("version", ""),
        roles=roles,
        trained_at=datetime.fromtimestamp(began / 1000, UTC) if began else None,
        threshold=metrics.get("threshold"),
        recall=judged("recall"),
        false_positive_rate=judged("false_positive_rate"),
        auc=judged("auc"),
        gate=run.data.tags.get("gate") if run else None,
    )
