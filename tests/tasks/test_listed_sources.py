"""Where the list of sources is, and that a slip in it stops no report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_provider_devo_dga.errors import SourcesError
from airflow_provider_devo_dga.tasks.listed_sources import ListedSources, listed_sources

ONE = {"name": "berlin", "table": "dns.berlin", "field": "name", "client_field": "client"}


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEVO_DGA_STORE", (tmp_path / "store").as_uri())
    monkeypatch.delenv("DEVO_DGA_SOURCES", raising=False)
    return tmp_path / "store"


def names(listed: ListedSources | None) -> list[str]:
    assert listed is not None
    return [source.name for source in listed.sources]


def test_without_a_place_there_is_no_list() -> None:
    assert listed_sources() is None


def test_the_last_good_list_serves_until_the_slip_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "sources.json"
    monkeypatch.setenv("DEVO_DGA_SOURCES", file.as_uri())
    file.write_text(json.dumps([ONE]))
    assert names(listed_sources()) == ["berlin"]

    file.write_text(json.dumps([ONE, {**ONE, "name": "lima", "tabel": "dns.lima"}]))
    found = listed_sources()
    assert names(found) == ["berlin"]
    assert found is not None
    assert f"{file.as_uri()}:1: sources[1].tabel: is no field of a source; did you mean" in found.problem
    assert "last good list" in caplog.text

    file.unlink()
    found = listed_sources()
    assert found is not None
    assert (names(found), found.problem) == (["berlin"], f"There is no list of sources at {file.as_uri()}")

    file.write_text(json.dumps([ONE, {**ONE, "name": "lima", "table": "dns.lima"}]))
    found = listed_sources()
    assert found is not None
    assert (names(found), found.problem) == (["berlin", "lima"], "")


def test_a_list_that_never_was_good_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourcesError, match="There is no list of sources at"):
        listed_sources((tmp_path / "none.yaml").as_uri())
    with pytest.raises(SourcesError, match="no Airflow Variable 'dga_sources'"):
        listed_sources("variable:dga_sources")
    with pytest.raises(SourcesError, match="whole address"):
        listed_sources("sources.yaml")


def test_one_place_never_serves_for_another(tmp_path: Path) -> None:
    (good, bad) = (tmp_path / name for name in ("good.json", "bad.json"))
    good.write_text(json.dumps([ONE]))
    bad.write_text("[]")
    assert names(listed_sources(good.as_uri())) == ["berlin"]
    with pytest.raises(SourcesError, match="there is no source in it"):
        listed_sources(bad.as_uri())


def test_a_variable_is_a_list_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_DGA_SOURCES", json.dumps({"sources": [ONE]}))
    assert names(listed_sources("variable:dga_sources")) == ["berlin"]


def test_a_list_that_cannot_be_kept_serves_all_the_same(
    tmp_path: Path, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "sources.json"
    file.write_text(json.dumps([ONE]))
    store.write_text("a file where the store's folder would be")
    assert names(listed_sources(file.as_uri())) == ["berlin"]
    assert "cannot be kept" in caplog.text


def test_a_store_that_is_not_there_is_a_problem_like_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourcesError, match="nosuch"):
        listed_sources("nosuch://bucket/sources.yaml")


def test_two_broken_lists_are_both_told(tmp_path: Path, store: Path) -> None:
    file = tmp_path / "sources.json"
    file.write_text(json.dumps([ONE]))
    listed_sources(file.as_uri())
    [kept] = (store / "sources").iterdir()
    kept.write_text("[{}]")
    file.write_text("[3]")
    with pytest.raises(SourcesError) as caught:
        listed_sources(file.as_uri())
    assert "sources[0]: a source is a mapping" in str(caught.value)
    assert "the last good list:1: sources[0].name: is missing" in str(caught.value)
