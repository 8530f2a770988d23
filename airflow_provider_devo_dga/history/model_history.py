"""The history of one model: each training a run, each candidate a version, and who has which role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from airflow_provider_devo_dga.errors import HistoryConfigError
from airflow_provider_devo_dga.history.tracking_server import TrackingServer
from airflow_provider_devo_dga.history.training_facts import TrainingFacts
from airflow_provider_devo_dga.models.summary import TrainingSummary

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

Role = Literal["champion", "challenger"]
_QUOTABLE = re.compile(r"[A-Za-z0-9_.:+-]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One training in the history.

    :param number: the registry's own number of the model version, 1, 2, …
    :param version: ours.
    :param link: page of the run; None when the history is a file.
    """

    run_id: str
    number: int
    version: str
    sha256: str
    model_file: str
    link: str | None


class ModelHistory:
    """Trainings and roles of one model.

    Every call may be made again: what is there already is left alone.

    :param server: where it is kept.
    :param name: the model's name, in the Model Manager and here.
    """

    def __init__(self, server: TrackingServer, name: str) -> None:
        self.server = server
        self.name = name

    def record(self, trained: TrainingSummary, files: Mapping[str, str] | None = None) -> Entry:
        """Record a training as a run and its model as a version; the same training makes one of each.

        :param trained: its model file is named by URI and SHA-256, not copied.
        :param files: small texts to keep with the run, by file name.
        """
        facts = TrainingFacts.of(trained)
        with self.server.client() as client:
            if (version := _version_of(client, self.name, trained.version, trained.sha256)) is not None:
                return self._entry(client, version)
            run = self._run(client, facts)
            for name, text in (files or {}).items():
                client.log_text(run.info.run_id, text, name)
            client.set_terminated(run.info.run_id)
            _ensure_registered(client, self.name)
            version = client.create_model_version(
                self.name,
                # a server takes no other local path than the run's own
                source=run.info.artifact_uri,
                run_id=run.info.run_id,
                tags=facts.tags,
            )
            return self._entry(client, version)

    def find(self, version: str, sha256: str) -> Entry | None:
        """Return what is known of a version, None when it was not recorded."""
        with self.server.client() as client:
            found = _version_of(client, self.name, version, sha256)
            return self._entry(client, found) if found is not None else None

    def note(self, version: str, sha256: str, tags: Mapping[str, str]) -> bool:
        """Add to what is known of a recorded training; False when it was not recorded."""
        with self.server.client() as client:
            found = _version_of(client, self.name, version, sha256)
            if found is None or not found.run_id:
                return False
            for name, value in tags.items():
                client.set_tag(found.run_id, name, value)
            return True

    def holder(self, role: Role) -> Entry | None:
        """Return who has a role, None when nobody has."""
        with self.server.client() as client:
            found = _holder(client, self.name, role)
            return self._entry(client, found) if found is not None else None

    def give(self, role: Role, entry: Entry) -> bool:
        """Give a role to a recorded training; False when it has it already.

        The champion is no longer a challenger.
        """
        with self.server.client() as client:
            changed = not _has(client, self.name, role, entry)
            if changed:
                client.set_registered_model_alias(self.name, role, str(entry.number))
            if role == "champion" and _has(client, self.name, "challenger", entry):
                client.delete_registered_model_alias(self.name, "challenger")
            return changed

    def take(self, role: Role) -> None:
        """Leave a role to nobody."""
        with self.server.client() as client:
            if _holder(client, self.name, role) is not None:
                client.delete_registered_model_alias(self.name, role)

    def _run(self, client: MlflowClient, facts: TrainingFacts) -> Run:
        """Return the run of a training, with all its facts; an attempt that was cut off is completed."""
        from mlflow.entities import Metric, Param, RunTag

        experiment = self._experiment(client)
        version, sha256 = facts.tags["version"], facts.tags["sha256"]
        found = client.search_runs([experiment], _tagged(version, sha256), max_results=1)
        run = next(iter(found), None) or client.create_run(
            experiment,
            start_time=facts.at or None,
            tags={"version": version, "sha256": sha256},
            run_name=version,
        )
        client.log_batch(
            run.info.run_id,
            # the same moment at each attempt, so that a metric has one value
            metrics=[Metric(name, value, facts.at, 0) for name, value in facts.metrics.items()],
            params=[Param(name, value) for name, value in facts.params.items()],
            tags=[RunTag(name, value) for name, value in facts.tags.items()],
        )
        return run

    def _experiment(self, client: MlflowClient) -> str:
        experiment = client.get_experiment_by_name(self.name)
        if experiment is None:
            artifacts = self.server.artifacts
            place = f"{artifacts}/{self.name}" if artifacts else None
            return str(client.create_experiment(self.name, artifact_location=place))
        if experiment.lifecycle_stage != "active":
            raise HistoryConfigError(
                f"The experiment {self.name!r} was deleted in MLflow; restore it there"
                " (mlflow experiments restore) or choose another model name"
            )
        return str(experiment.experiment_id)

    def _entry(self, client: MlflowClient, version: ModelVersion) -> Entry:
        link = None
        if self.server.file is None and version.run_id:
            experiment = client.get_run(version.run_id).info.experiment_id
            link = f"{self.server.uri}/#/experiments/{experiment}/runs/{version.run_id}"
        return Entry(
            run_id=version.run_id or "",
            number=int(version.version),
            version=version.tags.get("version", ""),
            sha256=version.tags.get("sha256", ""),
            model_file=version.tags.get("model_file", ""),
            link=link,
        )


def _ensure_registered(client: MlflowClient, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _version_of(client: MlflowClient, name: str, version: str, sha256: str) -> ModelVersion | None:
    wanted = f"name = {_quoted(name)} and {_tagged(version, sha256)}"
    return next(iter(client.search_model_versions(wanted, max_results=1)), None)


def _tagged(version: str, sha256: str) -> str:
    return f"tags.version = {_quoted(version)} and tags.sha256 = {_quoted(sha256)}"


def _holder(client: MlflowClient, name: str, role: Role) -> ModelVersion | None:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(name, role)
    except MlflowException as error:
        # the server has no model of this name, or the model no such alias
        if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return None
        raise


def _has(client: MlflowClient, name: str, role: Role, entry: Entry) -> bool:
    found = _holder(client, name, role)
    return found is not None and int(found.version) == entry.number


def _quoted(text: str) -> str:
    """Return a text for MLflow's filter language, which has no escape that every server knows."""
    if not _QUOTABLE.fullmatch(text):
        raise HistoryConfigError(f"{text[:80]!r} cannot be looked up in MLflow; use letters, digits, _.:+-")
    return f"'{text}'"
