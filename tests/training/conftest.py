"""A small synthetic dataset."""

from __future__ import annotations

import io
import random
import string
from pathlib import Path

import pytest

from airflow_provider_devo_dga.models.dataset import Dataset
from tests.prepared import prepare_dataset

SYLLABLES = (
    "ba",
    "co",
    "di",
    "fer",
    "gon",
    "hal",
    "in",
    "jor",
    "ka",
    "lem",
    "mi",
    "nor",
    "pa",
    "ri",
    "so",
    "tan",
)
HEADER = "host;domain;class;subclass\n"


def synthetic_rows(count: int, seed: int = 1) -> list[str]:
    """Return ``count`` legit rows, mostly of syllables, and as many DGA rows, mostly of random letters."""
    rng = random.Random(seed)  # noqa: S311

    def spoken() -> str:
        return "".join(rng.choices(SYLLABLES, k=rng.randint(3, 6)))

    def random_letters() -> str:
        return "".join(rng.choices(string.ascii_lowercase, k=rng.randint(8, 18)))

    rows = []
    for _ in range(count):
        legit = random_letters() if rng.random() < 0.1 else spoken()
        rows.append(f"{legit}.{rng.choice(('com', 'org', 'de'))};{legit};legit;legit")
        dga = spoken() if rng.random() < 0.1 else random_letters()
        family = rng.choice(("alpha", "beta", "na"))
        rows.append(f"{dga}.{rng.choice(('com', 'ru', 'biz'))};{dga};dga;{family}")
    return rows


def synthetic_dataset(count: int) -> bytes:
    return (HEADER + "\n".join(synthetic_rows(count)) + "\n").encode()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Dataset]:
    target = tmp_path_factory.mktemp("prepared") / "prepared.csv"
    return target, prepare_dataset(io.BytesIO(synthetic_dataset(3000)), target)
