"""From a trained model to its card: the points of the curves, and the page when it can be drawn."""

from __future__ import annotations

import importlib.util
import logging
from datetime import UTC, datetime
from typing import Any

from airflow_provider_devo_dga.models.card import CardCurves, render_card
from airflow_provider_devo_dga.models.card_charts import ROC_END
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart

_POINTS = 150
_SCORE_BINS = 25
_DRAWN_BY = ("altair", "jinja2", "vl_convert")


def draw_card(trained: TrainingSummary, scored: ScoredPart) -> str | None:
    """Return the model card as HTML, None without the packages of the extra ``report``, said in the log.

    :param scored: the rows it was judged on.
    """
    if missing := [name for name in _DRAWN_BY if importlib.util.find_spec(name) is None]:
        logging.getLogger(__name__).warning(
            "No model card: %s is not installed. Run: pip install 'airflow-provider-devo-dga[report]'",
            ", ".join(missing),
        )
        return None
    return render_card(trained, curves_of(scored), generated_at=datetime.now(UTC))


def curves_of(scored: ScoredPart) -> CardCurves:
    """Return the points of the card's curves, some hundred whatever the number of rows."""
    import numpy as np

    legit, dga = np.sort(scored.legit)[::-1], np.sort(scored.dga)
    return CardCurves(
        roc=_roc(legit, dga), precision=_precision(np.sort(scored.legit), dga), scores=_shares(scored)
    )


def _roc(legit: Any, dga: Any) -> list[tuple[float, float]]:
    """Walk up the false-positive rate: with k false positives, what is caught scores above the next one."""
    import numpy as np

    most = min(len(legit) - 1, int(len(legit) * ROC_END))
    steps = np.unique(np.linspace(0, most, _POINTS).astype(np.int64))
    caught = len(dga) - np.searchsorted(dga, legit[steps], side="right")
    return list(zip((steps / len(legit)).tolist(), (caught / len(dga)).tolist(), strict=True))


def _precision(legit: Any, dga: Any) -> list[tuple[float, float]]:
    """Walk up the recall: the threshold is the score of the k-th DGA row from the top."""
    import numpy as np

    places = np.unique(np.linspace(0, len(dga) - 1, _POINTS).astype(np.int64))[::-1]
    thresholds = dga[places]
    true = len(dga) - np.searchsorted(dga, thresholds, side="left")
    false = len(legit) - np.searchsorted(legit, thresholds, side="left")
    return list(zip((true / len(dga)).tolist(), (true / (true + false)).tolist(), strict=True))


def _shares(scored: ScoredPart) -> list[tuple[float, float]]:
    import numpy as np

    edges = np.linspace(0.0, 1.0, _SCORE_BINS + 1)
    legit, dga = (np.histogram(part, bins=edges)[0] / len(part) for part in (scored.legit, scored.dga))
    return list(zip(legit.tolist(), dga.tolist(), strict=True))
