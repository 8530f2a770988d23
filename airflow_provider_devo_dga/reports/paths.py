"""What reading rows and writing reports ask of a path: ``pathlib.Path`` and object storage both have it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import IO, Any, Literal, Protocol, Self


class ReadablePath(Protocol):
    """A file that can be opened for reading bytes."""

    def open(self, mode: Literal["rb"], /) -> AbstractContextManager[IO[bytes]]:
        """Open the file."""


class ReportPath(Protocol):
    """A directory to write reports into, or a file in it."""

    @property
    def name(self) -> str:
        """Last part of the path."""

    def __truediv__(self, name: str, /) -> Self:
        """Name a file in the directory."""

    def open(self, mode: Literal["wb"], /) -> AbstractContextManager[Any]:
        """Open the file for writing bytes."""

    def mkdir(self, *, parents: bool, exist_ok: bool) -> None:
        """Make the directory."""

    def rename(self, target: Self, /) -> object:
        """Rename over ``target``."""

    def unlink(self, missing_ok: bool, /) -> None:
        """Remove the file."""
