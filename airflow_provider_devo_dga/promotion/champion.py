"""Who serves now, and whether a new model can be compared with it."""

from __future__ import annotations

import hashlib
from typing import Any

from airflow_provider_devo_dga.devo_api.model_manager import RegisteredModel
from airflow_provider_devo_dga.errors import DevoPermanentError, DocumentError
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.storage import StoragePath


def champion_of(serving: RegisteredModel | None, models_dir: StoragePath) -> dict[str, Any] | None:
    """Return who serves: ``{"version", "sha256", "description", "reason"}``; None when nobody does.

    What Devo holds is the truth, whatever a history says. Its file is put back into the folder for models
    when it has gone from there.

    :param serving: the registered model with its file.
    :return: with a ``reason`` when nothing can be compared with it, None there otherwise.
    """
    if serving is None:
        return None
    sha256 = hashlib.sha256(serving.image or b"").hexdigest()
    provenance = Provenance.of_description(serving.description)
    reason = _reason_against(serving, sha256, provenance, ModelStore(models_dir))
    return {
        "version": provenance.version if provenance else None,
        "sha256": sha256,
        "description": serving.description,
        "reason": reason,
    }


def _reason_against(
    serving: RegisteredModel, sha256: str, provenance: Provenance | None, store: ModelStore[Any]
) -> str | None:
    if provenance is None:
        return (
            f"the description of model {serving.name!r} does not say which version it is;"
            " register it again with RegisterModelOperator or dga_rollback"
        )
    if sha256 != provenance.sha256:
        return (
            f"model {serving.name!r} holds another file (sha256 {sha256[:12]}) than its description names"
            f" ({provenance.sha256[:12]}); put a known version back with dga_rollback"
        )
    try:
        facts = store.summary(provenance.version, serving.name)
        file = store.model_file(provenance.version, serving.name)
    except (DevoPermanentError, DocumentError) as error:
        return str(error)
    if facts is None:
        return f"the summary of version {provenance.version} is not in {store.folder}; bring it back"
    if facts.sha256 != sha256:
        return (
            f"the folder of version {provenance.version} in {store.folder} holds another training"
            f" (sha256 {facts.sha256[:12]}) than Devo ({sha256[:12]})"
        )
    if not file.is_file() and serving.image is not None:
        store.restore(provenance.version, serving.name, serving.image)
    return None
