"""Where files go, and how: whole, so that nobody sees half of one; a failed writer leaves nothing behind."""

from __future__ import annotations

import logging
import os
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, Self

from airflow_provider_devo_dga.errors import StorageError
from airflow_provider_devo_dga.redaction import heard, shown_uri

log = logging.getLogger(__name__)

_PART = ".part"
_STORE = "DEVO_DGA_STORE"
_CHUNK = 1 << 18


class StoragePath(Protocol):
    """What is asked of a path; ``pathlib.Path`` and Airflow's ``ObjectStoragePath`` both have it."""

    @property
    def name(self) -> str: ...

    @property
    def parent(self) -> Self: ...

    def __truediv__(self, name: str, /) -> Self: ...

    def with_name(self, name: str, /) -> Self: ...

    def open(self, mode: Any, /) -> AbstractContextManager[Any]: ...

    def read_bytes(self) -> bytes: ...

    def is_file(self) -> bool: ...

    def mkdir(self, *, parents: bool, exist_ok: bool) -> None: ...

    def rename(self, target: Self, /) -> object: ...

    def unlink(self, missing_ok: bool, /) -> None: ...

    def iterdir(self) -> Iterator[Self]: ...


def default_store() -> str:
    """Return the folder of everything: ``DEVO_DGA_STORE``, else one of ours in the temporary folder.

    The latter is made here, so that on a shared machine nobody else can make it first and own what is in it.

    :raises StorageError: somebody did: it is a link, another user's, or others may write to it.
    """
    if told := os.environ.get(_STORE):
        return told
    folder = Path(tempfile.gettempdir(), "devo-dga").absolute()
    try:
        folder.mkdir(mode=0o700, exist_ok=False)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise StorageError(
                f"{folder} is not a folder of this user alone ({stat.filemode(found.st_mode)}, owner"
                f" {_user(found.st_uid)}), so it cannot keep models and reports: set {_STORE} to a folder or"
                " bucket, or have the owner remove it or take the others' right to write"
            ) from None
    except OSError as error:
        raise StorageError(f"Cannot make {folder}: {error.strerror}. Set {_STORE} to a folder") from None
    return f"file://{folder}"


@contextmanager
def publish(target: StoragePath, owner: str = "") -> Iterator[IO[bytes]]:
    """Yield a binary file that becomes ``target`` when the block ends without an error.

    It is written beside ``target`` and renamed over it: atomic on file systems. Object stores copy whole
    objects, so readers there see the old object or the new one as well.

    :param owner: who writes, letters and digits; :func:`sweep` finds what was left unfinished by it.
    :raises StorageError: ``target`` is a folder; or the store does not let this be written, or lets it be
        written but not removed again: it then keeps the unfinished file, which the log names, and maybe the
        whole one.
    """
    if not target.name or ((local := local_folder(target)) is not None and local.is_dir()):
        raise StorageError(f"{shown_uri(str(target))} is a folder, where a file is to be written")
    part = target.with_name(f"{_beginning(target, owner)}{uuid.uuid4().hex[:8]}{_PART}")
    first: BaseException | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            try:
                yield file
            except BaseException as error:
                first = error
                raise
        part.rename(target)
    except BaseException as error:
        discard(part)
        if first is not None:
            raise first  # noqa: B904 - to close the file may have failed, too
        if isinstance(error, PermissionError):
            raise _refused(target, "write, and remove what is unfinished,", error) from error
        raise


def read(file: StoragePath) -> bytes | None:
    """Return the bytes of a file, None where there is none.

    :raises StorageError: the store does not let it be read.
    """
    try:
        with file.open("rb") as opened:
            content: bytes = opened.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except PermissionError as error:
        raise _refused(file, "read", error) from error
    return content


def remove(file: StoragePath) -> None:
    """Remove a file that may be there.

    :raises StorageError: the store does not let it be removed.
    """
    try:
        file.unlink(True)
    except PermissionError as error:
        raise _refused(file, "remove", error) from error


def discard(file: StoragePath) -> None:
    """Remove a file beside an error under way, which must not be hidden: a failure is told in the log."""
    try:
        file.unlink(True)
    except Exception as error:  # noqa: BLE001 - stores have errors of their own
        log.warning("%s is left, it cannot be removed: %s", shown_uri(str(file)), heard(error))


def sweep(target: StoragePath, owner: str) -> None:
    """Remove the unfinished files that a killed process of ``owner`` left beside ``target``.

    Should that process live after all, it cannot publish any more: its file is gone.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    beginning = _beginning(target, owner)
    for path in list(target.parent.iterdir()):
        if path.name.startswith(beginning) and path.name.endswith(_PART):
            remove(path)


def read_inside(folder: Any, name: str) -> bytes | None:
    """Return the bytes of a file below a folder; None where there is none, or a link leads out of the folder.

    :param folder: ``pathlib.Path`` or ``ObjectStoragePath``.
    :raises StorageError: the store does not let it be read.
    """
    return read(folder / name) if _is_inside(folder, name) else None


def chunks_inside(folder: Any, name: str) -> Iterator[bytes] | None:
    """Return the same in pieces, for files of any size.

    :raises StorageError: the store does not let it be read.
    """
    if not _is_inside(folder, name):
        return None
    try:
        opened = (folder / name).open("rb")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except PermissionError as error:
        raise _refused(folder / name, "read", error) from error
    return _chunks(opened)


def _chunks(opened: IO[bytes]) -> Iterator[bytes]:
    with opened:
        while chunk := opened.read(_CHUNK):
            yield chunk


def _is_inside(folder: Any, name: str) -> bool:
    if (root := local_folder(folder)) is None:
        return True
    file = Path(os.path.realpath(root / name))
    return file.is_relative_to(os.path.realpath(root)) and file.is_file()


def local_folder(folder: Any) -> Path | None:
    """Return a folder of this machine as a path; None for one of an object store."""
    from fsspec.implementations.local import LocalFileSystem

    if isinstance(folder, Path):
        return folder
    return Path(folder.path) if isinstance(folder.fs, LocalFileSystem) else None


def _user(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _refused(file: StoragePath, what: str, error: PermissionError) -> StorageError:
    return StorageError(
        f"The store does not let this process {what} at {shown_uri(str(file))} ({heard(error, 200)}); give"
        " its connection, or the worker's user, the rights to list, read, write and delete there"
    )


def _beginning(target: StoragePath, owner: str) -> str:
    return f".{target.name}.{owner}." if owner else f".{target.name}."
