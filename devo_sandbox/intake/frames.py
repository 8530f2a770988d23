"""A stream of syslog cut into lines: by newline, by a count of bytes before a message, or zipped lines."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

LONGEST = 1 << 20
# So much is kept of a longer line.
KEPT = 4096
UNZIPPED_AT_ONCE = 1 << 20
ZIPPED_AT_ONCE = 1 << 16
GZIP = b"\x1f\x8b"
COUNTED = re.compile(rb"([0-9]{1,9}) <")
MAYBE_COUNTED = re.compile(rb"[0-9]{1,9} ?")


class BadFrameError(ValueError):
    """Bytes after which nothing can be told apart any more."""


class Frames:
    """Cuts what arrives; each line comes without its end. A line that is too long is cut, and begins with
    a blank so that it is taken for no message of syslog.

    :param zipped: whether gzip may stand between lines; not within gzip.
    """

    def __init__(self, *, zipped: bool = True) -> None:
        self._zipped = zipped
        self._buffer = b""
        self._place = 0
        # Bytes of a message that is too long, still to come; -1 until the next newline.
        self._skip = 0
        self._unzip: zlib._Decompress | None = None
        self._inner: Frames | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the lines that are whole with ``data``; all must be taken before more is fed.

        :raises BadFrameError: when gzip is broken.
        """
        self._buffer = self._buffer[self._place :] + data
        self._place = 0
        while self._place < len(self._buffer):
            before = self._place
            yield from self._next()
            if self._place == before:
                return

    def end(self) -> Iterator[bytes]:
        """Yield what the end of the stream makes whole.

        :raises BadFrameError: when it ends within gzip.
        """
        if self._unzip is not None:
            raise BadFrameError("the stream ends within gzip")
        if self._place < len(self._buffer) and self._skip == 0:
            yield self._buffer[self._place :]
        self._buffer, self._place = b"", 0

    def _next(self) -> Iterator[bytes]:
        if self._skip:
            self._pass_over()
        elif self._zipped and (self._unzip or self._buffer.startswith(GZIP, self._place)):
            yield from self._unzipped()
        elif found := COUNTED.match(self._buffer, self._place):
            yield from self._counted(int(found[1]), found.end() - 1)
        elif not self._may_grow():
            yield from self._line()

    def _may_grow(self) -> bool:
        """Tell whether too little is here to know what it is."""
        rest = self._buffer[self._place : self._place + 12]
        return rest == GZIP[:1] or bool(len(rest) < 12 and MAYBE_COUNTED.fullmatch(rest))

    def _line(self) -> Iterator[bytes]:
        end = self._buffer.find(b"\n", self._place)
        if end >= 0 and end - self._place <= LONGEST:
            line = self._buffer[self._place : end]
            self._place = end + 1
            yield line
        elif end >= 0 or len(self._buffer) - self._place > LONGEST:
            yield b" " + self._buffer[self._place : self._place + KEPT]
            self._place += KEPT
            self._skip = -1

    def _counted(self, count: int, start: int) -> Iterator[bytes]:
        if count > LONGEST:
            yield b" " + self._buffer[start : start + min(KEPT, count)]
            self._place, self._skip = start, count
        elif len(self._buffer) >= start + count:
            self._place = start + count
            yield self._buffer[start : start + count].removesuffix(b"\n")

    def _pass_over(self) -> None:
        if self._skip > 0:
            passed = min(self._skip, len(self._buffer) - self._place)
            self._place += passed
            self._skip -= passed
            return
        end = self._buffer.find(b"\n", self._place)
        self._place = len(self._buffer) if end < 0 else end + 1
        self._skip = 0 if end >= 0 else -1

    def _unzipped(self) -> Iterator[bytes]:
        unzip = self._unzip = self._unzip or zlib.decompressobj(31)
        inner = self._inner = self._inner or Frames(zipped=False)
        data = self._buffer[self._place : self._place + ZIPPED_AT_ONCE]
        self._place += len(data)
        try:
            while data and not unzip.eof:
                yield from inner.feed(unzip.decompress(data, UNZIPPED_AT_ONCE))
                data = unzip.unconsumed_tail
        except zlib.error as error:
            raise BadFrameError(f"gzip: {error}") from error
        if unzip.eof:
            self._place -= len(unzip.unused_data)
            self._unzip = self._inner = None
            yield from inner.end()
