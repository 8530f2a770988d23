"""What a MOJO file says of itself. Reads the zip; needs neither Java nor h2o."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from airflow_provider_devo_dga.errors import MojoExportError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class MojoInfo:
    """A binomial MOJO, or whatever kind it is.

    :param category: ``Binomial``, ``Regression``, …
    :param columns: inputs in order, the response left out.
    :param response_domain: class labels in order; the second is the positive one. Empty for a regression.
    :param default_threshold: score at or above which the model's own label is the positive one;
        0.0 when the file names none.
    :param size: bytes.
    :param sha256: of the file.
    """

    category: str
    algorithm: str
    columns: tuple[str, ...]
    response: str
    response_domain: tuple[str, ...]
    default_threshold: float
    size: int
    sha256: str
    h2o_version: str


def inspect_mojo(path: Path) -> MojoInfo:
    """Return what the MOJO at ``path`` says of itself.

    :raises MojoExportError: when the file is absent, is no zip archive, or holds no supervised MOJO.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            ini = _sections(archive.read("model.ini").decode())
            return _info(path, archive, ini)
    except FileNotFoundError:
        raise MojoExportError(f"There is no MOJO file {path.name!r}") from None
    except zipfile.BadZipFile:
        raise MojoExportError(f"{path.name!r} is not a MOJO: not a zip archive") from None
    except (KeyError, ValueError, IndexError) as error:
        raise MojoExportError(f"{path.name!r} is not a usable MOJO: {error}") from None
    except OSError as error:
        raise MojoExportError(f"Cannot read {path.name!r}: {error.strerror}") from None


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _info(path: Path, archive: zipfile.ZipFile, ini: dict[str, list[str]]) -> MojoInfo:
    facts = dict(line.split(" = ", 1) for line in ini["info"])
    if facts["supervised"] != "true":
        raise ValueError("not a supervised model")
    columns = ini["columns"]
    return MojoInfo(
        category=facts["category"],
        algorithm=facts["algo"],
        columns=tuple(columns[:-1]),
        response=columns[-1],
        response_domain=_domain(archive, ini, len(columns) - 1),
        default_threshold=float(facts.get("default_threshold", 0.0)),
        size=path.stat().st_size,
        sha256=file_sha256(path),
        h2o_version=facts["h2o_version"],
    )


def _sections(text: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {"info": [], "columns": [], "domains": []}
    current: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        elif line.strip():
            current.append(line)
    return sections


def _domain(archive: zipfile.ZipFile, ini: dict[str, list[str]], column: int) -> tuple[str, ...]:
    """Return the labels of a column; a line of ``[domains]`` reads ``31: 2 d000.txt``."""
    for line in ini["domains"]:
        number, _, rest = line.partition(": ")
        if int(number) == column:
            return tuple(archive.read(f"domains/{rest.split()[1]}").decode().splitlines())
    return ()
