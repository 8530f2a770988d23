"""The line of the log that a task ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the last line that an operator has logged: Airflow's logger writes to standard output."""
    return [line for line in capsys.readouterr().out.splitlines() if "[airflow.task." in line][-1]
