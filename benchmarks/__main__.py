"""Measure every claim: ``python -m benchmarks [--quick] [--only NAME]``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.claim import Measured, Size

CLAIMS = (
    "group",
    "reading",
    "scoring",
    "h2o_pandas",
    "memory",
    "clients",
    "rows",
    "batches",
    "parquet",
    "client_memory",
    "sensors",
    "popular_names",
    "preparation",
    "parting",
    "train_overhead",
    "report_step",
    "reports_page",
    "imports",
)
TARGET = Path("build/bench")
HEAD = ("claim", "measured", "bar", "ok")


def main() -> int:
    """Return 0 when every claim holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows, rougher figures")
    parser.add_argument("--only", choices=CLAIMS, action="append", help="measure this one; may be repeated")
    options = parser.parse_args()
    TARGET.mkdir(parents=True, exist_ok=True)
    measured = []
    for name in options.only or CLAIMS:
        print(f"{name} …", file=sys.stderr, flush=True)
        results: list[Measured] = import_module(f"benchmarks.{name}").run(Size(options.quick))
        written = [{**dataclasses.asdict(one), "ok": one.ok, "quick": options.quick} for one in results]
        (TARGET / f"{name}.json").write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
        measured += results
    print(table(measured))
    return 0 if all(result.ok for result in measured) else 1


def table(measured: list[Measured]) -> str:
    """Return the results as a table of Markdown."""
    rows = [HEAD, tuple("---" for _ in HEAD), *(result.told for result in measured)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    sys.exit(main())
