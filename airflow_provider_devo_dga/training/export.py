"""Hand a trained model out as a MOJO that carries its threshold, and hold the file to what was trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.errors import MojoExportError
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.models.mojo import MojoInfo, inspect_mojo
from airflow_provider_devo_dga.training.frames import LEVELS

if TYPE_CHECKING:
    from h2o.estimators import H2OGradientBoostingEstimator


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
