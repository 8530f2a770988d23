"""Stored summaries and notes of each format are read, newer ones refused, and the short form is enough."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.documents import DocumentKind
from airflow_provider_devo_dga.errors import DocumentError, FeatureError
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.models.meaning import meaning_of
from airflow_provider_devo_dga.models.origin import Origin
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.replacement import REPLACEMENT
from airflow_provider_devo_dga.models.summary import SUMMARY, TrainingSummary

FORMATS = Path(__file__).parent / "formats"
KINDS: dict[str, DocumentKind[Any]] = {"summary": SUMMARY, "replacement": REPLACEMENT}


def stored(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FORMATS / f"{name}.json").read_bytes())
    return found


def test_there_is_a_document_of_each_format_that_is_read() -> None:
    kept = {path.stem for path in FORMATS.iterdir()}
    assert kept == {f"{name}-{format_}" for name, kind in KINDS.items() for format_ in range(kind.format + 1)}


@pytest.mark.parametrize("number", range(SUMMARY.format + 1))
def test_a_summary_of_each_format_is_read_whole(number: int) -> None:
    trained = SUMMARY.of(stored(f"summary-{number}"), "here")
    assert trained.version == "20260112T030000Z"
    with pytest.raises(FeatureError, match=r"older than the rule which label.*Train the model again"):
        meaning_of(trained)
    now = replace(trained.feature_set, fingerprint=TUTORIAL_FEATURES.fingerprint)
    assert meaning_of(replace(trained, feature_set=now)) == TUTORIAL_FEATURES
    assert trained.judged == trained.test_metrics
    assert trained.judged.auc is not None
    assert trained.held_out == trained.rows.test
    assert trained.split is not None
    assert (trained.split.seed, trained.split.ratios) == (1234, [0.7, 0.15])
    assert trained.baseline is not None
    assert trained.dataset is not None
    assert trained.dataset.rows_used == trained.dataset.legit + trained.dataset.dga
    duel = trained.against_champion("20260105T030000Z")
    assert duel is not None
    assert duel.rows == trained.held_out
    assert trained.against_champion("20260101T030000Z") is None
    origin = Origin("dga_weekly_retrain", "scheduled__2026-01-12T03:00:00+00:00", "train")
    assert trained.origin == (origin if number else None)


def test_what_a_dataset_does_not_count_is_none_of_it() -> None:
    told = SUMMARY.of(stored("summary-1") | {"dataset": {"sha256": "ab"}}, "x").dataset
    assert told == Dataset(sha256="ab")
    assert {count for count in asdict(told).values() if isinstance(count, int)} == {0}


@pytest.mark.parametrize("number", range(SUMMARY.format + 1))
def test_nothing_of_a_summary_is_lost_when_it_is_written_anew(number: int) -> None:
    before = stored(f"summary-{number}")
    after = json.loads(SUMMARY.write(SUMMARY.of(before, "here")))
    assert holds(after, {name: value for name, value in before.items() if name != "format"})


def holds(whole: Any, part: Any) -> bool:
    """Say whether all of a part is in the whole, which may have further fields."""
    match whole, part:
        case dict(), dict():
            return all(name in whole and holds(whole[name], value) for name, value in part.items())
        case list(), list():
            return len(whole) == len(part) and all(map(holds, whole, part))
        case _:
            return bool(whole == part)


def test_the_short_form_says_all_but_what_is_long() -> None:
    trained = SUMMARY.of(stored("summary-1"), "here")
    handed = json.loads(json.dumps(trained.short()))
    assert handed == trained.short()
    assert handed["model_file"] == trained.model_file
    assert handed["feature_set"] == {"name": "tutorial", "fingerprint": trained.feature_set.fingerprint}
    features = replace(trained.feature_set, features=None)
    assert TrainingSummary.of(handed) == replace(trained, baseline=None, feature_set=features)


def test_of_two_files_the_facts_are_those_of_the_file_that_is_meant() -> None:
    trained = SUMMARY.of(stored("summary-1"), "here")
    assert trained.strict is not None
    whole, strict = Provenance.of_training(trained), Provenance.of_training(trained, trained.strict.sha256)
    assert (whole.sha256, whole.threshold) == (trained.sha256, trained.threshold)
    assert (strict.sha256, strict.threshold) == (trained.strict.sha256, trained.strict.threshold)
    assert strict.false_positive_rate == trained.strict.false_positive_rate
    assert strict.summary == whole.summary == "20260112T030000Z/dga_classifier.json"
    assert Provenance.of_training(trained, "f" * 64) == whole


@pytest.mark.parametrize("number", range(REPLACEMENT.format + 1))
def test_a_note_of_each_format_is_read(number: int) -> None:
    note = REPLACEMENT.of(stored(f"replacement-{number}"), "here")
    assert (note.name, note.version) == ("dga_classifier", "20260112T030000Z")
    assert note.former is not None
    assert str(note.former).startswith("version 20260105T030000Z, sha256 ")


@pytest.mark.parametrize("name", KINDS)
def test_a_newer_document_is_refused_with_the_remedy(name: str) -> None:
    kind = KINDS[name]
    newer = stored(f"{name}-{kind.format}") | {"format": kind.format + 1}
    with pytest.raises(DocumentError, match="Upgrade airflow-provider-devo-dga"):
        kind.of(newer, "here")


@pytest.mark.parametrize(
    "handed",
    ["{{ ti.xcom_pull('train') }}", None, {}, {"version": "v1"}, {"threshold": "0.5"}],
)
def test_what_is_no_summary_is_refused(handed: object) -> None:
    if isinstance(handed, dict) and "threshold" in handed:
        handed = stored("summary-1") | handed
    with pytest.raises(DocumentError, match="What was handed over as trained is"):
        TrainingSummary.of(handed)
