"""Temporary folders that do not outlive their process for long, however it dies."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "devo-dga-scratch-"
_LOCK = ".lock"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a temporary folder that goes with the block; folders of processes that were killed go first.

    Whoever uses a folder holds a lock in it, which the kernel gives back when the process dies.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write("locked")
            lock.flush()
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        # in use, another user's, or gone meanwhile
        with contextlib.suppress(OSError), lock.open("r+") as opened:
            if not lock.read_text():
                # made a moment ago, and not locked yet
                continue
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)
