"""The feature set of a trained model, as it lies in the summary beside the model file."""

from __future__ import annotations

import json
from typing import Any

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.storage import ReadablePath


def stored_feature_set(summary: ReadablePath) -> FeatureSet:
    """Return the feature set that a training stored, with all that it learned.

    :param summary: the JSON file that ``H2OTrainOperator`` leaves beside the MOJO.
    :raises FeatureError: when there is no such file, or no whole and unchanged feature set in it.
    """
    try:
        with summary.open("rb") as file:
            stored: Any = json.loads(file.read())
    except FileNotFoundError:
        raise FeatureError(
            f"There is no summary of the model at {summary}, which says what its features mean;"
            " bring the file back, or train the model again"
        ) from None
    except ValueError as error:
        raise FeatureError(f"The summary of the model at {summary} is no JSON: {error}") from None
    if not isinstance(stored, dict) or not isinstance(stored.get("feature_set"), dict):
        raise FeatureError(
            f"The summary of the model at {summary} holds no feature set; train the model again"
        )
    return FeatureSet.from_dict(stored["feature_set"])
