"""The bill of materials names this package, its licence and what is installed with it, in CycloneDX."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

import airflow_provider_devo_dga

# `make setup` gives it an environment of its own
TOOL = Path(sys.prefix) / "sbom" / "bin" / "cyclonedx-py"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not TOOL.exists(), reason="cyclonedx-bom is not set up")]
ROOT = Path(__file__).resolve().parents[2]


def bill(file: Path, check: str = "--validate") -> str:
    command = [
        str(TOOL),
        "environment",
        sys.executable,
        "--pyproject",
        str(ROOT / "pyproject.toml"),
    ]
    options = ["--mc-type", "library", "--output-reproducible", "--of", "JSON", check, "-o", str(file)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return file.read_text()


def test_the_bill_is_whole_and_the_same_each_time(tmp_path: Path) -> None:
    text = bill(tmp_path / "one.json")
    # the same text is as valid, and to say so takes the longest
    assert bill(tmp_path / "two.json", "--no-validate") == text
    found = json.loads(text)
    assert found["bomFormat"] == "CycloneDX"
    root = found["metadata"]["component"]
    assert (root["name"], root["version"]) == (
        "airflow-provider-devo-dga",
        airflow_provider_devo_dga.__version__,
    )
    assert root["licenses"][0]["license"]["id"] == "Apache-2.0"
    named = {normal(part["name"]): part["version"] for part in found["components"]}
    installed = {normal(entry.name): entry.version for entry in distributions()}
    for name in ("apache-airflow", "devo-sdk", "h2o", "mlflow-skinny"):
        assert named[name] == installed[name]
    [depends] = [entry["dependsOn"] for entry in found["dependencies"] if entry["ref"] == root["bom-ref"]]
    assert any(reference.startswith("devo-sdk==") for reference in depends)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
