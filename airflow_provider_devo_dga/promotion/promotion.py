"""Put a model into service under its name, verified, or leave the former one there."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
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
    MojoExportError,
)
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.models.meaning import known_meaning
from airflow_provider_devo_dga.models.mojo import inspect_detector
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.replacement import FormerModel, Replacement
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.promotion.probe import KnownNames
from airflow_provider_devo_dga.scratch import scratch_folder

log = logging.getLogger(__name__)


class Registry(Protocol):
    """The Model Manager, as ``MLModelManagerHook`` offers it."""

    def find_model(self, name: str, *, with_image: bool = False) -> RegisteredModel | None:
        """Return a model, None when there is none of this name."""

    def get_model(self, name: str, *, with_image: bool = False) -> RegisteredModel:
        """Return a model that must be there."""

    def add_model(
        self,
        name: str,
        engine: str,
        model_file: Path,
        *,
        description: str | None = None,
        if_exists: Literal["fail", "replace"] = "fail",
    ) -> RegisteredModel:
        """Register a file, read it back and compare every byte; the same file is left alone."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A model that is to serve.

    :param file: its bytes, on this machine.
    :param description: with its provenance, as it will be registered.
    """

    file: Path
    sha256: str
    version: str
    description: str
    engine: str = "H2O"

    @classmethod
    def of(cls, provenance: Provenance, file: Path, text: str) -> Newcomer:
        """Return the newcomer in a file.

        :param text: what people read in Devo.
        :raises MojoExportError: it is not the one that was trained, or no detector's.
        """
        if (found := inspect_detector(file).sha256) != provenance.sha256:
            raise MojoExportError(
                f"The model file is not the file that was trained (sha256 {found[:12]} instead of"
                f" {provenance.sha256[:12]})"
            )
        return cls(file, provenance.sha256, provenance.version, provenance.describe(text))


class Promotion:
    """Replaces what serves under one name.

    Before anything changes the former model's bytes are kept in the store, with a note of what is under way.
    So whatever happens, and wherever a task is killed, a retry either finishes or puts the former one back.

    :param probe: asks a model in Devo, and raises unless it answers as the newcomer does.
    :param settle: seconds that the former model may go on answering.
    :param crown: tells the history who serves; is called last.

    ``outcome`` says what :meth:`run` has changed, also after an error.
    """

    def __init__(
        self,
        name: str,
        *,
        registry: Registry,
        store: ModelStore[Any],
        probe: KnownNames,
        settle: float,
        crown: Callable[[], None],
    ) -> None:
        self.name = name
        self.registry = registry
        self.store = store
        self.probe = probe
        self.settle = settle
        self.crown = crown
        self.outcome: Literal["unchanged", "promoted", "put_back"] = "unchanged"

    def check_candidate(self, candidate: str, newcomer: Newcomer) -> None:
        """Check that the newcomer is registered as a candidate, and answers there.

        :raises ModelRejectedError: it is another file, or answers otherwise.
        """
        if self.registry.get_model(candidate, with_image=True).image != newcomer.file.read_bytes():
            raise ModelRejectedError(
                f"{candidate!r} is not version {newcomer.version} in the Model Manager;"
                " register that version there first (RegisterModelOperator)"
            )
        self.probe.check(candidate)

    def run(self, newcomer: Newcomer) -> Replacement:
        """Replace, read back, probe, crown; what is done already is not done again.

        :raises DevoDgaError: the newcomer does not serve; the error says what does.
        """
        serving = self.registry.find_model(self.name, with_image=True)
        done = self.store.last(self.name)
        if serving is not None and _sha256(serving) == newcomer.sha256 and not self._under_way(newcomer):
            return self._confirm(newcomer, done)
        replacement = self._plan(newcomer, serving)
        self.store.begin(replacement)
        former = replacement.former
        try:
            self._register(newcomer.engine, newcomer.file, newcomer.description)
            self._ask(former)
            self.crown()
        except BaseException as error:
            _tell(error, self._put_back(former))
            raise
        self.store.finish(replacement)
        self.outcome = "promoted"
        log.info("Model %r serves version %s, in place of %s", self.name, newcomer.version, former or "none")
        return replacement

    def _ask(self, former: FormerModel | None) -> None:
        """Ask who serves, also about names that tell it from the former model."""
        with scratch_folder() as folder:
            other = self._other(former, folder / "former.zip") if former else None
            self.probe.check(self.name, other=other, settle=self.settle)

    def _other(self, former: FormerModel, file: Path) -> tuple[Path, FeatureSet] | None:
        file.write_bytes(self.store.content(former))
        if former.provenance is None:
            return None
        try:
            return file, known_meaning(former.provenance, self.store)
        except (FeatureError, DocumentError, DevoPermanentError) as error:
            log.warning("No name can be chosen that tells the former model: %s", error)
            return None

    def _under_way(self, newcomer: Newcomer) -> bool:
        begun = self.store.under_way(self.name)
        return begun is not None and begun.sha256 == newcomer.sha256

    def _confirm(self, newcomer: Newcomer, done: Replacement | None) -> Replacement:
        """Check what serves already. A verified model is not taken out because a query fails now."""
        log.info("Model %r serves version %s already", self.name, newcomer.version)
        self._register(newcomer.engine, newcomer.file, newcomer.description)
        self._ask(None)
        self.crown()
        if done is not None and done.sha256 == newcomer.sha256:
            return done
        return Replacement(self.name, newcomer.sha256, newcomer.version, None)

    def _plan(self, newcomer: Newcomer, serving: RegisteredModel | None) -> Replacement:
        """Keep what serves, and say what is to be put back when the newcomer fails."""
        begun = self.store.under_way(self.name)
        former = None
        if serving is not None:
            if begun is not None and begun.former is not None and _sha256(serving) == begun.sha256:
                # an attempt ended between replacing and probing: what serves was never verified
                log.warning(
                    "An earlier promotion of %r ended half way; %s counts as the former model",
                    self.name,
                    begun.former,
                )
                former = begun.former
            else:
                former = self._keep(serving)
        return Replacement(self.name, newcomer.sha256, newcomer.version, former)

    def _keep(self, serving: RegisteredModel) -> FormerModel:
        """Keep the bytes to put back: those that were registered, should others come over the wire."""
        provenance = Provenance.of_description(serving.description)
        if provenance is None or provenance.sha256 == _sha256(serving):
            return self.store.keep(serving)
        stored = self.store.model_file(provenance.version, self.name)
        content = stored.read_bytes() if stored.is_file() else None
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
            said = f"No model served as {self.name!r} before, so nothing could be put back"
            log.error("%s", said)
            return said
        try:
            with scratch_folder() as folder:
                file = folder / f"{self.name}.zip"
                file.write_bytes(self.store.content(former))
                self._register(former.engine, file, former.description)
            self.store.take_back(self.name)
        except DevoDgaError as error:
            said = (
                f"The former model ({former}) could NOT be put back: {error}. A retry tries again;"
                f" its file is {former.file}"
            )
            log.error("%s", said)  # noqa: TRY400 - the error that led here is raised
            return said
        self.outcome = "put_back"
        said = f"The former model ({former}) serves as {self.name!r}"
        log.warning("%s", said)
        return said


def _sha256(model: RegisteredModel) -> str:
    return hashlib.sha256(model.image or b"").hexdigest()


def _tell(error: BaseException, outcome: str) -> None:
    """Say in the error itself what serves now; its type still tells the retry policy what it needs."""
    if isinstance(error, DevoError):
        error.message = f"{error.message}. {outcome}"
    else:
        error.add_note(outcome)
