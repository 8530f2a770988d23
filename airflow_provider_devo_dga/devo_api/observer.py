"""Who is told what reading from Devo costs."""

from __future__ import annotations


class Observer:
    """Takes the figures of queries; this one forgets them."""

    def answered(self, rows: int, size: int, seconds: float) -> None:
        """Take a whole answer.

        :param size: bytes of the answer, decompressed.
        :param seconds: from the request to the last row, with what the reader did to the rows meanwhile.
        """

    def asks_again(self) -> None:
        """Take a further attempt at a question."""
