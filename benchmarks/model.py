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
from benchmarks.bars import BARS, populations, table
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
PARAMS: dict[str, Mapping[str, Any]] = {
    "dga": {},
    "dga_small": {},
    "dga_plain": {},
    "tutorial": H2O_DEFAULTS,
}
FOLDS = 5
SEED = 1
BUDGETS = {"1": 0.01, "01": 0.001}
TIMED = 5000


def main() -> int:
    """Print the table and write the figures; 0 when the default set meets every bar."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.model", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled domains")
    parser.add_argument("--seeds", type=int, default=5, help="models of each feature set")
    parser.add_argument("--unseen-seeds", type=int, default=1, help="times all families are left out")
    parser.add_argument("--quick", action="store_true", help="one model each, no families left out")
    parser.add_argument("--sets", nargs="+", choices=PARAMS, default=list(PARAMS))
    parser.add_argument("--on", choices=("valid", "test"), default="test", help="tune on valid, tell on test")
    parser.add_argument("--peer-python", type=Path, help="a Python that has dgaintel, to set beside")
    parser.add_argument("--threads", type=int, default=-1, help="of H2O; all by default")
    options = parser.parse_args()
    rows, dropped, families = read(options.data)
    print(f"{len(rows)} names; left out as the product would: {_counted(dropped)} ({_counted(families)})")
    measured: dict[str, dict[str, list[float]]] = {}
    rates: dict[str, dict[str, list[float]]] = {}
    for name in options.sets:
        bench = _Bench(rows, name, options.on, options.threads)
        seeds, unseen = (1, 0) if options.quick else (options.seeds, options.unseen_seeds)
        measured[name], rates[name] = bench.run(seeds, unseen), bench.populations
        _write(measured, rates, options)
    if options.peer_python:
        measured[peer.NAME], rates[peer.NAME] = _peer(rows, options.on, options.peer_python)
        _write(measured, rates, options)
    print(table(measured))
    print(populations(rates))
    default = measured.get("dga", {})
    return 0 if all(bar.met(default.get(bar.name, [])) is not False for bar in BARS) else 1


class _Bench:
    """One feature set, trained and judged as often as asked for.

    :ivar populations: false positives at 1 % by list of legit names, a figure a model.
    """

    def __init__(self, rows: Sequence[Labelled], name: str, on: str, threads: int) -> None:
        self.rows = rows
        self.name = name
        self.on = on
        self.threads = threads
        self.populations: dict[str, list[float]] = {}
        self.legit = [row for row in rows if row.part == "valid" and not row.malicious]
        self.judged = [row for row in rows if row.part == on]

    def run(self, seeds: int, unseen: int) -> dict[str, list[float]]:
        """Return the figures of so many models, and of so many times leaving families out."""
        figures: dict[str, list[float]] = {}
        with LocalCluster(max_mem="2g", nthreads=self.threads) as cluster, cluster.connection():
            for seed in range(SEED, SEED + seeds):
                _collect(figures, self._figures(seed))
                print(f"{self.name}, seed {seed}: {_shown(figures)}", flush=True)
            for seed in range(SEED, SEED + unseen):
                _collect(figures, self._unseen(seed))
                print(f"{self.name}, families left out, seed {seed}: {_shown(figures)}", flush=True)
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
        rates = _by_population(self.judged, scores, legit)
        _collect(self.populations, rates)
        return figures | _judged(self.judged, scores, legit) | _worst(rates)

    def _unseen(self, seed: int) -> dict[str, float]:
        """Return the mean recall of families by models that were trained without them, by budget."""
        families = sorted({row.family for row in self.rows if row.malicious} - LEFT_OUT_OF_MEANS)
        found: dict[str, dict[str, float]] = {suffix: {} for suffix in BUDGETS}
        for fold in range(FOLDS):
            left_out = set(families[fold::FOLDS])
            judged = [row for row in self.judged if row.family in left_out]
            with self._trained(seed, left_out) as model:
                legit, scores = _scores(model, self.legit), _scores(model, judged)
            for suffix, budget in BUDGETS.items():
                found[suffix] |= quality.recalls(judged, scores, quality.threshold(legit, budget))
        return {f"unseen_{suffix}": statistics.fmean(recalls.values()) for suffix, recalls in found.items()}

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


def _peer(
    rows: Sequence[Labelled], on: str, python: Path
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return the figures of the public peer over the same rows, its thresholds found as ours are."""
    legit = [row for row in rows if row.part == "valid" and not row.malicious]
    judged = [row for row in rows if row.part == on]
    found, microseconds = peer.scores(python, judged)
    of_legit = peer.scores(python, legit)[0]
    rates = _by_population(judged, found, of_legit)
    figures = _judged(judged, found, of_legit) | _worst(rates) | {"score_us": microseconds}
    return _collect({}, figures), _collect({}, rates)


def _judged(
    rows: Sequence[Labelled], scores: NDArray[np.float64], legit: NDArray[np.float64]
) -> dict[str, float]:
    """Return how well scores tell the rows, at thresholds that the scores of legit names give."""
    malicious = np.array([row.malicious for row in rows])
    figures = dict(zip(("auc", "pr_auc"), quality.areas(malicious, scores), strict=True))
    figures["brier"] = float(((scores - malicious) ** 2).mean())
    for suffix, budget in BUDGETS.items():
        cut = quality.threshold(legit, budget)
        figures[f"recall_{suffix}"] = statistics.fmean(quality.recalls(rows, scores, cut).values())
        figures[f"fpr_{suffix}"] = float((scores[~malicious] >= cut).mean())
    return figures


def _by_population(
    rows: Sequence[Labelled], scores: NDArray[np.float64], legit: NDArray[np.float64]
) -> dict[str, float]:
    found = quality.false_positives(rows, scores, quality.threshold(legit, BUDGETS["1"]))
    return {name: rate for name, (rate, _) in found.items()}


def _worst(rates: Mapping[str, float]) -> dict[str, float]:
    return {"population_1": max(rates.values())} if rates else {}


def _collect(figures: dict[str, list[float]], found: Mapping[str, float]) -> dict[str, list[float]]:
    for name, value in found.items():
        figures.setdefault(name, []).append(value)
    return figures


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


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


def _write(
    measured: Mapping[str, Mapping[str, Sequence[float]]],
    rates: Mapping[str, Mapping[str, Sequence[float]]],
    options: argparse.Namespace,
) -> None:
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    bars = {bar.name: {"words": bar.words, "bar": bar.bar, "at_least": bar.at_least} for bar in BARS}
    found = {
        "on": options.on,
        "quick": options.quick,
        "bars": bars,
        "measured": measured,
        "populations": rates,
    }
    TARGET.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
