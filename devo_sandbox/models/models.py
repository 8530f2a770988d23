"""The tenant's models: uploaded images and the names that point to them."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from devo_sandbox.linq import types
from devo_sandbox.linq.expressions import Evaluator
from devo_sandbox.models import score
from devo_sandbox.models.images import Image, Images, moved, synced
from devo_sandbox.models.model import InvalidImageError, Model
from devo_sandbox.models.score import Scorer

log = logging.getLogger(__name__)

Output = Literal["label", "p1"]
INVALID = {"valid": False, "errorDetail": "Invalid image"}


@dataclass(frozen=True, slots=True)
class Former:
    """The image that queries still use until a moment of the monotonic clock."""

    image_id: int
    until: float


class Models:
    """A registry without versions, as Devo's: saving under a known name replaces what it points to.

    :param directory: where images and names last; None keeps them no longer than the process.
    :param domain: the one Devo domain that ``mlevalmodel`` may name.
    :param output: what a binomial model says of a row, its label or the probability of the second class.
    :param delay_s: how long queries that start after a replace still use the former image.
    """

    def __init__(
        self,
        directory: Path | None,
        *,
        domain: str = "self",
        output: Output = "label",
        delay_s: float = 0.0,
    ) -> None:
        self.domain = domain
        self._output = output
        self._delay_s = delay_s
        self._lock = threading.RLock()
        self._file = directory / "models" / "models.json" if directory else None
        self.images = Images(self._file.parent if self._file else None)
        self._models = _restored(self._file)
        self._former: dict[str, Former] = {}
        self.scorer = Scorer(self.images.__getitem__)

    def upload(self, source: BinaryIO, engine: str, file_name: str) -> dict[str, Any]:
        """Keep an image if its engine can read it; return what the Model Manager says of it."""
        try:
            image = self.images.add(source, engine, lambda path: score.load(engine, path))
        except InvalidImageError as error:
            # Devo does not tell the client why.
            log.warning("Invalid image %r for %s: %s", file_name[:80], engine, str(error)[:500])
            return INVALID
        facts = _facts(image, self.scorer.model(image.number))
        fields = [{**field, "id": None} for field in facts["fields"]]
        return {
            "valid": True,
            "errorDetail": None,
            **facts,
            "fields": fields,
            "imageId": image.number,
            "fileName": file_name,
            "size": image.size,
        }

    def save(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Point a name to an uploaded image; return the model.

        :raises KeyError: when no such image was uploaded.
        :raises ValueError: when the image is of another engine, or the id is another model's.
        """
        name = str(wanted["name"])
        image = self.images[wanted["image"]["id"]]
        if image.engine != wanted["engine"]:
            raise ValueError(f"the image is of {image.engine}")
        facts = _facts(image, self.scorer.model(image.number))
        with self._lock:
            known = self._models.get(name)
            if wanted.get("id") not in (None, known and known["id"]):
                raise ValueError("the id is not this model's")
            fresh = 1 + max((model["id"] for model in self._models.values()), default=0)
            # The query engine believes the image, whatever the client says of it.
            model: dict[str, Any] = {
                "id": known["id"] if known else fresh,
                "name": name,
                "engine": image.engine,
                "description": wanted.get("description"),
                **facts,
                "hidden": bool(wanted.get("hidden")),
                "image": {"id": image.number, "size": image.size},
            }
            changed = {**self._models, name: model}
            _store(self._file, changed)
            self._remember(name, known)
            self._models = changed
            return model

    def all(self) -> list[dict[str, Any]]:
        """Return every model, by name."""
        return [self._models[name] for name in sorted(self._models)]

    def get(self, name: str) -> dict[str, Any] | None:
        """Return a model, None when absent."""
        return self._models.get(name)

    def evaluator(self, domain: str, name: str) -> Evaluator | None:
        """Return a model for ``mlevalmodel``, None when the domain has none of that name."""
        with self._lock:
            found = self._models.get(name) if domain == self.domain else None
            if found is None:
                return None
            former = self._former.get(name)
        waiting = former is not None and time.monotonic() < former.until
        number: int = former.image_id if former and waiting else found["image"]["id"]
        model = self.scorer.model(number)
        numeric = self._output == "p1" and len(model.labels) == 2
        width = None if model.features else model.width
        return Evaluator(number, model.features, types.FLOAT8 if numeric else model.result, width)

    def close(self) -> None:
        """Let go of what was only kept for this process."""
        self.images.close()

    def _remember(self, name: str, known: Mapping[str, Any] | None) -> None:
        """Let queries use the image of a model that is replaced a while longer."""
        if known is None or not self._delay_s:
            return
        now = time.monotonic()
        former = self._former.get(name)
        in_use = former.image_id if former and now < former.until else known["image"]["id"]
        self._former[name] = Former(in_use, now + self._delay_s)


def _facts(image: Image, model: Model) -> dict[str, Any]:
    """Return what an image says of itself."""
    return {
        "category": model.category,
        "outputType": str(model.result),
        "fields": [
            {"id": place, "name": name, "description": "", "type": kind}
            for place, (name, kind) in enumerate(model.fields, start=1)
        ],
        "clusters": [],
        "runtimeSize": image.size * 2,
    }


def _restored(file: Path | None) -> dict[str, dict[str, Any]]:
    if file is None or not file.exists():
        return {}
    return {model["name"]: model for model in json.loads(file.read_text(encoding="utf-8"))}


def _store(file: Path | None, models: Mapping[str, dict[str, Any]]) -> None:
    """Write the registry as a whole or not at all."""
    if file is None:
        return
    partial = file.with_name("models.partial")
    with partial.open("wb") as written:
        written.write(json.dumps(list(models.values())).encode())
        synced(written)
    moved(partial, file)
