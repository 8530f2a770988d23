"""The model is judged by the labels that the product would judge, and by each list of legit names."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from airflow_provider_devo_dga.features.host import HostParts
from benchmarks import quality
from benchmarks.bars import populations
from benchmarks.labelled import Labelled, part_of, read

FOLDER = {
    "dga_domains.csv.gz": [
        "host;domain;class;subclass",
        "kqxzwv.mooo.com;kqxzwv;dga;kraken",
        "qwvxz.bazar;qwvxz;dga;bazar",
        "www.xkqjz.no-such-suffix.com;xkqjz;dga;kraken",
        "both.com;both;dga;kraken",
    ],
    "legit_domains.csv.gz": [
        "host;domain;class;subclass",
        "example.com;example;legit;legit",
        "example.org;example;legit;legit",
        "both.net;both;legit;legit",
        "botnet-lookup.com;botnet-lookup;legit;legit",
    ],
    "legit_sources.csv.gz": ["host;source", "example.com;popular"],
    "legit_suspect.csv.gz": ["host", "botnet-lookup.com"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, lines in FOLDER.items():
        with gzip.open(tmp_path / name, "wt", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    return tmp_path


def test_labels_are_those_of_the_product_and_what_it_drops_is_counted(folder: Path) -> None:
    rows, dropped, families = read(folder)
    # the label is the provider's where a suffix is not the policy's, whatever the column says
    assert [(row.parts.label, row.family) for row in rows] == [
        ("kqxzwv", "kraken"),
        ("no-such-suffix", "kraken"),
        ("example", "legit"),
    ]
    assert dropped == {"no label": 1, "same label": 2, "both classes": 1}
    assert families == {"bazar": 1}
    assert [row.population for row in rows] == ["", "", "popular"]


def test_a_folder_that_lacks_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"lacks dga_domains\.csv\.gz"):
        read(tmp_path)


def test_false_positives_are_counted_by_population_the_worst_first() -> None:
    def names(population: str, count: int) -> list[Labelled]:
        parts = HostParts("a.com", "a", "com")
        return [Labelled(parts, False, "legit", part_of("a"), population) for _ in range(count)]

    least = quality.LEAST_OF_POPULATION
    rows = [*names("calm", least), *names("odd", least), *names("few", least - 1), *names("", 5)]
    scores = np.zeros(len(rows))
    scores[[0, least, least + 1]] = 0.5
    scores[-1] = 1.0
    assert quality.false_positives(rows, scores, 0.5) == {
        "odd": (2 / least, least),
        "calm": (1 / least, least),
    }


def test_the_table_of_populations() -> None:
    rates = {"dga": {"popular": [0.01, 0.02]}, "peer": {}}
    assert populations(rates).splitlines() == [
        "| false positives at 1 % | dga | peer |",
        "| --- | --- | --- |",
        "| popular | 0.0150 (0.0100–0.0200) | – |",
    ]
    assert populations({"dga": {}}) == ""
