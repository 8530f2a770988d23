"""What each cell of the fault matrix came to, and the table of it at the end of a run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

import pytest

FOLDER = pytest.StashKey[str]()


@dataclass(frozen=True)
class Cell:
    """One case that ran, and what came of it.

    :param row: the contract's row, for the table's order.
    :param lasts: whether the fault struck every request, or only the first.
    """

    table: str
    row: str
    fault: str
    caller: str
    lasts: bool
    outcome: str
    requests: int


class Ledger:
    """Keeps cells in a folder that all workers of a run share: one file a cell, written whole."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def note(self, cell: Cell) -> None:
        """Keep a cell."""
        file = self.folder / uuid4().hex
        file.with_suffix(".json").write_text(json.dumps(asdict(cell)), encoding="utf-8")

    def cells(self) -> list[Cell]:
        """Return the cells of all workers."""
        return [Cell(**json.loads(file.read_text(encoding="utf-8"))) for file in self.folder.glob("*.json")]


def tables(cells: Iterable[Cell]) -> str:
    """Return the cells as Markdown tables: a fault each row, a caller each column."""
    kept = [*cells]
    return "\n\n".join(
        _table([cell for cell in kept if cell.table == name])
        for name in sorted({cell.table for cell in kept})
    )


def _table(cells: list[Cell]) -> str:
    callers = sorted({cell.caller for cell in cells})
    faults = sorted({(cell.row, cell.fault) for cell in cells}, key=_order)
    lines = ["| row | fault | " + " | ".join(callers) + " |", "|" + " --- |" * (len(callers) + 2)]
    for row, fault in faults:
        here = [cell for cell in cells if (cell.row, cell.fault) == (row, fault)]
        told = [_told([cell for cell in here if cell.caller == caller]) for caller in callers]
        lines.append(f"| {row} | `{fault}` | " + " | ".join(told) + " |")
    return "\n".join(lines)


def _told(cells: list[Cell]) -> str:
    """Say what came while the fault lasted, then what came when it passed, each with its requests."""
    parts = [
        f"{_short(cell.outcome)} ×{cell.requests}" for cell in sorted(cells, key=lambda cell: not cell.lasts)
    ]
    return " → ".join(parts) or "–"


def _short(outcome: str) -> str:
    return outcome.removeprefix("Devo").removesuffix("Error")


def _order(key: tuple[str, str]) -> tuple[int, str, str]:
    row, fault = key
    digits = "".join(character for character in row.split(",")[0] if character.isdigit())
    return int(digits or 0), row, fault


def save(text: str, root: Path) -> Path:
    """Write the table of this run below ``build``, and return the file."""
    file = root / "build" / "fault-matrix.md"
    file.parent.mkdir(exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(file)
    return file
