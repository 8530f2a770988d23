"""Put a model into service under its name, verified, or leave the former one there."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from airflow_provider_devo_dga.devo_api.model_manager import RegisteredModel
from airflow_provider_devo_dga.errors import (
    DevoDgaError,
    DevoError,
    DevoPermanentError,
    DocumentError,
    FeatureError,
    ModelRejectedError,
)
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.history.model_history import Entry, ModelHistory
from airflow_provider_devo_dga.models.meaning import known_meaning
from airflow_provider_devo_dga.models.mojo import inspect_detector
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.replacement import FormerModel, Replacement
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.promotion.probe import KnownNames
from airflow_provider_devo_dga.scratch import scratch_folder
from airflow_provider_devo_dga.storage import read

log = logging.getLogger(__name__)


class Registry(Protocol):
    """What is asked of ``MLModelManagerHook``."""

    def find_model(self, name: str, *, with_image: bool) -> RegisteredModel | None: ...

    def get_model(self, name: str, *, with_image: bool) -> RegisteredModel: ...

    def add_model(
        self, name: str, engine: str, model_file: Path, *, description: str, if_exists: Literal["replace"]
    ) -> RegisteredModel: ...


@dataclass(slots=True, kw_only=True)
class Promotion:
    """Replaces what serves under one name.

    Before anything changes the former model's bytes are kept in the store, with a note of what is under way.
    So whatever happens, and wherever a task is killed, a retry either finishes or puts the former one back.

    :param trained: what is to serve.
    :param text: what people read in Devo, before the provenance.
    :param probe: asks a model in Devo, and raises unless it answers as the newcomer's file does.
    :param settle: seconds that the former model may go on answering.
    :param history: is told last who serves; None when none is kept.
    :param outcome: what :meth:`run` has changed, also after an error.
    :param entry: the newcomer in the history.
    """

    name: str
    trained: TrainingSummary
    text: str
    registry: Registry
    store: ModelStore[Any]
    probe: KnownNames
    settle: float
    history: ModelHistory | None
    outcome: Literal["unchanged", "promoted", "put_back"] = "unchanged"
    entry: Entry | None = None

    def check_candidate(self, candidate: str) -> None:
        """Check that the newcomer is the file that was trained, is registered as a candidate, and answers.

        :raises MojoExportError: it is not the file that was trained, or no detector's.
        :raises ModelRejectedError: the candidate is another file, or answers otherwise.
        """
        self._provenance.check_file(inspect_detector(self.probe.mojo).sha256, "The model file")
        if self.registry.get_model(candidate, with_image=True).image != self.probe.mojo.read_bytes():
            raise ModelRejectedError(
                f"{candidate!r} is not version {self.trained.version} in the Model Manager;"
                " register that version there first (RegisterModelOperator)"
            )
        self.probe.check(candidate)

    def run(self) -> Replacement:
        """Replace, read back, probe, tell the history; what is done already is not done again.

        :raises DevoDgaError: the newcomer does not serve; the error says what does.
        """
        serving = self.registry.find_model(self.name, with_image=True)
        begun, ours = self.store.under_way(self.name), self.trained.sha256
        if serving and _sha256(serving) == ours and not (begun and begun.sha256 == ours):
            return self._confirm()
        former = self._former(serving, begun)
        replacement = Replacement(self.name, ours, self.trained.version, former)
        self.store.begin(replacement)
        try:
            self._serve(former)
        except BaseException as error:
            said = self._put_back(former)
            log.warning("%s", said)
            _tell(error, said)
            raise
        self.store.finish(replacement)
        self.outcome = "promoted"
        return replacement

    @property
    def _provenance(self) -> Provenance:
        return Provenance.of_training(self.trained)

    def _confirm(self) -> Replacement:
        """Check what serves already. A verified model is not taken out because a query fails now."""
        log.info("Model %r serves version %s already", self.name, self.trained.version)
        self._serve(None)
        done = self.store.last(self.name)
        if done is not None and done.sha256 == self.trained.sha256:
            return done
        return Replacement(self.name, self.trained.sha256, self.trained.version, None)

    def _serve(self, former: FormerModel | None) -> None:
        """Register, ask who serves, also about names that tell it from the former model, tell the history."""
        self._register("H2O", self.probe.mojo, self._provenance.describe(self.text))
        with scratch_folder() as folder:
            other = self._other(former, folder / "former.zip") if former else None
            self.probe.check(self.name, other=other, settle=self.settle)
        if self.history is not None:
            self.entry = self.history.record(self.trained)
            self.history.give("champion", self.entry)

    def _other(self, former: FormerModel, file: Path) -> tuple[Path, FeatureSet] | None:
        file.write_bytes(self.store.content(former))
        if former.provenance is None:
            return None
        try:
            return file, known_meaning(former.provenance, self.store)
        except (FeatureError, DocumentError, DevoPermanentError) as error:
            log.warning("No name can be chosen that tells the former model: %s", error)
            return None

    def _former(self, serving: RegisteredModel | None, begun: Replacement | None) -> FormerModel | None:
        if serving is None:
            return None
        if begun is None or begun.former is None or _sha256(serving) != begun.sha256:
            return self._keep(serving)
        # an attempt ended between replacing and probing: what serves was never verified
        former = begun.former
        log.warning("An earlier promotion of %r ended half way; %s counts as the former", self.name, former)
        return former

    def _keep(self, serving: RegisteredModel) -> FormerModel:
        """Keep the bytes to put back: those that were registered, should others come over the wire."""
        provenance = Provenance.of_description(serving.description)
        if provenance is None or provenance.sha256 == _sha256(serving):
            return self.store.keep(serving)
        stored = self.store.model_file(provenance.version, self.name)
        content = read(stored)
        if content is not None and hashlib.sha256(content).hexdigest() == provenance.sha256:
            log.warning("Devo sends other bytes as %r than were registered; %s counts", self.name, stored)
            return self.store.keep(replace(serving, image=content))
        if self.registry.find_model(self.name, with_image=True) != serving:
            raise ModelRejectedError(
                f"The Model Manager sends other bytes as {self.name!r} each time; nothing was replaced"
            )
        log.warning("Model %r is not the file that its description names; it is kept as it is", self.name)
        return self.store.keep(serving)

    def _register(self, engine: str, file: Path, description: str) -> None:
        self.registry.add_model(self.name, engine, file, description=description, if_exists="replace")

    def _put_back(self, former: FormerModel | None) -> str:
        """Let the former model serve again, verified; return what serves now."""
        if former is None:
            return f"No model served as {self.name!r} before, so nothing could be put back"
        try:
            with scratch_folder() as folder:
                file = folder / f"{self.name}.zip"
                file.write_bytes(self.store.content(former))
                self._register(former.engine, file, former.description)
        except (DevoDgaError, OSError) as error:
            return (
                f"The former model ({former}) could NOT be put back: {error}. A retry tries again;"
                f" its file is {former.file}"
            )
        self.outcome = "put_back"
        said = f"The former model ({former}) serves as {self.name!r}"
        try:
            self.store.take_back(self.name)
        except (DevoDgaError, OSError) as error:
            said += f"; the record of this promotion is left: {error}"
        return said


def _sha256(model: RegisteredModel) -> str:
    return hashlib.sha256(model.image or b"").hexdigest()


def _tell(error: BaseException, outcome: str) -> None:
    """Say in the error itself what serves now; its type still tells the retry policy what it needs."""
    if isinstance(error, DevoError):
        error.message = f"{error.message}. {outcome}"
    else:
        error.add_note(outcome)
