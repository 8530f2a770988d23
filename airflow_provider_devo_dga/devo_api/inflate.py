"""Undo the content coding of an answer, and notice when the coding has not come to its end.

A coding never proves that an answer is whole: whoever cuts an answer may code what is left anew. But a coding
that has not ended proves that it is not. We ask for gzip, whose members carry checksum and length; what else
a server sends unasked is read only where its end can be told.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from airflow_provider_devo_dga.errors import DevoIncompleteError, DevoResultError

ACCEPTED = "gzip"
"""What requests ask for."""

_PIECE = 1024 * 1024
_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""zlib's number for each format: gzip with its checksum, deflate in its zlib wrapper, which has one too."""


class Inflater:
    """Takes the bytes of one answer as they come off the wire; gives them as they were before the coding.

    :param coding: the answer's ``Content-Encoding``; empty or ``identity`` for none.
    :raises DevoResultError: a coding whose end cannot be told, or several of them.
    """

    def __init__(self, coding: str) -> None:
        self.coding = coding.strip().lower()
        if self.coding not in {"", "identity", *_WINDOW}:
            raise DevoResultError(
                f"The answer is coded as {coding[:40]!r}, which was not asked for; a proxy may do that."
                " Let it pass Devo's answers on as they are"
            )
        self._member: zlib._Decompress | None = None
        self._began = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what ``chunk`` holds, in pieces of 1 MB at most: small answers may inflate to large ones.

        :raises DevoIncompleteError: the coding is damaged.
        """
        if self.coding not in _WINDOW:
            yield chunk
            return
        while chunk:
            if self._member is None:
                if self._began and not (chunk := chunk.lstrip(b"\0")):
                    return  # RFC 1952 lets padding of zeros follow; every reader passes over it
                self._member = zlib.decompressobj(_WINDOW[self.coding])
                self._began = True
            yield from self._inflated(self._member, chunk)
            chunk = self._member.unused_data
            if self._member.eof:
                self._member = None
            elif not chunk:
                return

    def _inflated(self, member: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
        try:
            while chunk and not member.eof:
                if piece := member.decompress(chunk, _PIECE):
                    yield piece
                chunk = member.unconsumed_tail
            # what fills a whole piece may leave more behind
            while not member.eof and (piece := member.decompress(b"", _PIECE)):
                yield piece
        except zlib.error as error:
            raise DevoIncompleteError(
                f"Devo's answer is damaged ({self.coding}: {error}); read the whole window again"
            ) from None

    def close(self) -> None:
        """End the answer.

        :raises DevoIncompleteError: the coding had not come to its end.
        """
        if self.coding in _WINDOW and (self._member is not None or not self._began):
            raise DevoIncompleteError(
                f"Devo's answer ended in the middle of its {self.coding} coding; read the whole window again"
            )
