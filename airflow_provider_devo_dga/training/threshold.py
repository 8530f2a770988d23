"""Choose the score from which on a domain is called DGA."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_provider_devo_dga.errors import TrainingError, TrainingParameterError


def choose_threshold(legit: Sequence[float], dga: Sequence[float], false_positive_budget: float) -> float:
    """Return a threshold that calls at most this share of ``legit`` DGA, and as much of ``dga`` as it can.

    A row is called DGA when its score is *at or above* the threshold, as in H2O and in its MOJOs. It lies
    half-way between the highest score that must stay below and the next one of either class: every threshold
    in that gap gives these rows the same classes, and in its middle no rounding moves a row across.

    :param legit: scores (0–1) of validation rows of the legit class; at least one.
    :param dga: scores of validation rows of the DGA class.
    :param false_positive_budget: share of ``legit``, 0 < budget < 1.
    :raises TrainingError: for no legit scores, a budget out of range, or scores that no threshold can part.
    """
    if not 0.0 < false_positive_budget < 1.0:
        raise TrainingParameterError(
            f"The false-positive budget must lie between 0 and 1, not {false_positive_budget}"
        )
    if not legit:
        raise TrainingError("No legit rows to choose a threshold on")
    allowed = int(false_positive_budget * len(legit) + 1e-9)
    barrier = sorted(legit, reverse=True)[allowed]
    above = min((score for score in (*legit, *dga) if score > barrier), default=1.0)
    if above <= barrier:
        raise TrainingError(
            f"{allowed + 1} legit rows have a score of 1.0: no threshold keeps the false-positive budget"
        )
    half_way = (barrier + above) / 2
    return half_way if half_way > barrier else above
