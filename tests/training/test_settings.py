"""Settings that cannot make a model are refused before anything is sent, each by its name."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_devo_dga.errors import TrainingParameterError
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.training.settings import TrainingSettings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model_id": "../../etc/passwd"}, "not a usable model name"),
        ({"ratios": ()}, "ratios must be"),
        ({"ratios": (1.0,)}, "ratios must be"),
        ({"ratios": (0.5, 0.5)}, "ratios must be"),
        ({"ratios": (0.5, -0.1)}, "ratios must be"),
        ({"ratios": (0.5, 0.2, 0.1)}, "ratios must be"),
        ({"ratios": 0.8}, "ratios must be"),
        ({"false_positive_budget": 0.0}, "budget must lie between 0 and 1, not 0.0"),
        ({"false_positive_budget": 1.0}, "budget must lie between 0 and 1, not 1.0"),
        ({"strict_false_positive_budget": 0.01}, "between 0 and 0.01, the other one"),
        ({"strict_false_positive_budget": 0.0}, "between 0 and 0.01, the other one"),
    ],
)
def test_what_cannot_be_trained_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(TrainingParameterError, match=words):
        TrainingSettings(feature_set=TUTORIAL_FEATURES, **changes).check()


@pytest.mark.parametrize("changes", [{}, {"ratios": [0.6, 0.2]}, {"strict_false_positive_budget": 0.001}])
def test_what_can_be_trained_is_not(changes: dict[str, Any]) -> None:
    TrainingSettings(feature_set=TUTORIAL_FEATURES, **changes).check()
