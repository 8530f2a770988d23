"""Top-level domains of other roots than ICANN's, read from ``alternative_roots.txt``."""

from __future__ import annotations

import functools

from airflow_provider_devo_dga.features.suffix_policy import data_lines


@functools.cache
def alternative_roots() -> tuple[str, ...]:
    """Return them, sorted: ``bazar``, ``bit`` …"""
    return tuple(sorted(name for _, names in data_lines("alternative_roots.txt") for name in names))
