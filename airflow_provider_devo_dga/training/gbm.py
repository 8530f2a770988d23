"""Parameters of the gradient boosting machine: the defaults, and what a caller may change."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.errors import TrainingParameterError

if TYPE_CHECKING:
    from h2o.estimators import H2OGradientBoostingEstimator

DEFAULT_PARAMS: dict[str, Any] = {
    "ntrees": 150,
    "max_depth": 7,
    "learn_rate": 0.1,
    "sample_rate": 0.8,
    "col_sample_rate": 0.7,
    "min_rows": 20,
}

_OURS = frozenset(
    {"self", "model_id", "training_frame", "validation_frame", "x", "y", "response_column", "ignored_columns"}
    | {
        "distribution",
        "seed",
        "ignore_const_cols",
        "nfolds",
        "fold_column",
        "checkpoint",
        "export_checkpoints_dir",
    }
)


def params_of(model_params: Mapping[str, Any], directions: Mapping[str, int]) -> dict[str, Any]:
    """Return all parameters: ``DEFAULT_PARAMS``, the features' directions, ``model_params`` over both.

    :param directions: of a feature set; ``model_params`` drops them with ``"monotone_constraints": {}``.
    """
    constraints = {"monotone_constraints": dict(directions)} if directions else {}
    return {**DEFAULT_PARAMS, **constraints, **model_params}


def build_estimator(
    model_params: Mapping[str, Any] | None,
    *,
    key: str,
    seed: int,
    directions: Mapping[str, int] = MappingProxyType({}),
) -> H2OGradientBoostingEstimator:
    """Return an untrained estimator with the parameters of :func:`params_of`.

    Needs no cluster, so that a wrong parameter fails before anything is started.

    :param key: key of the model on the cluster.
    :param directions: which way the score may go with more of a feature, by name.
    :raises TrainingError: for a parameter that H2O's GBM does not have, that ``train`` sets itself, or whose
        value has the wrong type.
    """
    from h2o.estimators import H2OGradientBoostingEstimator
    from h2o.exceptions import H2OTypeError, H2OValueError

    known = set(inspect.signature(H2OGradientBoostingEstimator.__init__).parameters) - _OURS
    for name in model_params or {}:
        if name not in known:
            raise TrainingParameterError(_unknown(name, known))
    params = params_of(model_params or {}, directions)
    try:
        return H2OGradientBoostingEstimator(
            model_id=key,
            seed=seed,
            distribution="bernoulli",
            # a feature that is constant here must stay a column: queries pass all of them, by position
            ignore_const_cols=False,
            **params,
        )
    except (H2OTypeError, H2OValueError) as error:
        raise TrainingParameterError(
            f"H2O's GBM refuses these parameters: {str(error).splitlines()[0]}"
        ) from None


def build_default_estimator(*, key: str, seed: int) -> H2OGradientBoostingEstimator:
    """Return an untrained estimator with H2O's own defaults, as the tutorial takes it."""
    from h2o.estimators import H2OGradientBoostingEstimator

    return H2OGradientBoostingEstimator(model_id=key, seed=seed, distribution="bernoulli")


def _unknown(name: str, known: set[str]) -> str:
    if name in _OURS:
        return f"The GBM parameter {name!r} is set by the training itself"
    near = difflib.get_close_matches(name, known, n=3)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return f"H2O's GBM has no parameter {name!r}{hint}"
