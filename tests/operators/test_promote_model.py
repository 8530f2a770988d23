"""PromoteModelOperator: the newcomer serves and is verified, or the former model does, whatever happens."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Asset

from airflow_provider_devo_dga.errors import (
    DevoError,
    DevoPermanentError,
    HistoryError,
    ModelNotFoundError,
    ModelRejectedError,
    MojoExportError,
)
from airflow_provider_devo_dga.history.model_history import ModelHistory
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.hooks.mlflow import MLflowHook
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.promotion.rollback import version_to_put_back
from tests.last_line import last_line
from tests.operators.promotions import NEW, OLD, World
from tests.statsd_server import StatsdServer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("devo_connections", "no_pauses")]
MODEL = Asset(name="a_model", uri="devo-mlmm://self/a_model")


def test_the_first_model_and_the_next_one(
    world: World, context: Any, statsd: StatsdServer, capsys: pytest.CaptureFixture[str]
) -> None:
    told = world.promote(OLD, context, outlets=[MODEL])
    assert told == {
        "name": world.name,
        "version": OLD,
        "sha256": world.trained[OLD]["sha256"],
        "former": None,
        "number": None,
    }
    assert world.serves == OLD
    assert context["outlet_events"][MODEL].extra["version"] == OLD
    assert context["outlet_events"][MODEL].extra["train_rows"] == 800
    assert "model.promotions:1|c" in statsd.read()
    assert f"serves version {OLD} (promoted), in place of none" in last_line(capsys)
    told = world.promote(NEW, context)
    assert told["former"]["sha256"] == world.trained[OLD]["sha256"]
    assert world.serves == NEW
    last = world.store.last(world.name)
    assert last is not None
    assert last.former is not None
    assert hashlib.sha256(world.store.content(last.former)).hexdigest() == world.trained[OLD]["sha256"]


def test_a_retry_after_success_replaces_nothing(
    promoted: World, context: Any, devo: Any, statsd: StatsdServer
) -> None:
    told = promoted.operator(NEW).execute(context)
    assert len(devo.asked(path="upload")) == 1
    assert "model.promotions:1|c" in statsd.read()
    assert promoted.operator(NEW).execute(context) == told
    assert len(devo.asked(path="upload")) == 1
    assert not [sent for sent in statsd.read() if sent.startswith("model.")]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("before", "save_fails"),
        ("before", "login_200"),
        ("before", "models_html_200"),
        ("before", "models_empty_object"),
        ("upload", "save_fails"),
        ("upload", "login_200"),
        ("read back", "models_html_200"),
        ("read back", "models_empty_object"),
    ],
)
def test_a_model_manager_that_fails_leaves_the_former_model(
    promoted: World, context: Any, devo: Any, monkeypatch: pytest.MonkeyPatch, step: str, fault: str
) -> None:
    upload = MLModelManagerHook._upload

    def faulty_upload(hook: MLModelManagerHook, *arguments: Any) -> None:
        monkeypatch.setattr(MLModelManagerHook, "_upload", upload)
        if step == "upload":
            devo.fault(fault)
        upload(hook, *arguments)
        if step == "read back":
            devo.fault(fault)

    monkeypatch.setattr(MLModelManagerHook, "_upload", faulty_upload)
    if step == "before":
        devo.fault(fault)
    with pytest.raises(DevoError) as caught:
        promoted.operator(NEW).execute(context)
    devo.no_fault()
    assert promoted.serves == OLD
    if fault in {"save_fails", "login_200"} or step != "before":
        assert f"The former model (version {OLD}" in str(caught.value)
    promoted.operator(NEW).execute(context)
    assert promoted.serves == NEW


@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_altered_bytes_are_never_put_back(promoted: World, context: Any, devo: Any, times: int) -> None:
    devo.fault("image_altered", times=times)
    with pytest.raises(DevoError):
        promoted.operator(NEW).execute(context)
    devo.no_fault()
    assert promoted.serves == OLD
    promoted.operator(NEW).execute(context)
    assert promoted.serves == NEW


def test_the_alias_follows_what_serves(
    promoted: World, context: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {"history_dir": tmp_path.as_uri()}
    history = MLflowHook(**kept).history(promoted.name)
    assert history is not None
    history.give("champion", history.record(TrainingSummary.of(promoted.trained[OLD])))
    history.give("challenger", history.record(TrainingSummary.of(promoted.trained[NEW])))

    def unreachable(*_: Any) -> None:
        raise HistoryError("the server is down")

    with monkeypatch.context() as patch:
        patch.setattr(ModelHistory, "give", unreachable)
        with pytest.raises(HistoryError, match="down") as caught:
            promoted.operator(NEW, **kept).execute(context)
    assert any(f"The former model (version {OLD}" in note for note in caught.value.__notes__)
    assert (promoted.serves, history.holder("champion").version) == (OLD, OLD)
    told = promoted.operator(NEW, **kept).execute(context)
    assert (promoted.serves, told["number"]) == (NEW, 2)
    assert (history.holder("champion").version, history.holder("challenger")) == (NEW, None)
    promoted.operator(NEW, **kept).execute(context)
    with history.server.client() as client:
        assert len(client.search_model_versions(f"name = '{promoted.name}'")) == 2


def test_an_earlier_version_goes_the_same_way_back(promoted: World, context: Any) -> None:
    promoted.operator(NEW).execute(context)
    back = version_to_put_back(promoted.store, promoted.name, None)
    assert (back["version"], back["sha256"]) == (OLD, promoted.trained[OLD]["sha256"])
    promoted.trained[OLD] = back
    promoted.promote(OLD, context)
    assert promoted.serves == OLD
    assert version_to_put_back(promoted.store, promoted.name, None)["version"] == NEW
    with pytest.raises(ModelNotFoundError, match="There is no version 20250101T000000Z"):
        version_to_put_back(promoted.store, promoted.name, "20250101T000000Z")
    with pytest.raises(DevoPermanentError, match="is not a version"):
        version_to_put_back(promoted.store, promoted.name, "../../etc")


def test_what_was_not_registered_as_candidate_is_not_promoted(world: World, context: Any) -> None:
    world.promote(OLD, context)
    with pytest.raises(ModelRejectedError, match="register that version there first"):
        world.operator(NEW).execute(context)
    assert world.serves == OLD


def test_a_file_that_is_not_the_trained_one_is_not_promoted(promoted: World, context: Any, devo: Any) -> None:
    promoted.store.model_file(NEW, promoted.name).write_bytes(
        promoted.store.model_file(OLD, promoted.name).read_bytes()
    )
    with pytest.raises(MojoExportError, match="is not the file that was trained"):
        promoted.operator(NEW).execute(context)
    assert devo.asked() == []
