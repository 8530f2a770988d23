"""The files of uploaded models. They stay: no client can delete one, and a query may still use it."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

FIRST = 41


@dataclass(frozen=True, slots=True)
class Image:
    """An uploaded file that its engine could read."""

    number: int
    engine: str
    path: Path
    size: int


class Images:
    """Every image, by its number.

    :param directory: where they last; None keeps them in a temporary directory.
    """

    def __init__(self, directory: Path | None) -> None:
        self._temporary = None if directory else tempfile.TemporaryDirectory(prefix="devo-sandbox-models-")
        self._directory = directory or Path(self._temporary.name if self._temporary else "")
        self._directory.mkdir(parents=True, exist_ok=True)
        for left in self._directory.glob("*.partial"):
            left.unlink()
        self._lock = threading.Lock()
        self._images = {image.number: image for image in map(_image, self._directory.glob("[0-9]*.*"))}

    def add(self, source: BinaryIO, engine: str, check: Callable[[Path], object]) -> Image:
        """Keep what ``source`` holds, if ``check`` raises nothing."""
        partial = self._directory / f"{secrets.token_hex(8)}.partial"
        try:
            with partial.open("wb") as file:
                shutil.copyfileobj(source, file, 1024 * 1024)
                synced(file)
            check(partial)
            with self._lock:
                number = max(self._images, default=FIRST - 1) + 1
                image = Image(
                    number, engine, self._directory / f"{number}.{engine.lower()}", partial.stat().st_size
                )
                moved(partial, image.path)
                self._images[number] = image
        finally:
            partial.unlink(missing_ok=True)
        return image

    def __getitem__(self, number: int) -> Image:
        return self._images[number]

    def all(self) -> list[Image]:
        """Return every image, oldest first."""
        return [self._images[number] for number in sorted(self._images)]

    def close(self) -> None:
        """Remove what was only temporary."""
        if self._temporary:
            self._temporary.cleanup()


def synced(file: BinaryIO) -> None:
    """Have what was written to a file reach the disk."""
    file.flush()
    os.fsync(file.fileno())


def moved(source: Path, target: Path) -> None:
    """Put a file in its place as a whole, and have the place reach the disk."""
    source.replace(target)
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _image(path: Path) -> Image:
    return Image(int(path.stem), path.suffix[1:].upper(), path, path.stat().st_size)
