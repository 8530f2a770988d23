"""Sort more lines than fit into memory: sorted runs in temporary files, merged as they are read."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Self

RUN_LINES = 200_000
"""Lines held in memory, about 20 MB; ten million give fifty files."""


class SortedRows:
    """Lines that come out in order of their code points, whatever order they went in.

    Use it in a ``with`` block: the temporary files go with it.

    :param folder: where the runs lie; takes as much as all lines together.
    :param run_lines: lines held in memory at most; None for ``RUN_LINES``.
    """

    def __init__(self, folder: Path, *, run_lines: int | None = None) -> None:
        self.folder = folder
        self.run_lines = run_lines or RUN_LINES
        self._held: list[str] = []
        self._runs: list[IO[str]] = []
        self._files = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def add(self, line: str) -> None:
        """Take one line that ends with a line feed and has no other."""
        self._held.append(line)
        if len(self._held) >= self.run_lines:
            self._spill()

    def __iter__(self) -> Iterator[str]:
        """Yield every line taken so far; add none after that."""
        for run in self._runs:
            run.seek(0)
        self._held.sort()
        return heapq.merge(*self._runs, self._held)

    def _spill(self) -> None:
        self._held.sort()
        # newline: a line ends with a line feed only, nothing is translated
        file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=self.folder)  # noqa: SIM115
        run = self._files.enter_context(file)
        run.writelines(self._held)
        self._runs.append(run)
        self._held.clear()
