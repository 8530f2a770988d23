"""Where the repository and the package lie, and the pages of the docs."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = "airflow_provider_devo_dga"


def pages() -> list[Path]:
    """Return every page of the docs and the top-level pages."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
