"""How far the memory of this process rises: the system keeps the peak."""

from __future__ import annotations

from pathlib import Path

MEGABYTE = 1_000_000


class Rise:
    """Begins now: the resident memory of this moment is the baseline, and the peak starts anew."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")
        self._baseline = _resident("VmRSS")

    def megabytes(self) -> float:
        """Return the peak since then, over the baseline."""
        return (_resident("VmHWM") - self._baseline) / MEGABYTE


def _resident(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith(f"{name}:"))) * 1024
