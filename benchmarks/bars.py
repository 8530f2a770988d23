"""What the model has to reach, and the tables that say whether it does."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure, what it has to reach, and how to print it."""

    name: str
    words: str
    bar: float | None = None
    at_least: bool = True
    digits: int = 3

    def met(self, values: Sequence[float]) -> bool | None:
        """Tell whether the worst of the values reaches the bar."""
        if self.bar is None or not values:
            return None
        return min(values) >= self.bar if self.at_least else max(values) <= self.bar

    def told(self, values: Sequence[float]) -> str:
        """Return mean and range."""
        if not values:
            return "–"
        mean = f"{statistics.fmean(values):.{self.digits}f}"
        return (
            f"{mean} ({min(values):.{self.digits}f}–{max(values):.{self.digits}f})"
            if len(values) > 1
            else mean
        )


BARS = (
    Bar("auc", "AUC", 0.985, digits=4),
    Bar("pr_auc", "PR-AUC", digits=4),
    Bar("recall_1", "mean recall of families at 1 %", 0.83),
    Bar("recall_01", "mean recall of families at 0.1 %", 0.57),
    Bar("fpr_1", "false positives at 1 %", 0.013, at_least=False, digits=4),
    Bar("fpr_01", "false positives at 0.1 %", 0.002, at_least=False, digits=4),
    Bar("population_1", "false positives of the worst population, at 1 %", digits=4),
    Bar("unseen_1", "mean recall of families left out, at 1 %", 0.58),
    Bar("unseen_01", "mean recall of families left out, at 0.1 %"),
    Bar("brier", "Brier score", 0.034, at_least=False, digits=4),
    Bar("mojo_mb", "MOJO, MB", digits=2),
    Bar("linq_kb", "LINQ of the features, kB", digits=1),
    Bar("features_us", "features in plain Python, µs a domain", digits=0),
    Bar("score_us", "features and score by H2O's own scorer, µs a domain", digits=0),
    Bar("train_s", "training, s", digits=0),
)


def table(measured: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """Return the figures as a table of Markdown; a set that misses the bar says so."""
    head = ("figure", "bar", *measured)
    lines = [head, tuple("---" for _ in head)]
    for bar in BARS:
        sign = "" if bar.bar is None else f"{'≥' if bar.at_least else '≤'} {bar.bar:g}"
        cells = (
            bar.told(figures.get(bar.name, []))
            + (" NO" if bar.met(figures.get(bar.name, [])) is False else "")
            for figures in measured.values()
        )
        lines.append((bar.words, sign, *cells))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def populations(rates: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """Return the false positives at 1 % by list of legit names as a table; empty without lists."""
    names = sorted({name for found in rates.values() for name in found})
    if not names:
        return ""
    lines = [("false positives at 1 %", *rates), ("---",) * (1 + len(rates))]
    bar = Bar("rate", "rate", digits=4)
    lines += [(name, *(bar.told(found.get(name, [])) for found in rates.values())) for name in names]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
