"""How much of a MOJO's zip archive is ever inflated: genmodel inflates whatever a member holds."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from pathlib import Path

from devo_sandbox.models.model import InvalidImageError

MOST_INFLATED = 512 * 1024 * 1024
MOST_TEXT = 4 * 1024 * 1024
MOST_AT_ONCE = 4 * 1024 * 1024
PIECE = 1024 * 1024
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(KeyError, ValueError, RuntimeError, OverflowError),
)


class BoundedFile(io.FileIO):
    """A file of which only some megabytes are read at once: ``zipfile`` reads a whole list of members."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MOST_AT_ONCE:
            raise InvalidImageError("the archive lists more files than a model has")
        return super().read(size)


def check_archive(path: Path) -> None:
    """Inflate every member once, keeping none.

    :raises InvalidImageError: when the file is no whole archive of a model, or inflates beyond one.
    """
    try:
        with BoundedFile(path) as file, zipfile.ZipFile(file) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_INFLATED:
                raise InvalidImageError(f"the archive inflates to more than {MOST_INFLATED} bytes")
            for member in archive.infolist():
                _check_member(archive, member)
            if "model.ini" not in archive.namelist():
                raise InvalidImageError("the archive holds no model.ini")
    except InvalidImageError:
        raise
    except DAMAGED as error:
        raise InvalidImageError(f"the archive cannot be read: {error}") from error


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    declared = member.file_size
    if not member.filename.endswith(".bin") and declared > MOST_TEXT:
        raise InvalidImageError(f"{member.filename} inflates to {declared} bytes")
    # zipfile would stop at the size that is declared; Java goes on to the data's end.
    left = member.file_size = declared + 1
    with archive.open(member) as content:
        while left and (piece := content.read(min(left, PIECE))):
            left -= len(piece)
    if left != 1:
        raise InvalidImageError(f"{member.filename} is of another size than it declares")
