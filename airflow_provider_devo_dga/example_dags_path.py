"""Where the example Dags lie: in the wheel beside this file, in a checkout at the top level."""

from __future__ import annotations

from pathlib import Path


def example_dags_path() -> Path:
    """Return the folder of the example Dags.

    :raises FileNotFoundError: an installation without them.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "example_dags", package.parent / "dags"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("The example Dags are not installed; install the wheel or use a checkout")
