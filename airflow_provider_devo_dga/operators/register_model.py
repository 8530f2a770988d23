"""RegisterModelOperator: a model file into Devo's ML Model Manager, verified, with a way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from airflow.sdk import Context, ObjectStoragePath

from airflow_provider_devo_dga.errors import DevoPermanentError
from airflow_provider_devo_dga.hooks.ml_model_manager import IfExists, MLModelManagerHook
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.scratch import scratch_folder
from airflow_provider_devo_dga.tasks.lineage import file_place, lineage, model_place, tell_outlets
from airflow_provider_devo_dga.tasks.rendered import given, mapping_or_none
from airflow_provider_devo_dga.tasks.stoppable import StoppableMixin
from airflow_provider_devo_dga.tasks.wired import WiredOperator


class RegisterModelOperator(StoppableMixin, WiredOperator):
    """Registers a model file, reads it back and compares every byte.

    A retry after success finds the same file registered and does nothing. When a replacement cannot be
    verified, the former file is put back and the task fails. Outlets that are assets get the model's facts
    as the event's extra.

    Returns ``{"name", "engine", "sha256", "bytes", "description", "fields"}``.

    :param name: name in the Model Manager: letters, digits, ``_``, ``.`` and ``-``. (templated)
    :param model_file: URI or path of the model file; None for the one that ``trained`` tells of. (templated)
    :param engine: the Model Manager's engine, ``H2O`` for a MOJO. (templated)
    :param description: what people read in Devo. (templated)
    :param trained: what ``H2OTrainOperator`` returned; its facts are added to the description, from where
        reports take version and threshold. The file may be its strict one, too. (templated)
    :param if_exists: another file under this name: ``fail`` or ``replace`` it. (templated)
    :param mlmm_conn_id: Airflow connection of type ``devo_mlmm``. (templated)
    :param storage_conn_id: Airflow connection of the object store; None when it needs none. (templated)
    :raises MojoExportError: there is no file, it is no usable MOJO, or, with ``trained``, it is not the
        one that was trained or answers other classes than ``0`` and ``1``.
    :raises ModelAlreadyExistsError: another file has this name and ``if_exists`` is ``fail``.
    :raises ModelRejectedError: refused, or read back with other content.
    """

    template_fields: Sequence[str] = (
        "name",
        "model_file",
        "engine",
        "description",
        "trained",
        "if_exists",
        "mlmm_conn_id",
        "storage_conn_id",
    )
    ui_color = "#d9f2d9"

    def __init__(
        self,
        *,
        name: str,
        model_file: str | None = None,
        engine: str = "H2O",
        description: str | None = None,
        trained: Mapping[str, Any] | None = None,
        if_exists: IfExists = "fail",
        mlmm_conn_id: str = MLModelManagerHook.default_conn_name,
        storage_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.name = name
        self.model_file = model_file
        self.engine = engine
        self.description = description
        self.trained = trained
        self.if_exists = if_exists
        self.mlmm_conn_id = mlmm_conn_id
        self.storage_conn_id = storage_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        from airflow_provider_devo_dga.models.store import local_copy

        if self.if_exists not in {"fail", "replace"}:
            raise DevoPermanentError(f"if_exists must be 'fail' or 'replace', not {self.if_exists!r}")
        self.trained = mapping_or_none(self.trained, "trained", "H2OTrainOperator")
        self.model_file = given(self.model_file) or (self.trained or {}).get("model_file")
        if self.model_file is None:
            raise DevoPermanentError("Give model_file, or trained=task.output of an H2OTrainOperator")
        with self.stopped_by_kill(), scratch_folder() as folder:
            source = ObjectStoragePath(self.model_file, conn_id=self.storage_conn_id)
            file = local_copy(source, folder)
            facts, description = self._checked(file)
            model = MLModelManagerHook(self.mlmm_conn_id).add_model(
                self.name, self.engine, file, description=description, if_exists=self.if_exists
            )
        tell_outlets(self.outlets, context, {"name": self.name, **facts})
        self.log.info(
            "Model %r is registered and read back: %d bytes, sha256 %s, at %s",
            model.name,
            facts["bytes"],
            facts["sha256"][:12],
            self.mlmm_conn_id,
        )
        return {
            "name": model.name,
            "engine": model.engine,
            "sha256": facts["sha256"],
            "bytes": facts["bytes"],
            "description": model.description,
            "fields": list(model.fields),
        }

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the file and the model; None without its provider."""
        return lineage([file_place(self.model_file or "")], [model_place(self.mlmm_conn_id, self.name)])

    def _checked(self, file: Path) -> tuple[dict[str, Any], str | None]:
        """Return what is known of the file, and its description; refuse what is no MOJO, or another file."""
        from airflow_provider_devo_dga.models.mojo import file_sha256, inspect_detector, inspect_mojo

        if self.engine == "H2O":
            mojo = inspect_detector(file) if self.trained else inspect_mojo(file)
            self.log.info("MOJO of %d bytes, columns %s", mojo.size, ", ".join(mojo.columns))
        sha256, size = file_sha256(file), file.stat().st_size
        if not self.trained:
            return {"sha256": sha256, "bytes": size}, self.description
        provenance = Provenance.of_training(TrainingSummary.of(self.trained), sha256)
        provenance.check_file(sha256, self.model_file or "")
        return provenance.event(size), provenance.describe(self.description or self.name)
