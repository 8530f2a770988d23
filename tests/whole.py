"""``python -m tests.whole`` runs both parts of the tests side by side, and tells of both.

Those of ``tests/e2e/`` mostly wait for Airflow, so the others take the processor meanwhile. What the former
print is kept in ``build/e2e.log`` and comes at the end. Arguments are handed to the others.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

LOG = Path("build/e2e.log")
PYTEST = [sys.executable, "-m", "pytest"]
# Several processes, each with whole files: what a file shares is made once.
REST = [*PYTEST, "-m", "not e2e", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]


def main(arguments: list[str]) -> int:
    """Return 0 only if both parts passed; one that fails does not end the other."""
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("wb") as log:
        e2e = subprocess.Popen([*PYTEST, "-m", "e2e"], stdout=log, stderr=subprocess.STDOUT)
        rest = subprocess.Popen([*REST, *arguments])
        # Ctrl-C reaches all three; the parts end what they have started, and we wait for that
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        codes = [rest.wait(), e2e.wait()]
    sys.stdout.write(LOG.read_text(encoding="utf-8", errors="replace"))
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
