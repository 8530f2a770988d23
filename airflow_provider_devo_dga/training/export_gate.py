"""Know before training whether this H2O client hands out MOJOs. Respects the answer."""

from __future__ import annotations

import re
from typing import Any

from airflow_provider_devo_dga.errors import MojoExportError
from airflow_provider_devo_dga.models.java import REMEDY

FIRST_GATED_VERSION = (3, 46, 0, 12)
_OPEN_PRODUCT = "h2o-3-oss"


def check_mojo_export() -> None:
    """Return when the installed H2O client exports MOJOs.

    From 3.46.0.12 on the open client calls a licence gate (module ``h2o.enterprise``) in ``download_mojo``.

    :raises MojoExportError: when ``h2o`` is absent, when ``download_mojo`` calls the gate, or when the client
        is an open build of a gated version.
    """
    try:
        import h2o
        from h2o.model.model_base import ModelBase
    except ImportError:
        raise MojoExportError(f"The package h2o is not installed. Run: {REMEDY}") from None
    version = str(h2o.__version__)
    if _calls_gate(ModelBase.download_mojo) or (_is_gated(version) and _product() == _OPEN_PRODUCT):
        raise MojoExportError(
            f"The open H2O client {version} does not export MOJOs without a licence. "
            f"Install an earlier one: pip install 'h2o>=3.46.0.10,<3.46.0.12', or use a licensed H2O-3 Secure"
        )


def _calls_gate(download: Any) -> bool:
    names = getattr(getattr(download, "__code__", None), "co_names", ())
    return "_enterprise" in names


def _is_gated(version: str) -> bool:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:4]) >= FIRST_GATED_VERSION


def _product() -> str:
    try:
        from h2o._product import _PRODUCT
    except ImportError:
        return _OPEN_PRODUCT
    return str(_PRODUCT)
