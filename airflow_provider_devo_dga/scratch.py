"""Temporary folders that do not outlive their process for long, however it dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "devo-dga-scratch-"
# a link in a public folder may lead anywhere
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a temporary folder that goes with the block; folders of processes that were killed go first.

    Whoever uses a folder holds a lock on it, which the kernel gives back when the process dies. Where the
    file system has no locks, what a killed process leaves stays.
    """
    _sweep()
    folder, lock = _made()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _made() -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        # another's sweep may come before the lock, and take the folder
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(folder, _FOLDER)
            with contextlib.suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _sweep() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # in use, another user's, or gone meanwhile
        with contextlib.suppress(OSError):
            lock = os.open(folder, _FOLDER)
            try:
                if os.fstat(lock).st_uid == os.getuid():
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
