"""The store: a version belongs to one task, what is published is whole and lies where it is sought."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from airflow_provider_devo_dga.errors import DevoPermanentError, TrainingParameterError
from airflow_provider_devo_dga.models.origin import Origin, checked_version, time_of
from airflow_provider_devo_dga.models.store import ModelStore, read_summary, summary_beside
from airflow_provider_devo_dga.models.summary import Features, StrictFile, TrainingSummary

RUN_AFTER = datetime(2026, 1, 5, 3, tzinfo=UTC)
VERSION = "20260105T030000Z"
TASK = Origin("a_dag", "a_run", "train")
OTHER = Origin("a_dag", "a_run", "train_again")


def trained(origin: Origin = TASK, **changes: object) -> TrainingSummary:
    summary = TrainingSummary(
        version=origin.version(RUN_AFTER),
        sha256="a" * 64,
        model_file="made here",
        feature_set=Features(name="tutorial", fingerprint="f", features=[{"name": "length"}]),
        baseline={"names": 1, "bins": {}},
        **asdict(origin),
    )
    return replace(summary, **changes)  # type: ignore[arg-type]


def publish(store: ModelStore[Path], summary: TrainingSummary, content: bytes, **files: object) -> str:
    made = store.folder / "made.zip"
    store.folder.mkdir(exist_ok=True)
    made.write_bytes(content)
    arguments = {"strict": None, "card": None} | files
    return store.publish(summary, "m", made, **arguments).model_file  # type: ignore[arg-type]


def test_a_version_is_the_time_of_the_run_and_of_a_mapped_task_its_index_too() -> None:
    mapped = [replace(TASK, map_index=index).version(RUN_AFTER) for index in (0, 1)]
    assert [TASK.version(RUN_AFTER), *mapped] == [VERSION, f"{VERSION}_0", f"{VERSION}_1"]
    assert [time_of(checked_version(version)) for version in mapped] == [RUN_AFTER, RUN_AFTER]
    later = replace(TASK, map_index=0).version(RUN_AFTER + timedelta(seconds=1))
    assert sorted([later, *mapped, VERSION]) == [VERSION, *mapped, later]
    assert TASK.version(RUN_AFTER.astimezone(timezone(timedelta(hours=5)))) == VERSION
    assert time_of("of_my_own") is None


@pytest.mark.parametrize("version", ["", "..", "a/b", "a" * 65])
def test_a_version_does_not_lead_out_of_the_folder(tmp_path: Path, version: str) -> None:
    with pytest.raises(DevoPermanentError, match="is not a version"):
        ModelStore(tmp_path).model_file(version, "m")


def test_mapped_trainings_of_one_run_all_survive(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    for index in (0, 1):
        origin = replace(TASK, map_index=index)
        with store.reserved(origin.version(RUN_AFTER), "m", origin):
            publish(store, trained(origin), b"%d" % index)
    held = [store.model_file(f"{VERSION}_{index}", "m").read_bytes() for index in (0, 1)]
    assert held == [b"0", b"1"]


def test_a_second_task_is_refused_while_the_first_one_trains_and_after_it(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    with store.reserved(VERSION, "m", TASK):
        with (
            pytest.raises(TrainingParameterError, match=r"task train of run a_run.*another model_id"),
            store.reserved(VERSION, "m", OTHER),
        ):
            pytest.fail("it was let in")
        # another name, another place
        with store.reserved(VERSION, "m2", OTHER):
            publish(store, trained(), b"the first")
    with (
        pytest.raises(TrainingParameterError, match="would overwrite it"),
        store.reserved(VERSION, "m", OTHER),
    ):
        pytest.fail("it was let in")
    assert store.model_file(VERSION, "m").read_bytes() == b"the first"


def test_of_two_that_begin_in_one_moment_only_one_publishes(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    with store.reserved(VERSION, "m", TASK):
        (tmp_path / f".{VERSION}.m.owner").write_text(str(OTHER))
        with pytest.raises(TrainingParameterError, match="belongs to task train_again"):
            publish(store, trained(), b"the first")
        publish(store, trained(OTHER), b"the second")
    assert store.model_file(VERSION, "m").read_bytes() == b"the second"
    assert (tmp_path / f".{VERSION}.m.owner").is_file()  # it is not ours to remove


def test_a_retry_and_a_clear_go_to_their_own_place_again(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    with pytest.raises(OSError, match="full"), store.reserved(VERSION, "m", TASK):
        raise OSError("full")
    assert list(tmp_path.rglob("*")) == []
    # as a killed process leaves it
    (tmp_path / f".{VERSION}.m.owner").write_text(str(TASK))
    for content in (b"retried", b"cleared"):
        with store.reserved(VERSION, "m", TASK):
            publish(store, trained(), content)
        assert store.model_file(VERSION, "m").read_bytes() == content


def test_what_an_earlier_release_published_can_be_trained_anew(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    publish(store, trained(task_id=None), b"by an earlier release")
    with store.reserved(VERSION, "m", TASK):
        publish(store, trained(), b"anew")


def test_the_summary_says_where_all_files_lie(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    (tmp_path / "strict.zip").write_bytes(b"strict")
    strict = StrictFile(budget=0.001, threshold=0.9, false_positive_rate=0.001, recall=0.7, sha256="b" * 64)
    publish(store, trained(strict=strict), b"model", strict=tmp_path / "strict.zip", card="<h1>card</h1>")
    found = store.summary(VERSION, "m")
    assert found is not None
    folder = tmp_path / VERSION
    names = ("m.zip", "m_strict.zip", "model_card.html", "m.json")
    assert store.files_of(found) == [str(folder / name) for name in names]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert found.summary == f"{VERSION}/m.json"
    assert read_summary(store.summary_at(found.summary)) == found
    for name in ("m.zip", "m_strict.zip"):
        assert summary_beside(folder / name) == folder / "m.json"
    # a model that is called so has a summary of its own
    (folder / "m_strict.json").write_text("{}")
    assert summary_beside(folder / "m_strict.zip") == folder / "m_strict.json"
    assert store.fetch(VERSION, "m", tmp_path / "copy.zip") == found
    assert (tmp_path / "copy.zip").read_bytes() == b"model"
    assert store.fetch("20200101T000000Z", "m", tmp_path / "none.zip") is None
