"""The charts of a model card, each one ``<svg>`` element as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.reports.page.svg import ALARM, INK, MUTED, chart_of, svg_of
from airflow_provider_devo_dga.reports.page.text import shorten, visible

if TYPE_CHECKING:
    import altair as alt

ROC_END = 0.05
"""The ROC curve is drawn up to this false-positive rate: nobody runs a detector beyond."""

FAMILY_HEIGHT = 18


@dataclass(frozen=True)
class CardFamily:
    """One DGA family on the card.

    :param unseen: recall by models that were trained without it; None when that was not tried.
    """

    name: str
    rows: int
    recall: float
    low: float
    high: float
    unseen: float | None


Pairs = Sequence[tuple[float, float]]


def roc_chart(curve: Pairs, dots: Sequence[tuple[float, float, str]]) -> str:
    """Draw recall by false-positive rate, with named points on it and beside it."""
    import altair as alt

    line = chart_of([{"x": x, "y": y} for x, y in curve]).mark_line(color=INK, strokeWidth=1.5)
    named = [{"x": x, "y": y, "name": name} for x, y, name in dots if x <= ROC_END]
    ours = chart_of(named[:1]).mark_circle(color=ALARM, opacity=1, size=70)
    others = chart_of(named[1:]).mark_circle(color=MUTED, opacity=1, size=60)
    names = chart_of(named).mark_text(align="left", dx=8, dy=10).encode(text="name:N")
    axes = {
        "x": _share("x", "False-positive rate", end=ROC_END, form=".0%"),
        "y": _share("y", "Recall"),
    }
    return svg_of(alt.layer(line, others, ours, names).encode(**axes))


def precision_chart(curve: Pairs) -> str:
    """Draw precision by recall."""
    line = chart_of([{"x": x, "y": y} for x, y in curve]).mark_line(color=INK, strokeWidth=1.5)
    return svg_of(line.encode(x=_share("x", "Recall"), y=_share("y", "Precision")))


def scores_chart(bins: Pairs, threshold: float) -> str:
    """Draw the share of each class by score, and the threshold."""
    import altair as alt

    width = 1 / len(bins)
    bars = [
        {
            "start": (number + place) * width,
            "end": (number + place + 0.42) * width,
            "share": share,
            "dga": dga,
        }
        for number, pair in enumerate(bins)
        for place, share, dga in ((0.06, pair[0], False), (0.52, pair[1], True))
        if share
    ]
    for bar in bars:
        bar["zero"] = 0.0
    top = max((bar["share"] for bar in bars), default=1.0)
    scale = alt.Scale(type="sqrt", domain=[0, top * 1.05], nice=False)
    shares = (
        chart_of(bars)
        .mark_rect(strokeWidth=0)
        .encode(
            x=_share("start", "Score"),
            x2="end:Q",
            y=alt.Y("zero:Q", scale=scale, title="Share of the class", axis=_share_axis(".0%")),
            y2="share:Q",
            color=alt.condition("datum.dga", alt.value(ALARM), alt.value(MUTED)),
        )
    )
    rule = chart_of([{"start": threshold}]).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="start:Q")
    return svg_of(alt.layer(shares, rule))


def families_chart(families: Sequence[CardFamily]) -> str:
    """Draw the recall of each family with its interval; a hollow mark where the family was left out."""
    import altair as alt

    short = [shorten(visible(family.name), 22) for family in families]
    rows: list[dict[str, Any]] = [
        {
            # the number keeps apart what looks alike when it is shortened
            "family": name if short.count(name) == 1 else f"{name} ({number})",
            "recall": family.recall,
            "low": family.low,
            "high": family.high,
            "unseen": family.unseen,
            "zero": 0.0,
        }
        for number, (name, family) in enumerate(zip(short, families, strict=True), start=1)
    ]
    y = alt.Y("family:N", title=None, sort=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=170))
    data = chart_of(rows)
    bars = data.mark_bar(color=MUTED, height={"band": 0.55}).encode(
        x=_share("zero", "Recall at the registered threshold"), x2="recall:Q", y=y
    )
    spans = data.mark_rule(color=INK, strokeWidth=1.5).encode(x="low:Q", x2="high:Q", y=y)
    unseen = (
        chart_of([row for row in rows if row["unseen"] is not None])
        .mark_point(color=ALARM, filled=False, size=45, strokeWidth=1.5)
        .encode(x="unseen:Q", y=y)
    )
    layers = [bars, spans, unseen] if any(row["unseen"] is not None for row in rows) else [bars, spans]
    return svg_of(alt.layer(*layers), height=max(1, len(rows)) * FAMILY_HEIGHT)


def calibration_chart(bins: Sequence[Sequence[float]]) -> str:
    """Draw the share of DGA by mean score, bin by bin, against the line where both agree.

    :param bins: rows, mean score and share of DGA of each bin.
    """
    import altair as alt

    points = [{"x": score, "y": share} for _, score, share in bins]
    agree = chart_of([{"x": 0.0, "y": 0.0}, {"x": 1.0, "y": 1.0}])
    line = agree.mark_line(color=MUTED, strokeDash=[4, 3], strokeWidth=1.5)
    found = chart_of(points).mark_line(color=INK, strokeWidth=1.5)
    dots = chart_of(points).mark_circle(color=INK, opacity=1, size=45)
    axes = {"x": _share("x", "Mean score"), "y": _share("y", "Share that is DGA")}
    return svg_of(alt.layer(line, found, dots).encode(**axes))


def _share(field: str, title: str, *, end: float = 1.0, form: str = ".0%") -> Any:
    import altair as alt

    kind = alt.X if field in {"x", "start", "zero"} else alt.Y
    scale = alt.Scale(domain=[0, end], nice=False)
    return kind(f"{field}:Q", title=title, scale=scale, axis=_share_axis(form))


def _share_axis(form: str) -> alt.Axis:
    import altair as alt

    return alt.Axis(format=form, tickCount=5, domain=False, ticks=False)
