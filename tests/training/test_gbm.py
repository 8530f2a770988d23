"""Parameters are checked before anything is started."""

from __future__ import annotations

import pytest

from airflow_provider_devo_dga.errors import TrainingError
from airflow_provider_devo_dga.training.gbm import DEFAULT_PARAMS, build_estimator, params_of


def test_defaults_are_laid_under_the_callers_values() -> None:
    estimator = build_estimator({"ntrees": 10, "learn_rate_annealing": 0.99}, key="k", seed=7)
    assert (estimator.ntrees, estimator.max_depth, estimator.learn_rate_annealing) == (10, 7, 0.99)
    assert (estimator.seed, estimator.distribution) == (7, "bernoulli")
    assert estimator.col_sample_rate == DEFAULT_PARAMS["col_sample_rate"]


def test_the_directions_of_features_are_constraints_that_a_caller_may_drop() -> None:
    directions = {"bigram_odds": -1}
    assert build_estimator(None, key="k", seed=1, directions=directions).monotone_constraints == directions
    for dropped in ({}, None):
        params = {"monotone_constraints": dropped}
        assert not build_estimator(params, key="k", seed=1, directions=directions).monotone_constraints
    assert "monotone_constraints" not in params_of({}, {})


def test_an_unknown_parameter_is_named_with_what_was_meant() -> None:
    with pytest.raises(TrainingError, match=r"no parameter 'n_trees'; did you mean ntrees"):
        build_estimator({"n_trees": 10}, key="k", seed=1)


@pytest.mark.parametrize(
    "name", ["model_id", "training_frame", "seed", "distribution", "ignore_const_cols", "self"]
)
def test_what_the_training_sets_itself_is_refused(name: str) -> None:
    with pytest.raises(TrainingError, match=f"{name!r} is set by the training itself"):
        build_estimator({name: 1}, key="k", seed=1)


def test_a_value_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(TrainingError, match="ntrees"):
        build_estimator({"ntrees": "many"}, key="k", seed=1)
