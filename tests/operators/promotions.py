"""A name in the Model Manager, two versions of its model, and Devo's answers turned round."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.operators.promote_model import PromoteModelOperator
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator

if TYPE_CHECKING:
    import pytest

OLD, NEW = "20260105T030000Z", "20260112T030000Z"


class World:
    """One name in the Model Manager, two versions of its model, and the folder that they lie in."""

    def __init__(
        self, folder: Path, table: str, window: dict[str, Any], glm_mojo: Callable[..., bytes]
    ) -> None:
        self.name = f"m_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
        self.folder = folder
        self.table = table
        self.window = window
        self.store = ModelStore(folder / "models")
        self.hook = MLModelManagerHook()
        self.trained = {
            OLD: self.train(OLD, glm_mojo(TUTORIAL_FEATURES.names, {"entropy": 2.0}, -6.0)),
            NEW: self.train(NEW, glm_mojo(TUTORIAL_FEATURES.names, {"entropy": 2.0}, -5.0)),
        }

    def train(self, version: str, content: bytes) -> dict[str, Any]:
        file = self.store.model_file(version, self.name)
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
        return {
            "version": version,
            "sha256": hashlib.sha256(content).hexdigest(),
            "model_file": file.as_uri(),
            "feature_set": {"name": "tutorial", "fingerprint": TUTORIAL_FEATURES.fingerprint},
            "threshold": 0.5,
            "metrics": {"auc": 0.9, "false_positive_rate": 0.01},
            "rows": {"train": 800},
        }

    def operator(self, version: str, **changes: Any) -> PromoteModelOperator:
        arguments: dict[str, Any] = {
            "name": self.name,
            "candidate": f"{self.name}_candidate",
            "trained": self.trained[version],
            "models_dir": (self.folder / "models").as_uri(),
            "table": self.table,
            "settle_seconds": 0,
            **self.window,
        }
        return PromoteModelOperator(task_id="promote", **(arguments | changes))

    def promote(self, version: str, context: Any, **changes: Any) -> dict[str, Any]:
        self.register_candidate(version, context)
        return self.operator(version, **changes).execute(context)

    def register_candidate(self, version: str, context: Any) -> None:
        RegisterModelOperator(
            task_id="candidate",
            name=f"{self.name}_candidate",
            model_file=self.trained[version]["model_file"],
            trained=self.trained[version],
            if_exists="replace",
        ).execute(context)

    @property
    def serves(self) -> str | None:
        """Version whose bytes and description Devo holds under the name."""
        held = self.hook.find_model(self.name, with_image=True)
        if held is None or held.image is None:
            return None
        told = Provenance.of_description(held.description)
        assert told is not None
        assert told.sha256 == hashlib.sha256(held.image).hexdigest()
        return told.version


def answer_wrongly(
    monkeypatch: pytest.MonkeyPatch, name: str, unless: Callable[[], bool] = lambda: False
) -> None:
    """Let Devo's answers about one name be those of another model: every label the other way round."""
    records = DevoHook.get_records

    def turned(hook: DevoHook, query: str, **named: Any) -> list[dict[str, Any]]:
        rows = records(hook, query, **named)
        if f'"{name}"' in query and not unless():
            swap = {"0": "1", "1": "0"}
            rows = [{key: swap.get(value, value) for key, value in row.items()} for row in rows]
        return rows

    monkeypatch.setattr(DevoHook, "get_records", turned)
