from __future__ import annotations

import gzip
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from demo.dataset import dga_hosts, write_dataset
from demo.families import FAMILIES
from demo.infections import Infection, generated_hosts

UNTIL = date(2026, 1, 1)
SMALL = {"legit": 900, "dga_per_family": 60}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("dataset") / "dataset.csv"
    summary = write_dataset(path, **SMALL)
    header, *lines = path.read_text("ascii").splitlines()
    assert header == "host;domain;class;subclass"
    return summary, [line.split(";") for line in lines]


def test_summary_counts_the_rows(written):
    summary, rows = written
    assert summary.rows == len(rows)
    assert Counter(row[2] for row in rows) == {"legit": summary.legit, "dga": summary.dga}
    assert Counter(row[3] for row in rows if row[2] == "dga") == summary.families
    assert summary.legit == 900


def test_families(written):
    summary, _ = written
    assert len(summary.families) >= 12
    assert sum(FAMILIES[name].dictionary for name in summary.families) >= 2
    assert min(summary.families.values()) >= 55


def test_no_label_comes_twice(written):
    _, rows = written
    assert len({row[1] for row in rows}) == len(rows)


def test_label_is_left_of_the_public_suffix(written):
    _, rows = written
    assert all(row[0].startswith(f"{row[1]}.") for row in rows)
    assert all("ddns" not in row[1] for row in rows if row[3] == "corebot")


def test_classes_are_mixed(written):
    _, rows = written
    assert {row[2] for row in rows[:50]} == {"legit", "dga"}


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if not family.dictionary])
def test_training_names_are_not_those_of_the_hour_to_be_scored(name):
    start = datetime(2026, 1, 1, 9, tzinfo=UTC)
    trained = set(dga_hosts(FAMILIES[name], UNTIL, 240))
    assert len(trained) == 240
    assert not trained & set(generated_hosts(Infection("192.0.2.1", name, 200), start))


def test_gzip_holds_the_same_rows_and_no_time(written, tmp_path):
    summary, _ = written
    packed = tmp_path / "a.csv.gz"
    write_dataset(packed, **SMALL)
    assert packed.read_bytes()[4:8] == bytes(4)
    assert gzip.decompress(packed.read_bytes()) == summary.path.read_bytes()
