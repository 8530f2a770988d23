"""The folder that models lie in, and what it remembers of the model that served before.

No other module knows how it is laid out::

    <version>/<name>.zip             a model file, <name>_strict.zip its second one
    <version>/<name>.json            the summary, written last
    <version>/model_card.html
    .<version>.<name>.owner          who trains it now
    former/<sha256>.zip, .json       what served before, to be put back
    former/<name>.under_way.json     a replacement that was begun; .last.json one that was finished
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Generic, TypeVar

from airflow_provider_devo_dga.devo_api.model_manager import RegisteredModel
from airflow_provider_devo_dga.errors import (
    DevoPermanentError,
    DevoResultError,
    MojoExportError,
    StorageError,
    TrainingParameterError,
)
from airflow_provider_devo_dga.features.quoting import model_name
from airflow_provider_devo_dga.models.origin import Origin, checked_version
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.replacement import REPLACEMENT, FormerModel, Replacement
from airflow_provider_devo_dga.models.summary import SUMMARY, TrainingSummary
from airflow_provider_devo_dga.redaction import shown_uri
from airflow_provider_devo_dga.storage import StoragePath, discard, publish, read, read_inside, remove

log = logging.getLogger(__name__)

_PLACE = re.compile(r"([A-Za-z0-9_-]{1,64})/([A-Za-z0-9_.-]+[.]json)")
_FORMER = "former"
_STRICT = "_strict"
_CARD = "model_card.html"
_CARD_PLACE = re.compile(rf"([A-Za-z0-9_-]{{1,64}})/{re.escape(_CARD)}")


Folder = TypeVar("Folder", bound=StoragePath)


def is_place(place: str | None) -> bool:
    """Say whether a text names a summary below the folder, ``<version>/<name>.json``, and nothing outside."""
    return _PLACE.fullmatch(place or "") is not None


def summary_beside(model_file: Folder) -> Folder:
    """Return where the summary of a model file lies; the strict file has that of its training."""
    stem = model_file.name.removesuffix(".zip")
    summary = model_file.with_name(f"{stem}.json")
    if stem.endswith(_STRICT) and not summary.is_file():
        return model_file.with_name(f"{stem.removesuffix(_STRICT)}.json")
    return summary


def read_summary(file: StoragePath) -> TrainingSummary | None:
    """Return the summary in a file, None when there is no file.

    :raises DocumentError: there is something else in it.
    """
    content = read(file)
    return None if content is None else SUMMARY.read(content, file)


def local_copy(model_file: StoragePath, folder: Path) -> Path:
    """Copy a model file to this machine, below ``folder``.

    :raises MojoExportError: there is no file.
    """
    if (content := read(model_file)) is None:
        raise MojoExportError(
            f"There is no model file at {shown_uri(str(model_file))}; did the training task finish,"
            " and can this worker read its storage?"
        )
    copy = folder / model_file.name
    copy.write_bytes(content)
    return copy


class ModelStore(Generic[Folder]):
    """Models by version, below one folder.

    :param folder: ``models_dir`` of the Dags.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    def model_file(self, version: str, name: str) -> Folder:
        """Return where a version's model file lies, whether it is there or not."""
        return self._version(version) / f"{model_name(name)}.zip"

    def summary_at(self, place: str) -> Folder:
        """Return where a summary lies that a description names as ``<version>/<name>.json``."""
        found = _PLACE.fullmatch(place)
        if found is None:
            raise DevoPermanentError(f"{place[:80]!r} is no place of a summary, <version>/<name>.json")
        return self.folder / found[1] / found[2]

    def summary(self, version: str, name: str) -> TrainingSummary | None:
        """Return what is known of a version, None when there is no summary of it."""
        found = read_summary(self._version(version) / f"{model_name(name)}.json")
        return found and replace(found, model_file=str(self.model_file(version, name)))

    def card(self, version: str) -> bytes | None:
        """Return the page of a version, None when there is none, or a link leads out of the folder."""
        return read_inside(self.folder, f"{checked_version(version)}/{_CARD}")

    def version_of_card(self, uri: str) -> str | None:
        """Return the version whose page lies at ``uri``; None for a place outside the folder."""
        root = str(self.folder).rstrip("/")
        inside = uri.removeprefix(f"{root}/") if uri.startswith(f"{root}/") else ""
        found = _CARD_PLACE.fullmatch(inside)
        return found[1] if found else None

    def _version(self, version: str) -> Folder:
        return self.folder / checked_version(version)

    # Training

    @contextmanager
    def reserved(self, version: str, name: str, origin: Origin) -> Iterator[None]:
        """Keep a version's place for the task that trains it, until the block ends.

        :raises TrainingParameterError: another task has it: the first of two results would be lost.
        """
        published = self.summary(version, name)
        if published is not None and published.origin not in {None, origin}:
            raise _taken(version, name, str(published.origin), self.model_file(version, name))
        self._check_owner(version, name, origin)
        with publish(self._owner(version, name)) as stream:
            stream.write(str(origin).encode())
        try:
            yield
        finally:
            self._release(version, name, origin)

    def publish(
        self, trained: TrainingSummary, name: str, model: Path, *, strict: Path | None, card: str | None
    ) -> TrainingSummary:
        """Publish a trained model: its files first, the summary last, each when it is whole.

        :param card: the page that people show each other.
        :return: the summary, which says where the files lie.
        """
        version = trained.version
        if trained.origin is not None:
            self._check_owner(version, name, trained.origin)
        folder = self._version(version)
        trained = replace(
            trained,
            model_file=str(self.model_file(version, name)),
            summary=f"{version}/{model_name(name)}.json",
            model_card=str(folder / _CARD) if card else None,
        )
        _write(self.model_file(version, name), model.read_bytes())
        if strict is not None and trained.strict is not None:
            target = folder / f"{model_name(name)}{_STRICT}.zip"
            _write(target, strict.read_bytes())
            trained = replace(trained, strict=replace(trained.strict, model_file=str(target)))
        if card:
            _write(folder / _CARD, card.encode())
        _write(folder / f"{model_name(name)}.json", SUMMARY.write(trained))
        return trained

    def files_of(self, trained: TrainingSummary) -> list[str]:
        """Return the places of what was published of a training."""
        strict = trained.strict.model_file if trained.strict else None
        summary = str(self.summary_at(trained.summary)) if trained.summary else None
        return [file for file in (trained.model_file, strict, trained.model_card, summary) if file]

    def fetch(self, version: str, name: str, target: Path) -> TrainingSummary | None:
        """Copy a version's model file; return its summary, None when one of the two is not there."""
        found = self.summary(version, name)
        if found is None or (content := read(self.model_file(version, name))) is None:
            return None
        target.write_bytes(content)
        return found

    def restore(self, version: str, name: str, content: bytes) -> None:
        """Put a model file back that has gone from here."""
        _write(self.model_file(version, name), content)

    def _owner(self, version: str, name: str) -> Folder:
        # beside the version: no folder stays of a training that failed
        return self.folder / f".{checked_version(version)}.{model_name(name)}.owner"

    def _owned_by(self, version: str, name: str) -> str | None:
        content = read(self._owner(version, name))
        return None if content is None else content.decode(errors="replace")

    def _release(self, version: str, name: str, origin: Origin) -> None:
        try:
            is_ours = self._owned_by(version, name) == str(origin)
        except (OSError, StorageError) as error:
            log.warning("Who owns version %s of %r cannot be read: %s", version, name, error)
            return
        if is_ours:
            discard(self._owner(version, name))

    def _check_owner(self, version: str, name: str, origin: Origin) -> None:
        owner = self._owned_by(version, name)
        if owner not in {None, str(origin)}:
            raise _taken(version, name, str(owner), self._owner(version, name))

    # What served before

    def keep(self, held: RegisteredModel) -> FormerModel:
        """Keep the bytes of a model that serves, and its summary; the same bytes are kept once."""
        if held.image is None:
            raise DevoResultError(f"The Model Manager sent no file with model {held.name!r}")
        digest = hashlib.sha256(held.image).hexdigest()
        file = self.folder / _FORMER / f"{digest}.zip"
        if read(file) != held.image:
            _write(file, held.image)
        self._keep_summary(held, digest)
        return FormerModel(digest, held.engine, held.description, str(file))

    def _keep_summary(self, held: RegisteredModel, digest: str) -> None:
        """Keep the summary too: a run that is cleared trains its version anew, over the old one."""
        provenance = Provenance.of_description(held.description)
        if provenance is None or provenance.summary is None:
            return
        found = read_summary(self.summary_at(provenance.summary))
        if found is not None and digest in {found.sha256, found.strict and found.strict.sha256}:
            _write(self.folder / _FORMER / f"{digest}.json", SUMMARY.write(found))

    def former_summary(self, former: FormerModel) -> TrainingSummary | None:
        """Return the summary that was kept with a former model, None without one."""
        place = f"{_FORMER}/{former.sha256}.json"
        found = read_summary(self.summary_at(place))
        return found and replace(found, summary=place)

    def content(self, former: FormerModel) -> bytes:
        """Return the kept bytes of a former model.

        :raises DevoPermanentError: they are gone, or not the same any more.
        """
        file = self.folder / _FORMER / f"{former.sha256}.zip"
        if (content := read(file)) is None:
            raise DevoPermanentError(f"The file of the former model ({former}) is not at {file}")
        if hashlib.sha256(content).hexdigest() != former.sha256:
            raise DevoPermanentError(f"{file} is not the file of the former model ({former}) any more")
        return content

    def under_way(self, name: str) -> Replacement | None:
        """Return the replacement that was begun and neither finished nor taken back."""
        return self._read(name, "under_way")

    def last(self, name: str) -> Replacement | None:
        """Return the last replacement that was finished."""
        return self._read(name, "last")

    def begin(self, replacement: Replacement) -> None:
        """Write down what is about to be replaced, so that a killed task can be completed or undone."""
        _write(self._record(replacement.name, "under_way"), REPLACEMENT.write(replacement))

    def finish(self, replacement: Replacement) -> None:
        """Write down that a replacement is done."""
        _write(self._record(replacement.name, "last"), REPLACEMENT.write(replacement))
        self.take_back(replacement.name)

    def take_back(self, name: str) -> None:
        """Forget the replacement under way."""
        remove(self._record(name, "under_way"))

    def _record(self, name: str, kind: str) -> Folder:
        return self.folder / _FORMER / f"{model_name(name)}.{kind}.json"

    def _read(self, name: str, kind: str) -> Replacement | None:
        file = self._record(name, kind)
        content = read(file)
        return None if content is None else REPLACEMENT.read(content, file)


def _write(file: StoragePath, content: bytes) -> None:
    with publish(file) as stream:
        stream.write(content)


def _taken(version: str, name: str, owner: str, file: StoragePath) -> TrainingParameterError:
    return TrainingParameterError(
        f"Version {version} of model {name!r} belongs to {owner}, see {file}: a second training would"
        " overwrite it. Give this task another model_id or output_dir, or remove that file when the other"
        " one is not wanted"
    )
