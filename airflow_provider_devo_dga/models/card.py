"""Render what is known of a trained model as one HTML page that people show each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from airflow_provider_devo_dga.chance import wilson_interval
from airflow_provider_devo_dga.errors import TrainingError
from airflow_provider_devo_dga.models.card_charts import CardFamily
from airflow_provider_devo_dga.models.summary import Figures, Judgement, Point, TrainingSummary
from airflow_provider_devo_dga.reports.page.page import page_environment

POORLY_SEEN_BELOW = 0.3
"""Recall below which the card says that the model cannot see a family."""

_ENOUGH_ROWS = 20
_MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class CardCurves:
    """Points to draw; all numbers lie in 0–1.

    :param roc: false-positive rate and recall, at low rates only.
    :param precision: recall and precision, at the class balance of the judged rows.
    :param scores: for each bin of equal width, the share of the legit rows and of the DGA rows in it.
    """

    roc: Sequence[tuple[float, float]]
    precision: Sequence[tuple[float, float]]
    scores: Sequence[tuple[float, float]]


def render_card(trained: TrainingSummary, curves: CardCurves, *, generated_at: datetime) -> str:
    """Return the page.

    :param generated_at: aware.
    :raises TrainingError: the summary lacks what the card shows.
    """
    from markupsafe import Markup

    from airflow_provider_devo_dga.models import card_charts

    metrics, evaluation = trained.judged, trained.evaluation
    rate, recall, threshold = metrics.false_positive_rate, metrics.recall, trained.threshold
    if rate is None or recall is None or threshold is None:
        raise TrainingError(f"The summary of version {trained.version} has no figures to draw a card of")
    families = card_families(metrics, evaluation)
    low, high = wilson_interval(round(rate * evaluation.legit), evaluation.legit)
    charts = {
        "roc": card_charts.roc_chart(curves.roc, [(rate, recall, "this model"), *_others(trained)]),
        "precision": card_charts.precision_chart(curves.precision),
        "scores": card_charts.scores_chart(curves.scores, threshold),
        "families": card_charts.families_chart(families),
        "calibration": card_charts.calibration_chart(evaluation.reliability),
    }
    page: str = (
        page_environment("airflow_provider_devo_dga.models")
        .get_template("model_card.html")
        .render(
            trained=trained,
            metrics=metrics,
            evaluation=evaluation,
            dataset=trained.dataset,
            families=families,
            poorly_seen=[
                family
                for family in families
                if family.rows >= _ENOUGH_ROWS and family.recall < POORLY_SEEN_BELOW
            ],
            poorly_unseen=[
                family
                for family in families
                if family.unseen is not None and family.unseen < POORLY_SEEN_BELOW
            ],
            false_alarms=(round(rate * _MILLION), round(low * _MILLION), round(high * _MILLION)),
            generated_at=generated_at,
            # SVG from the chart library, which escapes the text it draws.
            charts={name: Markup(svg) for name, svg in charts.items()},  # noqa: S704
        )
    )
    return page


def card_families(metrics: Figures, evaluation: Judgement) -> list[CardFamily]:
    """Return the families of the card, least caught first, with their 95 % intervals."""
    unseen = evaluation.unseen_families.families if evaluation.unseen_families else {}
    found = []
    for name, family in metrics.families.items():
        low, high = wilson_interval(round(family.recall * family.rows), family.rows)
        found.append(CardFamily(name, family.rows, family.recall, low, high, unseen.get(name)))
    return sorted(found, key=lambda family: (family.recall, family.name))


def _others(trained: TrainingSummary) -> list[tuple[float, float, str]]:
    """Return what to draw beside the model in the ROC chart: rate, recall, name."""
    points: list[tuple[Point, str]] = [(trained.strict, "strict")] if trained.strict else []
    points += [(other.points[0], other.kind) for other in trained.evaluation.comparisons if other.points]
    return [(point.false_positive_rate, point.recall, name) for point, name in points]
