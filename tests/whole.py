"""``python -m tests.whole`` runs both parts of the tests side by side, and tells of both.

Those of ``tests/e2e/`` mostly wait for Airflow, so the others take the processor meanwhile. What the former
print is kept in ``build/e2e.log`` and comes at the end, and after it what failed in either part: whoever
sees only the last lines sees that. Arguments are handed to the others.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

LOG = Path("build/e2e.log")
PARTS = {"the rest": Path("build/rest.xml"), "end to end": Path("build/e2e.xml")}
PYTEST = [sys.executable, "-m", "pytest"]
# More processes than cores, since many tests wait. Each takes whole files: what those share is made once.
REST = ["-m", "not e2e", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
# Lines of a failure that are repeated at the end; pytest puts the cause last.
TOLD = 12


def main(arguments: list[str]) -> int:
    """Return 0 only if both parts passed; one that fails does not end the other."""
    LOG.parent.mkdir(exist_ok=True)
    for record in PARTS.values():
        record.unlink(missing_ok=True)
    with LOG.open("wb") as log:
        e2e = subprocess.Popen(
            [*PYTEST, "-m", "e2e", f"--junitxml={PARTS['end to end']}"], stdout=log, stderr=subprocess.STDOUT
        )
        rest = subprocess.Popen([*PYTEST, *REST, f"--junitxml={PARTS['the rest']}", *arguments])
        # Ctrl-C reaches all three; the parts end what they have started, and we wait for that
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        codes = [rest.wait(), e2e.wait()]
    sys.stdout.write(LOG.read_text(encoding="utf-8", errors="replace"))
    for part, record in PARTS.items():
        sys.stdout.writelines(_told(part, record))
    return int(any(codes))


def _told(part: str, record: Path) -> Iterator[str]:
    """Yield what a part's JUnit record says, the failures with their last lines."""
    if not record.exists():
        yield f"{part}: ended without a record\n"
        return
    root = ET.parse(record).getroot()  # noqa: S314  (pytest wrote it a moment ago)
    for case in root.iter("testcase"):
        for fault in (*case.findall("failure"), *case.findall("error")):
            yield f"\n{part}: {case.get('classname')}::{case.get('name')}\n"
            yield from (f"    {line}\n" for line in (fault.text or "").splitlines()[-TOLD:])
    for suite in root.iter("testsuite"):
        yield (
            f"{part}: {suite.get('tests')} tests, {suite.get('failures')} failed, "
            f"{suite.get('errors')} errors, {suite.get('skipped')} skipped, "
            f"{float(suite.get('time', '0')):.0f} s\n"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
