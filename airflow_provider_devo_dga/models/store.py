"""The folder that models lie in, and what it remembers of the model that served before."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any, Generic, Protocol, TypeVar

from airflow_provider_devo_dga.devo_api.model_manager import RegisteredModel
from airflow_provider_devo_dga.errors import DevoPermanentError, DevoResultError
from airflow_provider_devo_dga.features.quoting import model_name
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.storage import StoragePath, publish

# A version comes from a description or a param: it must not lead out of the folder.
_VERSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PLACE = re.compile(r"([A-Za-z0-9_-]{1,64})/([A-Za-z0-9_.-]+[.]json)")
_FORMER = "former"


class ModelFolder(StoragePath, Protocol):
    """A path below which models lie; ``pathlib.Path`` and Airflow's ``ObjectStoragePath`` both are."""

    def open(self, mode: Any, /) -> AbstractContextManager[Any]:
        """Open the file for reading or writing bytes."""

    def is_file(self) -> bool:
        """Say whether there is a file here."""

    def read_bytes(self) -> bytes:
        """Return the file's content."""


Folder = TypeVar("Folder", bound=ModelFolder)


@dataclass(frozen=True, slots=True)
class FormerModel:
    """A model that served until another one took its place.

    :param description: as it was registered; says its version when we registered it.
    :param file: URI of its bytes, which Devo no longer has.
    """

    sha256: str
    engine: str
    description: str
    file: str

    @property
    def provenance(self) -> Provenance | None:
        """What its description says of it."""
        return Provenance.of_description(self.description)

    def __str__(self) -> str:
        version = self.provenance.version if self.provenance else "unknown"
        return f"version {version}, sha256 {self.sha256[:12]}"


@dataclass(frozen=True, slots=True)
class Replacement:
    """One model taking another one's place.

    :param sha256: of the file that comes.
    :param version: of the model that comes.
    :param former: what served before; None when nothing did.
    """

    name: str
    sha256: str
    version: str
    former: FormerModel | None

    @classmethod
    def of_dict(cls, facts: dict[str, Any]) -> Replacement:
        """Read what was written as JSON."""
        former = facts["former"]
        return cls(
            facts["name"], facts["sha256"], facts["version"], FormerModel(**former) if former else None
        )


class ModelStore(Generic[Folder]):
    """Models by version, below one folder.

    :param folder: ``models_dir`` of the Dags: ``<version>/<name>.zip`` and ``.json``, ``former/…``.
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

    def summary(self, version: str, name: str) -> dict[str, Any] | None:
        """Return what is known of a version, None when there is no summary of it."""
        file = self._version(version) / f"{model_name(name)}.json"
        if not file.is_file():
            return None
        facts: dict[str, Any] = _json(file)
        return facts | {"model_file": str(self.model_file(version, name))}

    def _version(self, version: str) -> Folder:
        if not _VERSION.fullmatch(version):
            raise DevoPermanentError(f"{version[:80]!r} is not a version, such as 20260101T030000Z")
        return self.folder / version

    def keep(self, held: RegisteredModel) -> FormerModel:
        """Keep the bytes of a model that serves, and its summary; the same bytes are kept once."""
        if held.image is None:
            raise DevoResultError(f"The Model Manager sent no file with model {held.name!r}")
        digest = hashlib.sha256(held.image).hexdigest()
        file = self.folder / _FORMER / f"{digest}.zip"
        if not (file.is_file() and file.read_bytes() == held.image):
            with publish(file) as stream:
                stream.write(held.image)
        self._keep_summary(held, digest)
        return FormerModel(digest, held.engine, held.description, str(file))

    def _keep_summary(self, held: RegisteredModel, digest: str) -> None:
        """Keep the summary too: a run that is cleared trains its version anew, over the old one."""
        provenance = Provenance.of_description(held.description)
        if provenance is None or provenance.summary is None:
            return
        file = self.summary_at(provenance.summary)
        if not file.is_file():
            return
        content = file.read_bytes()
        if json.loads(content).get("sha256") == digest:
            with publish(self.folder / _FORMER / f"{digest}.json") as stream:
                stream.write(content)

    def former_summary(self, former: FormerModel) -> tuple[str, dict[str, Any]] | None:
        """Return place and content of the summary that was kept with a former model, None without one."""
        place = f"{_FORMER}/{former.sha256}.json"
        file = self.summary_at(place)
        return (place, _json(file)) if file.is_file() else None

    def content(self, former: FormerModel) -> bytes:
        """Return the kept bytes of a former model.

        :raises DevoPermanentError: they are gone, or not the same any more.
        """
        file = self.folder / _FORMER / f"{former.sha256}.zip"
        if not file.is_file():
            raise DevoPermanentError(f"The file of the former model ({former}) is not at {file}")
        content = file.read_bytes()
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
        self._write(replacement, "under_way")

    def finish(self, replacement: Replacement) -> None:
        """Write down that a replacement is done."""
        self._write(replacement, "last")
        self.take_back(replacement.name)

    def take_back(self, name: str) -> None:
        """Forget the replacement under way."""
        self._record(name, "under_way").unlink(True)

    def _record(self, name: str, kind: str) -> Folder:
        return self.folder / _FORMER / f"{model_name(name)}.{kind}.json"

    def _read(self, name: str, kind: str) -> Replacement | None:
        file = self._record(name, kind)
        return Replacement.of_dict(_json(file)) if file.is_file() else None

    def _write(self, replacement: Replacement, kind: str) -> None:
        with publish(self._record(replacement.name, kind)) as stream:
            stream.write(json.dumps(asdict(replacement), indent=2).encode())


def _json(file: ModelFolder) -> Any:
    try:
        return json.loads(file.read_bytes())
    except ValueError as error:
        raise DevoPermanentError(f"{file} is no JSON: {error}") from None
