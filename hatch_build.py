"""Metadata that depend on where the repository lies: its addresses, and a README whose links work elsewhere.

The host that builds a release says where that is. Built anywhere else, nothing is claimed: there are no
addresses, and of links into the repository only their words stay.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# [words](target) and ![words](target) whose target is no address; words may hold links of their own
RELATIVE = re.compile(r"(?P<image>!?)\[(?P<words>[^\]\[]*)\]\((?!\w+:)(?P<target>[^)\s]+)\)")


def repository() -> str | None:
    """Return the repository's address, as GitHub's runners tell it."""
    server, name = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    return f"{server}/{name}" if server and name else None


def urls(address: str, tag: str) -> dict[str, str]:
    """Return what `[project.urls]` says."""
    return {
        "Documentation": f"{address}/blob/{tag}/docs/index.md",
        "Changelog": f"{address}/blob/{tag}/CHANGELOG.md",
        "Issues": f"{address}/issues",
        "Source": address,
    }


def elsewhere(readme: str, address: str | None, tag: str) -> str:
    """Return the README with links that lead to the repository as it was at a tag, or without them."""

    def link(found: re.Match[str]) -> str:
        image, words, target = found["image"], found["words"], found["target"]
        if target.startswith("#"):
            return found[0]
        if address is None:
            return "" if image else words
        return f"{image}[{words}]({address}/{'raw' if image else 'blob'}/{tag}/{target})"

    return RELATIVE.sub(link, readme)


class RepositoryHook(MetadataHookInterface):
    """Fill `readme` and `urls`, which pyproject.toml names as dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        address, tag = repository(), f"v{metadata['version']}"
        readme = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": elsewhere(readme, address, tag)}
        metadata["urls"] = urls(address, tag) if address else {}
