"""What the report says about networks whose truth is known: ``python -m benchmarks.network --data DIR``.

The folder holds labelled domains, see ``benchmarks/labelled.py``. A model is trained once, without some
families, and kept in ``build/network``; half of the names and families is for tuning, the other half told of.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.network.judging import Outcome, judge
from benchmarks.network.names import Pools, load
from benchmarks.network.scenarios import SCENARIOS, Scenario

MODEL = Path("build/network")
HEAD = (
    "network",
    "hours",
    "infected",
    "found",
    "floor",
    "almost certain",
    "wrongly so",
    "wrongly suspicious",
    "precision",
    "holds",
)


def main() -> int:
    """Print the table; 0 when every floor is met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled domains")
    parser.add_argument("--seeds", type=int, default=5, help="networks of each kind")
    parser.add_argument(
        "--tune", action="store_true", help="the other half of names and families, other seeds"
    )
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, default=list(SCENARIOS))
    options = parser.parse_args()
    pools = load(options.data, MODEL).half(0 if options.tune else 1)
    first = 101 if options.tune else 1
    seeds = range(first, first + options.seeds)
    with ProcessPoolExecutor(2) as workers:
        running = {name: workers.submit(judge_named, name, pools, seeds) for name in options.only}
        found = {name: outcome.result() for name, outcome in running.items()}
    print(table(found))
    return 0 if all(outcome.holds(SCENARIOS[name]) for name, outcome in found.items()) else 1


def judge_named(name: str, pools: Pools, seeds: range) -> Outcome:
    """Judge in a process of its own: a scenario holds functions, which cannot be sent there."""
    return judge(SCENARIOS[name], pools, seeds)


def table(found: Mapping[str, Outcome]) -> str:
    """Return the outcomes as a table of Markdown."""
    lines = [HEAD, tuple("---" for _ in HEAD)]
    lines += [_line(SCENARIOS[name], outcome) for name, outcome in found.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _line(scenario: Scenario, outcome: Outcome) -> tuple[str, ...]:
    sick = scenario.least is not None
    return (
        scenario.told,
        f"{outcome.hours:,}",
        f"{len(outcome.infected):,}" if sick else "–",
        f"{outcome.share_found:.1%}" if sick else "–",
        f"{scenario.least:.0%}" if scenario.least is not None else "none accused, 1 ‰ suspicious",
        f"{outcome.share_accused:.1%}" if sick else "–",
        f"{outcome.wrongly_accused:,}",
        f"{outcome.wrongly_suspected:,} ({outcome.wrong_per_mille:.2f} ‰)",
        f"{outcome.precision:.1%}" if sick else "–",
        "yes" if outcome.holds(scenario) else "NO",
    )


if __name__ == "__main__":
    sys.exit(main())
