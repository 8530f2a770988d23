"""What a MOJO file says of itself. Reads the zip; needs neither Java nor h2o."""

from __future__ import annotations

import hashlib
import io
import lzma
import math
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from airflow_provider_devo_dga.errors import MojoExportError

_CHUNK = 1 << 20
_CLASSES = ("0", "1")
# A thousand deep trees inflate to some tens of megabytes, and their list takes 200 kB.
_MOST_INFLATED = 512 << 20
_MOST_TEXT = 4 << 20
_MOST_AT_ONCE = 4 << 20
_FINITE = ("default_threshold", "init_f", "beta", "num_means", "prior_class_distrib", "model_class_distrib")
_DAMAGED = (
    *(KeyError, ValueError, IndexError, RuntimeError, OverflowError),
    *(EOFError, zlib.error, lzma.LZMAError, struct.error, zipfile.BadZipFile),
)


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

    :raises MojoExportError: when the file is absent, is no zip archive, holds no supervised MOJO, inflates
        to more than a model does, or has equal classes, or a threshold or coefficient that is no number.
    """
    try:
        with _Bounded(path) as file, zipfile.ZipFile(file) as archive:
            _measure(archive)
            ini = _sections(archive.read("model.ini").decode())
            return _info(path, archive, ini)
    except FileNotFoundError:
        raise MojoExportError(f"There is no MOJO file {path.name!r}") from None
    except _DAMAGED as error:
        raise MojoExportError(f"{path.name!r} is not a usable MOJO: {error}") from None
    except OSError as error:
        raise MojoExportError(f"Cannot read {path.name!r}: {error.strerror or error}") from None


def inspect_detector(path: Path) -> MojoInfo:
    """Return what a MOJO says of itself that answers ``1`` for DGA and ``0`` for legit, as reports read it.

    :raises MojoExportError: as :func:`inspect_mojo`, and when it has other classes.
    """
    info = inspect_mojo(path)
    if info.response_domain != _CLASSES:
        classes = ", ".join(map(repr, info.response_domain))[:200] or f"none ({info.category})"
        raise MojoExportError(
            f"{path.name!r} answers the classes {classes}; those of a detector are '0', '1'"
        )
    return info


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Bounded(io.FileIO):
    """A file of which only some megabytes are read at once: ``zipfile`` reads a whole list of members."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MOST_AT_ONCE:
            raise ValueError("its list of files is longer than a model's")
        return super().read(size)


def _measure(archive: zipfile.ZipFile) -> None:
    """Inflate every member once, keeping none, so that nobody after this inflates without bound."""
    if sum(member.file_size for member in archive.infolist()) > _MOST_INFLATED:
        raise ValueError(f"it inflates to more than {_MOST_INFLATED >> 20} MB")
    for member in archive.infolist():
        declared, left = member.file_size, member.file_size + 1
        if not member.filename.endswith(".bin") and declared > _MOST_TEXT:
            raise ValueError(f"{member.filename!r} inflates to more than {_MOST_TEXT >> 20} MB")
        member.file_size = left  # zipfile stops at the size that is declared, Java at the data's end
        with archive.open(member) as content:
            while left and (chunk := content.read(min(left, _CHUNK))):
                left -= len(chunk)
        member.file_size = declared
        if left != 1:
            raise ValueError(f"{member.filename!r} is of another size than it says")


def _check_numbers(facts: dict[str, str]) -> None:
    for name in _FINITE:
        value = facts.get(name, "null").strip("[]")
        if value != "null" and not all(math.isfinite(float(number)) for number in value.split(",")):
            raise ValueError(f"{name} is no number: {value[:80]}")


def _info(path: Path, archive: zipfile.ZipFile, ini: dict[str, list[str]]) -> MojoInfo:
    facts = dict(line.split(" = ", 1) for line in ini["info"])
    if facts["supervised"] != "true":
        raise ValueError("not a supervised model")
    _check_numbers(facts)
    columns = ini["columns"]
    domain = _domain(archive, ini, len(columns) - 1)
    if len(set(domain)) != len(domain):
        raise ValueError(f"two of its classes are equal: {', '.join(domain)[:80]}")
    return MojoInfo(
        category=facts["category"],
        algorithm=facts["algo"],
        columns=tuple(columns[:-1]),
        response=columns[-1],
        response_domain=domain,
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
