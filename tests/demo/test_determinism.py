"""Bytes must not depend on the process: sets of text iterate differently under every hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.dataset import write_dataset
from demo.events import write_events


def write_both(folder: Path) -> None:
    write_dataset(folder / "dataset.csv", legit=1_000, dga_per_family=5)
    write_events(folder / "hour.ndjson", datetime(2026, 1, 1, tzinfo=UTC), events=2_000)


@pytest.mark.slow
def test_another_hash_seed_writes_the_same_bytes(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    write_both(here)
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    subprocess.run([sys.executable, __file__, str(there)], check=True, env=environment)
    for name in ("dataset.csv", "hour.ndjson"):
        assert (here / name).read_bytes() == (there / name).read_bytes()


if __name__ == "__main__":
    write_both(Path(sys.argv[1]))
