"""``python -m tests.release v1.2.3`` says what keeps a tag from being released."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path


def faults(tag: str, repository: Path) -> Iterator[str]:
    """Yield what the tag says and the repository does not."""
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    version = project["version"]
    if tag != f"v{version}":
        yield f"The tag is {tag!r}, pyproject.toml says {version}: tag v{version}, or set the version first."
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        yield f"CHANGELOG.md has no dated heading: ## [{version}] - YYYY-MM-DD."


def main(tag: str, repository: Path) -> int:
    """Print the faults; return 1 if there are some."""
    found = list(faults(tag, repository))
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path.cwd()))
