"""Open a dataset as a stream of plain bytes: from HTTP(S) or any path, compressed or not."""

from __future__ import annotations

import bz2
import gzip
import logging
import lzma
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import BinaryIO, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit

from airflow_provider_devo_dga.errors import DatasetError, TrainingError
from airflow_provider_devo_dga.redaction import heard, shown_uri
from airflow_provider_devo_dga.storage import StoragePath

_CHUNK = 1 << 20
_LONGEST_MAGIC = 6
_ENCRYPTED = 1
_ZIP = b"PK\x03\x04", b"PK\x05\x06"
_SILENCE_SECONDS, _CONNECT_SECONDS = 60.0, 15.0
# what file managers of macOS and Windows put beside the file that was meant
_NOT_MEANT = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\._.*|\.DS_Store|Thumbs\.db|desktop\.ini)")

Source = TypeVar("Source")


class Part(NamedTuple):
    """A file, or one of several in an archive.

    :param name: within an archive of several; empty for all else.
    :param stream: its bytes, decompressed; open until the next part is asked for.
    """

    name: str
    stream: BinaryIO


Opened = tuple[Source, Callable[[], AbstractContextManager[Iterator[Part]]]]
"""A source and how to open it."""


@contextmanager
def open_dataset(source: str | StoragePath) -> Iterator[Iterator[Part]]:
    """Yield its parts: one, decompressed from gzip, bzip2, xz or zstd, or each file of a zip in order.

    Compression is told by the first bytes, never by the name.

    :param source: ``http://`` or ``https://`` address, or an object with ``.open("rb")``.
    :raises DatasetError: when the source is absent, refused (its HTTP status is named), or not usable.
    :raises TrainingError: when the way to it failed or the server did (5xx): the same call may work later.
    """
    with ExitStack() as stack:
        raw = _download(source, stack) if isinstance(source, str) else _open_path(source, stack)
        head, raw = _peeked(raw, stack)
        if head.startswith(_ZIP):
            yield _members(_archive(raw, stack))
        else:
            yield iter([Part("", _decompressed(head, raw, stack))])


def _download(uri: str, stack: ExitStack) -> BinaryIO:
    import httpx

    if urlsplit(uri).scheme.lower() not in {"http", "https"}:
        raise DatasetError(f"{shown_uri(uri)!r} is not an http:// or https:// address; pass a path object")
    target = _temporary_file(stack)
    try:
        with (
            _silenced("httpx"),
            httpx.Client(
                timeout=httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS), follow_redirects=True
            ) as client,
            client.stream("GET", uri, headers={"Accept-Encoding": "identity"}) as answer,
        ):
            _check_status(answer.status_code, uri)
            for chunk in answer.iter_bytes(_CHUNK):
                target.write(chunk)
    # `from None`: the client's own messages may carry the whole address
    except httpx.InvalidURL:
        raise DatasetError(f"{shown_uri(uri)} is not a valid address") from None
    except httpx.HTTPError as error:
        raise TrainingError(f"Cannot download {shown_uri(uri)}: {type(error).__name__}") from None
    target.seek(0)
    return target


def _check_status(status: int, uri: str) -> None:
    if status >= 500 or status == 429:
        raise TrainingError(f"Cannot download {shown_uri(uri)}: HTTP {status}")
    if status != 200:
        raise DatasetError(f"Cannot download {shown_uri(uri)}: HTTP {status}")


def _open_path(source: StoragePath, stack: ExitStack) -> BinaryIO:
    try:
        stream = stack.enter_context(source.open("rb"))
    except OSError as error:
        raise DatasetError(
            f"Cannot open {shown_uri(str(source))}: {error.strerror or type(error).__name__}"
        ) from None
    return cast("BinaryIO", stream)


def _decompressed(head: bytes, raw: BinaryIO, stack: ExitStack) -> BinaryIO:
    if head.startswith(b"\x1f\x8b"):
        return cast("BinaryIO", stack.enter_context(gzip.GzipFile(fileobj=raw)))
    if head.startswith(b"BZh"):
        return cast("BinaryIO", stack.enter_context(bz2.BZ2File(raw)))
    if head.startswith(b"\xfd7zXZ\x00"):
        return cast("BinaryIO", stack.enter_context(lzma.LZMAFile(raw)))
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        import pyarrow as pa

        file = stack.enter_context(pa.PythonFile(raw, mode="r"))
        return cast("BinaryIO", stack.enter_context(pa.CompressedInputStream(file, "zstd")))
    return raw


def _peeked(raw: BinaryIO, stack: ExitStack) -> tuple[bytes, BinaryIO]:
    """Return the first bytes and a stream that starts with them again; a pipe is copied to a file first."""
    if not raw.seekable():
        copy = _temporary_file(stack)
        while chunk := raw.read(_CHUNK):
            copy.write(chunk)
        copy.seek(0)
        raw = copy
    head = raw.read(_LONGEST_MAGIC)
    raw.seek(0)
    return head, raw


def _archive(raw: BinaryIO, stack: ExitStack) -> zipfile.ZipFile:
    try:
        return stack.enter_context(zipfile.ZipFile(raw))
    except zipfile.BadZipFile as error:
        raise DatasetError(f"The dataset looks like a zip archive and is none: {error}") from None


def _members(archive: zipfile.ZipFile) -> Iterator[Part]:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not _NOT_MEANT.fullmatch(member.filename)
    ]
    if any(member.filename == "[Content_Types].xml" for member in members):
        raise DatasetError("This is an Excel workbook: save it as CSV (UTF-8) and give that")
    if not members:
        raise DatasetError("The zip archive holds no file")
    for member in members:
        name = member.filename if len(members) > 1 else ""
        if member.flag_bits & _ENCRYPTED:
            raise DatasetError(f"{heard(member.filename, 80)} of the zip archive is encrypted: unpack it")
        try:
            stream = archive.open(member)
        except (NotImplementedError, zipfile.BadZipFile) as error:  # an unknown method
            raise DatasetError(
                f"{heard(member.filename, 80)} of the zip archive cannot be read: {heard(error, 80)}"
            ) from None
        with stream:
            yield Part(name, cast("BinaryIO", stream))


def _temporary_file(stack: ExitStack) -> BinaryIO:
    return cast("BinaryIO", stack.enter_context(tempfile.TemporaryFile()))


@contextmanager
def _silenced(name: str) -> Iterator[None]:
    """Drop a logger's records meanwhile: httpx logs whole addresses, with the signatures in their queries."""
    logger = logging.getLogger(name)

    def refuse(_record: logging.LogRecord) -> bool:
        return False

    logger.addFilter(refuse)
    try:
        yield
    finally:
        logger.removeFilter(refuse)
