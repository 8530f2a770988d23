"""How every chart looks, and its way from rows to SVG text.

Colours are the light theme's; the page recolours the SVG by these very values when it is dark. Marks are not
clipped: clip paths get identifiers counted over the whole process, and a page must be the same twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

ALARM = "#b3261e"
INK = "#1b1f24"
MUTED = "#8a939e"
GRID = "#e3e6ea"
WIDTH, HEIGHT = 370, 250
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


def chart_of(rows: list[dict[str, Any]]) -> alt.Chart:
    """Return an empty chart of these rows."""
    import altair as alt

    return alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call]


def time_axis(title: str, ends: list[float], form: str) -> alt.X:
    """Return the axis of ``start`` between two instants, in milliseconds since the epoch."""
    import altair as alt

    return alt.X(
        "start:T",
        title=title,
        scale=alt.Scale(type="utc", domain=ends, nice=False),
        axis=alt.Axis(format=form, tickCount=6, grid=False),
    )


def count_axis(top: float, field: str = "high") -> alt.Y:
    """Return the axis of flagged domains from 0 to ``top``."""
    import altair as alt

    return alt.Y(
        f"{field}:Q",
        title="Flagged domains",
        scale=alt.Scale(domain=[0, top], nice=False),
        axis=alt.Axis(tickMinStep=1, tickCount=5, format=",d", domain=False, ticks=False),
    )


def bars_of(rows: list[dict[str, Any]], x: alt.X, y: alt.Y) -> Any:
    """Return a bar a row, from ``start`` to ``end`` and ``low`` to ``high``, red where it is an ``alarm``."""
    import altair as alt

    color = alt.condition("datum.alarm", alt.value(ALARM), alt.value(MUTED))
    return chart_of(rows).mark_rect(strokeWidth=0).encode(x=x, x2="end:T", y=y, y2="low:Q", color=color)


def svg_of(chart: Any, *, height: int = HEIGHT, width: int = WIDTH) -> str:
    """Render in pixels without a browser; ``aria=False``: the page describes the picture as a whole."""
    import altair as alt
    import vl_convert

    styled = (
        chart.properties(width=width, height=height, background="transparent")
        .configure(font=FONT, aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            titleColor=INK,
            gridColor=GRID,
            domainColor=MUTED,
            tickColor=MUTED,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            titlePadding=8,
        )
        .configure_text(fontSize=12, color=INK)
    )
    # what the parts were made with is checked already; the whole, once more, takes longer than drawing it
    spec = styled.to_dict(validate=False)
    return vl_convert.vegalite_to_svg(spec, vl_version=alt.SCHEMA_VERSION.rsplit(".", 1)[0])
