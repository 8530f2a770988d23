"""Hand a trained model out as a MOJO that carries its threshold, where this H2O client may. Respects that."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.errors import MojoExportError
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.models.java import REMEDY
from airflow_provider_devo_dga.models.mojo import MojoInfo, inspect_mojo
from airflow_provider_devo_dga.training.frames import LEVELS

if TYPE_CHECKING:
    from h2o.estimators import H2OGradientBoostingEstimator


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


def export_mojo(
    model: H2OGradientBoostingEstimator, features: FeatureSet, threshold: float, target: Path
) -> MojoInfo:
    """Leave the model as a MOJO with this threshold, whole or not at all.

    :raises MojoExportError: the file does not say the columns, the classes and the threshold of the model.
    """
    from h2o.utils.model_utils import reset_model_threshold

    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    try:
        reset_model_threshold(model, threshold)
        model.download_mojo(str(partial))
        info = inspect_mojo(partial)
        expected = (features.names, LEVELS, threshold)
        found = (info.columns, info.response_domain, info.default_threshold)
        if found != expected:
            raise MojoExportError(
                f"The exported MOJO is not the model that was trained: {found}, not {expected}"
            )
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return info


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
