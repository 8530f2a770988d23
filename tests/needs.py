"""``python -m tests.needs`` says which tests this machine will skip, and how to get what they need."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from tests.e2e.postgres import has_postgres
from tests.e2e.redis_server import has_celery
from tests.faults.middleboxes import HAPROXY, NGINX


def has_chromium() -> bool:
    """Tell whether Playwright has a Chromium, its own or the system's."""
    names = ("chromium", "chromium-browser", "google-chrome")
    own = Path.home().glob(".cache/ms-playwright/chromium*")
    return bool(find_spec("playwright")) and (any(map(shutil.which, names)) or any(own))


BROWSER = (
    "Without Chromium the tests of reports in a browser are skipped:"
    " apt-get install chromium, or playwright install chromium"
)
INDEX = (
    "Where no package index can be reached, the tests of wheel and source distribution are skipped:"
    " pip install hatchling"
)
POSTGRES = (
    "Without PostgreSQL's server and drivers the end-to-end tests keep Airflow's metadata in SQLite:"
    " apt-get install postgresql, pip install asyncpg psycopg2-binary"
)
CELERY = (
    "Without redis-server and Airflow's Celery provider the end-to-end test of a Celery worker is skipped:"
    " apt-get install redis-server, pip install apache-airflow-providers-celery"
)
MIDDLEBOXES = (
    "Without nginx and haproxy the tests of answers behind middleboxes are skipped:"
    " apt-get install nginx-light haproxy"
)
SOCKS = "Without PySocks and socksio the tests of SOCKS proxies are skipped: pip install PySocks socksio"
NEEDS: list[tuple[Callable[[], bool], str]] = [
    (has_chromium, BROWSER),
    (lambda: bool(find_spec("hatchling")), INDEX),
    (has_postgres, POSTGRES),
    (has_celery, CELERY),
    (lambda: bool(NGINX and HAPROXY), MIDDLEBOXES),
    (lambda: bool(find_spec("socks") and find_spec("socksio")), SOCKS),
]


def main() -> int:
    """Print what is missing; never fail, the tests themselves skip."""
    for is_there, told in NEEDS:
        if not is_there():
            sys.stdout.write(f"{told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
