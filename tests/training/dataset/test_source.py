"""Several sources make one dataset: files of four columns, and plain lists with a declared class."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.training.dataset.opening import Part
from airflow_provider_devo_dga.training.dataset.prepare import prepare_sources
from airflow_provider_devo_dga.training.dataset.source import DatasetSource, sources_of

HEADER = "host;domain;class;subclass\n"
LEGIT = {"uri": "https://lists.example/top.csv?sig=secret", "class": "legit"}
CONFICKER = {"uri": "feed.txt", "class": "dga", "subclass": "conficker"}


def opened(text: str) -> AbstractContextManager[Iterator[Part]]:
    return nullcontext(iter([Part("", io.BytesIO(text.encode()))]))


def prepare(tmp_path: Path, *sources: tuple[Any, str]) -> Dataset:
    return prepare_sources(
        [(DatasetSource.of(source), lambda text=text: opened(text)) for source, text in sources],
        tmp_path / "prepared.csv",
        min_rows_per_class=1,
    )


def families(tmp_path: Path) -> dict[str, str]:
    with (tmp_path / "prepared.csv").open(newline="") as file:
        return {row["label"]: row["family"] for row in csv.DictReader(file)}


def test_a_popularity_list_a_feed_and_a_table_make_one_dataset(tmp_path: Path) -> None:
    report = prepare(
        tmp_path,
        (LEGIT, "1,google.com\r\n2,bbc.co.uk\r\n"),
        (CONFICKER, "# seen today\n\nqwkzx.biz\nzzkqw.info\n"),
        ("mixed.csv", HEADER + "xkq.ru;xkq;dga;newgoz\nlegit.com;legit;legit;legit\n"),
    )
    assert families(tmp_path) == {
        "bbc": "legit",
        "google": "legit",
        "legit": "legit",
        "qwkzx": "conficker",
        "xkq": "newgoz",
        "zzkqw": "conficker",
    }
    assert report.label_mismatches == 0
    assert [(s.name, s.kind, s.rows_read) for s in report.sources] == [
        ("https://lists.example/top.csv", "legit", 2),
        ("feed.txt", "dga", 2),
        ("mixed.csv", "rows", 2),
    ]
    assert "secret" not in str(report)


def test_a_label_in_two_sources_of_different_class_is_dropped(tmp_path: Path) -> None:
    report = prepare(
        tmp_path, (LEGIT, "google.com\nexample.com\n"), (CONFICKER, "google.ru\nqwk.biz\nqwk.info\n")
    )
    assert (report.legit, report.dga, report.conflicts, report.duplicates) == (1, 1, 2, 1)
    assert report.conflict_examples == ["google"]


def test_a_page_in_the_place_of_a_list_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"^feed\.txt: This is a page of HTML"):
        prepare(tmp_path, (LEGIT, "google.com\n"), (CONFICKER, "<html>\n<p>Sign in</p>\n</html>\n"))
    assert list(tmp_path.iterdir()) == []


def test_an_empty_list_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"^feed\.txt: The dataset is empty"):
        prepare(tmp_path, (LEGIT, "google.com\n"), (CONFICKER, "# nothing\n"))


@pytest.mark.parametrize(
    ("dataset", "reason"),
    [
        ([], "a list of them"),
        ([7], "a list of them"),
        ({"uri": "x", "klass": "dga"}, "not 'klass'"),
        ({"class": "dga"}, "needs a uri"),
        ("", "needs a uri"),
        ({"uri": "x", "class": 1}, "are texts"),
        ({"uri": "x", "class": "evil"}, "'legit' or 'dga', not 'evil'"),
        ({"uri": "x", "columns": {"name": "a"}}, "columns is a mapping of host, class, family"),
        ({"uri": "x", "columns": "host"}, "columns is a mapping"),
        ({"uri": "x", "classes": {"dga": {"a": 1}}}, "a list of values"),
    ],
)
def test_sources_that_mean_nothing_are_refused(dataset: Any, reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        sources_of(dataset)


@pytest.mark.parametrize("text", [json.dumps, repr])
def test_a_list_that_became_text_is_read(text: Any) -> None:
    assert sources_of(text([CONFICKER, "a.csv"])) == sources_of([CONFICKER, "a.csv"])
    assert sources_of(text(LEGIT)) == sources_of(LEGIT)
    assert sources_of("{family}.csv") == [DatasetSource("{family}.csv")]


def test_one_source_or_several_can_be_said() -> None:
    assert sources_of("a.csv") == [DatasetSource("a.csv")]
    assert sources_of(CONFICKER) == [DatasetSource("feed.txt", "dga", "conficker")]
    assert sources_of(["a.csv", LEGIT])[1].class_ == "legit"
