"""Text of any encoding as pieces of whole lines in UTF-8, each with the number of its first line."""

from __future__ import annotations

import codecs
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from airflow_provider_devo_dga.errors import DatasetError

SAMPLE = 1 << 20
PIECE = 1 << 20

_DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Piece(NamedTuple):
    """Whole lines.

    :param first: number of the first of them, from 1.
    :param content: UTF-8, or bytes that are no text; each line ends with a line feed alone.
    """

    first: int
    content: bytes


class Text:
    """A stream of bytes as lines.

    :param stream: decompressed; ``head`` are its first bytes.
    :raises DatasetError: the compression is damaged.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.line = 0
        self.head = self._read(SAMPLE)
        self.encoding, self._start = _encoding(self.head)
        self._old_mac = b"\r" in self.head and b"\n" not in self.head

    def beginning(self) -> bytes:
        """Return what the first bytes are in UTF-8."""
        told = self.head[self._start :]
        return told if self.encoding == "utf-8" else told.decode(self.encoding, "replace").encode()

    def pieces(self) -> Iterator[Piece]:
        """Yield all lines, the first piece from the bytes of ``head`` alone.

        :raises DatasetError: a line that is longer than a megabyte, or damage, with the line it is behind.
        """
        rest = b""
        for part in self.chunks():
            end = part.rfind(b"\n") + 1
            if end:
                yield self._piece(rest + part[:end])
                rest = part[end:]
            else:
                rest += part
            if len(rest) > SAMPLE:
                raise DatasetError(
                    f"Line {self.line + 1} is longer than a megabyte: this is no text of lines"
                )
        if rest:
            yield self._piece(rest + b"\n")

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes in UTF-8, in megabytes that end anywhere; in place of ``pieces``.

        :raises DatasetError: damage.
        """
        decoder = None if self.encoding == "utf-8" else codecs.getincrementaldecoder(self.encoding)("replace")
        raw = self.head[self._start :]
        while raw:
            part = decoder.decode(raw).encode() if decoder else raw
            yield part.replace(b"\r", b"\n") if self._old_mac else part
            raw = self._read(PIECE)

    def _piece(self, content: bytes) -> Piece:
        if b"\r" in content:
            content = content.replace(b"\r\n", b"\n")
        piece = Piece(self.line + 1, content)
        self.line += content.count(b"\n")
        return piece

    def _read(self, size: int) -> bytes:
        """Read so many bytes, fewer only at the end."""
        parts, missing = [], size
        try:
            while missing and (part := self._stream.read(missing)):
                parts.append(part)
                missing -= len(part)
        except _DAMAGE as error:
            raise DatasetError(
                f"The dataset is damaged or truncated behind line {self.line}: {error}"
            ) from error
        return b"".join(parts)


def _encoding(head: bytes) -> tuple[str, int]:
    """Return the encoding and where the text begins; in UTF-16 every ASCII letter has a zero."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark)
    start = head[:2000]
    if len(start) > 3 and start[1::2].count(0) > 0.9 * len(start[1::2]):
        return "utf-16-le", 0
    if len(start) > 3 and start[::2].count(0) > 0.9 * len(start[::2]):
        return "utf-16-be", 0
    return "utf-8", 0
