"""``python -m airflow_provider_devo_dga dags-path`` prints where the example Dags lie."""

from __future__ import annotations

import argparse
import sys

from airflow_provider_devo_dga.example_dags_path import example_dags_path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m airflow_provider_devo_dga")
    parser.add_argument("command", choices=["dags-path"], help="print the folder of the example Dags")
    parser.parse_args()
    sys.stdout.write(f"{example_dags_path()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
