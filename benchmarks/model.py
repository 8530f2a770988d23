"""How well the model tells DGA names: ``python -m benchmarks.model --data DIR [--seeds 5] [--quick]``.

The folder holds labelled domains, see ``labelled.py``; every figure but the thresholds is of its test part.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from airflow_provider_devo_dga.features import reference
from airflow_provider_devo_dga.features.dga import feature_set_named
from airflow_provider_devo_dga.features.linq import linq
from airflow_provider_devo_dga.models.mojo_scoring import score_parts
from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
from airflow_provider_devo_dga.training.settings import TrainingSettings
from airflow_provider_devo_dga.training.train import train
from airflow_provider_devo_dga.training.trained_model import TrainedModel
from benchmarks import peer, quality
from benchmarks.claim import seconds
from benchmarks.labelled import LEFT_OUT_OF_MEANS, Labelled, part_of, read, write_prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray

TARGET = Path("build/bench/model.json")
# What H2O takes when nobody says otherwise, as Devo's tutorial does.
H2O_DEFAULTS = {
    "ntrees": 50,
    "max_depth": 5,
    "learn_rate": 0.1,
    "sample_rate": 1.0,
    "col_sample_rate": 1.0,
    "min_rows": 10,
}
PARAMS: dict[str, Mapping[str, Any]] = {"dga": {}, "dga_plain": {}, "tutorial": H2O_DEFAULTS}
FOLDS = 5
SEED = 1
TIMED = 5000


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
    Bar("unseen_1", "mean recall of families left out, at 1 %", 0.58),
    Bar("brier", "Brier score", 0.034, at_least=False, digits=4),
    Bar("mojo_mb", "MOJO, MB", digits=2),
    Bar("linq_kb", "LINQ of the features, kB", digits=1),
    Bar("features_us", "features in plain Python, µs a domain", digits=0),
    Bar("score_us", "features and score by H2O's own scorer, µs a domain", digits=0),
    Bar("train_s", "training, s", digits=0),
)


def main() -> int:
    """Print the table and write the figures; 0 when the default set meets every bar."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.model", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled domains")
    parser.add_argument("--seeds", type=int, default=5, help="models of each feature set")
    parser.add_argument("--quick", action="store_true", help="one model each, no families left out")
    parser.add_argument("--sets", nargs="+", choices=PARAMS, default=list(PARAMS))
    parser.add_argument("--on", choices=("valid", "test"), default="test", help="tune on valid, tell on test")
    parser.add_argument("--peer-python", type=Path, help="a Python that has dgaintel, to set beside")
    parser.add_argument("--threads", type=int, default=-1, help="of H2O; all by default")
    options = parser.parse_args()
    rows = read(options.data)
    measured = {}
    for name in options.sets:
        bench = _Bench(rows, name, options.on, options.threads)
        measured[name] = bench.run(1 if options.quick else options.seeds, unseen=not options.quick)
        _write(measured, options)
    if options.peer_python:
        measured[peer.NAME] = _peer(rows, options.on, options.peer_python)
        _write(measured, options)
    print(table(measured))
    default = measured.get("dga", {})
    return 0 if all(bar.met(default.get(bar.name, [])) is not False for bar in BARS) else 1


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


class _Bench:
    """One feature set, trained and judged as often as asked for."""

    def __init__(self, rows: Sequence[Labelled], name: str, on: str, threads: int) -> None:
        self.rows = rows
        self.name = name
        self.on = on
        self.threads = threads
        self.legit = [row for row in rows if row.part == "valid" and not row.malicious]
        self.judged = [row for row in rows if row.part == on]

    def run(self, seeds: int, *, unseen: bool) -> dict[str, list[float]]:
        figures: dict[str, list[float]] = {}
        with LocalCluster(max_mem="2g", nthreads=self.threads) as cluster, cluster.connection():
            for seed in range(SEED, SEED + seeds):
                for figure, value in self._figures(seed).items():
                    figures.setdefault(figure, []).append(value)
                print(f"{self.name}, seed {seed}: {_shown(figures)}", flush=True)
            if unseen:
                figures["unseen_1"] = [self._unseen()]
        return figures

    def _figures(self, seed: int) -> dict[str, float]:
        with self._trained(seed) as model:
            legit = _scores(model, self.legit)
            scores = _scores(model, self.judged)
            figures = {
                "train_s": sum(model.seconds.values()),
                "mojo_mb": model.mojo.size / 1e6,
                "linq_kb": sum(len(linq(each.number)) for each in model.feature_set.features) / 1e3,
                **_costs(model, self.judged[:TIMED]),
            }
        return figures | _judged(self.judged, scores, legit)

    def _unseen(self) -> float:
        """Return the mean recall of families by models that were trained without them."""
        families = sorted({row.family for row in self.rows if row.malicious} - LEFT_OUT_OF_MEANS)
        found: dict[str, float] = {}
        for fold in range(FOLDS):
            left_out = set(families[fold::FOLDS])
            judged = [row for row in self.judged if row.family in left_out]
            with self._trained(SEED, left_out) as model:
                cut = quality.threshold(_scores(model, self.legit), 0.01)
                found |= quality.recalls(judged, _scores(model, judged), cut)
            print(f"{self.name}, families {fold + 1} of {FOLDS} left out", flush=True)
        return statistics.fmean(found.values())

    @contextmanager
    def _trained(self, seed: int, without: Collection[str] = ()) -> Iterator[TrainedModel]:
        with tempfile.TemporaryDirectory(prefix="devo-dga-bench-") as folder:
            prepared = Path(folder, "prepared.csv")
            write_prepared(self.rows, prepared, without)
            yield train(
                prepared,
                TrainingSettings(
                    feature_set=feature_set_named(self.name),
                    part_of=part_of,
                    seed=seed,
                    model_params=PARAMS[self.name],
                ),
                output_dir=Path(folder),
            )


def _peer(rows: Sequence[Labelled], on: str, python: Path) -> dict[str, list[float]]:
    """Return the figures of the public peer over the same rows, its thresholds found as ours are."""
    legit = [row for row in rows if row.part == "valid" and not row.malicious]
    judged = [row for row in rows if row.part == on]
    found, microseconds = peer.scores(python, judged)
    figures = _judged(judged, found, peer.scores(python, legit)[0])
    return {name: [value] for name, value in {**figures, "score_us": microseconds}.items()}


def _judged(
    rows: Sequence[Labelled], scores: NDArray[np.float64], legit: NDArray[np.float64]
) -> dict[str, float]:
    """Return how well scores tell the rows, at thresholds that the scores of legit names give."""
    malicious = np.array([row.malicious for row in rows])
    figures = dict(zip(("auc", "pr_auc"), quality.areas(malicious, scores), strict=True))
    figures["brier"] = float(((scores - malicious) ** 2).mean())
    for suffix, budget in (("1", 0.01), ("01", 0.001)):
        cut = quality.threshold(legit, budget)
        figures[f"recall_{suffix}"] = statistics.fmean(quality.recalls(rows, scores, cut).values())
        figures[f"fpr_{suffix}"] = float((scores[~malicious] >= cut).mean())
    return figures


def _scores(model: TrainedModel, rows: Sequence[Labelled]) -> NDArray[np.float64]:
    found = score_parts(Path(model.model_file), model.feature_set, [row.parts for row in rows])
    return np.array([score.p1 for score in found])


def _costs(model: TrainedModel, rows: Sequence[Labelled]) -> dict[str, float]:
    """Return microseconds a domain; what Java takes to start is no part of them."""
    parts = [row.parts for row in rows]
    features = seconds(lambda: [reference.compute(model.feature_set, each) for each in parts])
    few = seconds(lambda: _scores(model, rows[:10]))
    many = seconds(lambda: _scores(model, rows))
    a_domain = 1e6 / len(parts)
    return {"features_us": features * a_domain, "score_us": (many - few) * a_domain}


def _shown(figures: Mapping[str, Sequence[float]]) -> str:
    return ", ".join(f"{name} {values[-1]:.4g}" for name, values in figures.items())


def _write(measured: Mapping[str, Mapping[str, Sequence[float]]], options: argparse.Namespace) -> None:
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    bars = {bar.name: {"words": bar.words, "bar": bar.bar, "at_least": bar.at_least} for bar in BARS}
    found = {"on": options.on, "quick": options.quick, "bars": bars, "measured": measured}
    TARGET.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
