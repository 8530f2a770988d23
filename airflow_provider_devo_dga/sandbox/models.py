"""The tenant's models: uploaded images and the names that point to them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from airflow_provider_devo_dga.sandbox import score, types
from airflow_provider_devo_dga.sandbox.expressions import Evaluator
from airflow_provider_devo_dga.sandbox.score import InvalidMojoError, Mojo, Scorer

Output = Literal["label", "p1"]
INVALID = {"valid": False, "errorDetail": "Invalid image"}
SAVED = (
    "name",
    "engine",
    "description",
    "category",
    "outputType",
    "fields",
    "clusters",
    "runtimeSize",
    "hidden",
)


class Models:
    """A registry without versions, as Devo's: saving under a known name replaces what it points to.

    :param directory: where images and names last; None keeps them in memory.
    :param domain: the one Devo domain that ``mlevalmodel`` may name.
    :param output: what a binomial model says of a row, its label or the probability of the second class.
    """

    def __init__(self, directory: Path | None, *, domain: str = "self", output: Output = "label") -> None:
        self._directory = directory / "models" if directory else None
        self._domain = domain
        self._output = output
        self._lock = threading.RLock()
        self._images: dict[int, bytes] = {}
        self._models: dict[str, dict[str, Any]] = {}
        self.scorer = Scorer(self.image)
        if self._directory:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._restore(self._directory)

    def upload(self, image: bytes, file_name: str) -> dict[str, Any]:
        """Keep an image if genmodel can read it; return what the Model Manager says of it."""
        try:
            mojo = score.load(image)
        except InvalidMojoError:
            return INVALID
        with self._lock:
            number = 1 + max(self._images, default=40)
            if self._directory:
                _write(self._directory / f"{number}.zip", image)
            self._images[number] = image
        return {
            "valid": True,
            "errorDetail": None,
            "outputType": mojo.result.name,
            "category": mojo.category,
            "imageId": number,
            "fields": _fields(mojo),
            "clusters": [],
            "fileName": file_name,
            "size": len(image),
            "runtimeSize": len(image) * 2,
        }

    def save(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Point a name to an uploaded image; return the model.

        :raises KeyError: when no such image was uploaded.
        """
        number = wanted["image"]["id"]
        with self._lock:
            size = len(self._images[number])
            known = self._models.get(wanted["name"])
            identity = (
                known["id"] if known else 1 + max((model["id"] for model in self._models.values()), default=0)
            )
            model: dict[str, Any] = {
                "id": identity,
                **{key: wanted.get(key) for key in SAVED},
                "image": {"id": number, "size": size},
            }
            # The query engine believes the image, whatever the client says of it.
            model["fields"] = [
                {**field, "id": place} for place, field in enumerate(_fields(self._mojo(number)), start=1)
            ]
            changed: dict[str, dict[str, Any]] = {**self._models, str(wanted["name"]): model}
            if self._directory:
                _write(self._directory / "models.json", json.dumps(list(changed.values())).encode())
            self._models = changed
            return model

    def all(self) -> list[dict[str, Any]]:
        """Return every model, by name."""
        return [self._models[name] for name in sorted(self._models)]

    def get(self, name: str) -> dict[str, Any] | None:
        """Return a model, None when absent."""
        return self._models.get(name)

    def image(self, number: int) -> bytes:
        """Return the bytes of an uploaded image.

        :raises KeyError: when there is none of that number.
        """
        return self._images[number]

    def evaluator(self, domain: str, name: str) -> Evaluator | None:
        """Return a model for ``mlevalmodel``, None when the domain has none of that name."""
        model = self._models.get(name) if domain == self._domain else None
        if model is None:
            return None
        mojo = self._mojo(model["image"]["id"])
        numeric = self._output == "p1" and len(mojo.labels) == 2
        return Evaluator(model["image"]["id"], mojo.features, types.FLOAT8 if numeric else mojo.result)

    def _mojo(self, number: int) -> Mojo:
        return self.scorer.mojo(number)

    def _restore(self, directory: Path) -> None:
        self._images = {int(path.stem): path.read_bytes() for path in directory.glob("*.zip")}
        listed = directory / "models.json"
        if listed.exists():
            self._models = {model["name"]: model for model in json.loads(listed.read_text(encoding="utf-8"))}


def _fields(mojo: Mojo) -> list[dict[str, Any]]:
    return [
        {
            "id": None,
            "name": feature.name,
            "description": "",
            "type": "float8" if feature.levels is None else "str",
        }
        for feature in mojo.features
    ]


def _write(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
