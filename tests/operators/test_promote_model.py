"""PromoteModelOperator: the newcomer serves and is verified, or the former model does, whatever happens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Asset

from airflow_provider_devo_dga.errors import (
    DevoError,
    DevoPermanentError,
    DevoQueryError,
    HistoryError,
    ModelNotFoundError,
    ModelRejectedError,
    MojoExportError,
)
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.history.model_history import ModelHistory
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.hooks.mlflow import MLflowHook
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.operators.promote_model import PromoteModelOperator
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from airflow_provider_devo_dga.promotion.probe import check_known_names
from airflow_provider_devo_dga.promotion.rollback import version_to_put_back
from tests.last_line import last_line
from tests.statsd_server import StatsdServer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("devo_connections", "no_pauses")]
OLD, NEW = "20260105T030000Z", "20260112T030000Z"
MODEL = Asset(name="a_model", uri="devo-mlmm://self/a_model")


class Killed(BaseException):
    """The process ends here: nothing of ours may run after it."""


class World:
    """One name in the Model Manager, two versions of its model, and the folder that they lie in."""

    def __init__(
        self, folder: Path, table: str, window: dict[str, Any], glm_mojo: Callable[..., bytes]
    ) -> None:
        self.name = f"m_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
        self.folder = folder
        self.table = table
        self.window = window
        self.store = ModelStore(folder / "models")
        self.hook = MLModelManagerHook()
        self.trained = {
            OLD: self.train(OLD, glm_mojo(TUTORIAL_FEATURES.names, {"entropy": 2.0}, -6.0)),
            NEW: self.train(NEW, glm_mojo(TUTORIAL_FEATURES.names, {"entropy": 2.0}, -5.0)),
        }

    def train(self, version: str, content: bytes) -> dict[str, Any]:
        file = self.store.model_file(version, self.name)
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
        return {
            "version": version,
            "sha256": hashlib.sha256(content).hexdigest(),
            "model_file": file.as_uri(),
            "feature_set": {"name": "tutorial", "fingerprint": TUTORIAL_FEATURES.fingerprint},
            "threshold": 0.5,
            "metrics": {"auc": 0.9, "false_positive_rate": 0.01},
            "rows": {"train": 800},
        }

    def operator(self, version: str, **changes: Any) -> PromoteModelOperator:
        arguments: dict[str, Any] = {
            "name": self.name,
            "candidate": f"{self.name}_candidate",
            "trained": self.trained[version],
            "models_dir": (self.folder / "models").as_uri(),
            "table": self.table,
            "settle_seconds": 0,
            **self.window,
        }
        return PromoteModelOperator(task_id="promote", **(arguments | changes))

    def promote(self, version: str, context: Any, **changes: Any) -> dict[str, Any]:
        self.register_candidate(version, context)
        return self.operator(version, **changes).execute(context)

    def register_candidate(self, version: str, context: Any) -> None:
        RegisterModelOperator(
            task_id="candidate",
            name=f"{self.name}_candidate",
            model_file=self.trained[version]["model_file"],
            trained=self.trained[version],
            if_exists="replace",
        ).execute(context)

    @property
    def serves(self) -> str | None:
        """Version whose bytes and description Devo holds under the name."""
        held = self.hook.find_model(self.name, with_image=True)
        if held is None or held.image is None:
            return None
        told = Provenance.of_description(held.description)
        assert told is not None
        assert told.sha256 == hashlib.sha256(held.image).hexdigest()
        return told.version


@pytest.fixture
def world(devo: Any, tmp_path: Path, glm_mojo: Any) -> World:
    table = devo.table([{"host": "example.com"}], host="str")
    return World(tmp_path, table, devo.window, glm_mojo)


@pytest.fixture
def promoted(world: World, context: Any, devo: Any) -> World:
    """Return a world whose old version serves and whose new version is the candidate."""
    world.promote(OLD, context)
    world.register_candidate(NEW, context)
    devo.mark()
    return world


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


def test_a_clear_much_later_does_not_take_a_verified_model_out(
    promoted: World, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    promoted.operator(NEW).execute(context)
    answer_wrongly(monkeypatch, promoted.name)
    with pytest.raises(ModelRejectedError, match="otherwise than by the MOJO"):
        promoted.operator(NEW).execute(context)
    assert promoted.serves == NEW


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


def answer_wrongly(
    monkeypatch: pytest.MonkeyPatch, name: str, unless: Callable[[], bool] = lambda: False
) -> None:
    """Let Devo's answers about one name be those of another model: every label the other way round."""
    records = DevoHook.get_records

    def turned(hook: DevoHook, query: str, **named: Any) -> list[dict[str, Any]]:
        rows = records(hook, query, **named)
        if f'"{name}"' in query and not unless():
            swap = {"0": "1", "1": "0"}
            rows = [{key: swap.get(value, value) for key, value in row.items()} for row in rows]
        return rows

    monkeypatch.setattr(DevoHook, "get_records", turned)


def test_a_candidate_that_answers_otherwise_is_not_promoted(
    promoted: World, context: Any, devo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_wrongly(monkeypatch, f"{promoted.name}_candidate")
    with pytest.raises(ModelRejectedError, match="16 of 16 known names are answered"):
        promoted.operator(NEW).execute(context)
    assert devo.asked(path="upload") == []


def test_a_model_that_answers_otherwise_in_service_is_taken_out(
    promoted: World, context: Any, monkeypatch: pytest.MonkeyPatch, statsd: StatsdServer
) -> None:
    with monkeypatch.context() as patch:
        answer_wrongly(patch, promoted.name)
        with pytest.raises(
            ModelRejectedError, match=rf"The former model \(version {OLD}, sha256 \w+\) serves"
        ):
            promoted.operator(NEW).execute(context)
    assert [sent for sent in statsd.read() if sent.startswith("model.")] == ["model.rollbacks:1|c"]
    assert promoted.serves == OLD
    assert promoted.store.under_way(promoted.name) is None
    promoted.operator(NEW).execute(context)
    assert promoted.serves == NEW


def test_a_former_model_that_still_answers_is_found_out(
    promoted: World, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Devo may take a minute to notice: known names alone would not tell two good models apart."""
    records = DevoHook.get_records
    RegisterModelOperator(
        task_id="stale", name=f"{promoted.name}_stale", model_file=promoted.trained[OLD]["model_file"]
    ).execute(context)

    def stale(hook: DevoHook, query: str, **named: Any) -> list[dict[str, Any]]:
        return records(hook, query.replace(f'"{promoted.name}"', f'"{promoted.name}_stale"'), **named)

    with monkeypatch.context() as patch:
        patch.setattr(DevoHook, "get_records", stale)
        with pytest.raises(ModelRejectedError, match=r"of \d+ known names"):
            promoted.operator(NEW).execute(context)
    assert promoted.serves == OLD


def test_a_former_model_may_answer_for_a_while(
    promoted: World, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def settled() -> bool:
        asked.append(1)
        return len(asked) > 2

    with monkeypatch.context() as patch:
        answer_wrongly(patch, promoted.name, unless=settled)
        patch.setattr("airflow_provider_devo_dga.promotion.probe._PAUSE", 0.05)
        promoted.operator(NEW, settle_seconds=60).execute(context)
    assert promoted.serves == NEW
    assert len(asked) == 3


KILLS = {
    "before anything": (ModelStore, "begin", False),
    "before the upload": (MLModelManagerHook, "add_model", False),
    "after the upload": (MLModelManagerHook, "_upload", True),
    "after the replacement": (MLModelManagerHook, "add_model", True),
    "before the end": (ModelStore, "finish", False),
    "after the end": (ModelStore, "finish", True),
}


@pytest.mark.parametrize("moment", KILLS)
def test_a_retry_after_a_kill_finishes(
    promoted: World, context: Any, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    kill_at(promoted, context, monkeypatch, moment)
    promoted.operator(NEW).execute(context)
    assert promoted.serves == NEW
    last = promoted.store.last(promoted.name)
    assert last is not None
    assert last.former is not None
    assert last.former.sha256 == promoted.trained[OLD]["sha256"]
    assert promoted.store.under_way(promoted.name) is None


@pytest.mark.parametrize("moment", KILLS)
def test_a_retry_after_a_kill_puts_back_what_it_cannot_verify(
    promoted: World, context: Any, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    kill_at(promoted, context, monkeypatch, moment)
    with monkeypatch.context() as patch:
        answer_wrongly(patch, promoted.name)
        with pytest.raises(ModelRejectedError):
            promoted.operator(NEW).execute(context)
    # after the end it was verified already
    assert promoted.serves == (NEW if moment == "after the end" else OLD)


def kill_at(world: World, context: Any, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """End a promotion at a moment as SIGKILL does: nothing of ours runs after it."""
    owner, name, after = KILLS[moment]
    original = getattr(owner, name)

    def killed(*arguments: Any, **named: Any) -> None:
        if after:
            original(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, killed)
        patch.setattr("airflow_provider_devo_dga.promotion.promotion.Promotion._put_back", lambda *_: "")
        with pytest.raises(Killed):
            world.operator(NEW).execute(context)


def test_another_model_after_a_kill_has_the_last_verified_one_to_fall_back_on(
    promoted: World, context: Any, monkeypatch: pytest.MonkeyPatch, glm_mojo: Any
) -> None:
    kill_at(promoted, context, monkeypatch, "after the replacement")
    next_one = "20260119T030000Z"
    content = glm_mojo(TUTORIAL_FEATURES.names, {"entropy": 2.0}, -4.0)
    promoted.trained[next_one] = promoted.train(next_one, content)
    promoted.register_candidate(next_one, context)
    with monkeypatch.context() as patch:
        answer_wrongly(patch, promoted.name)
        with pytest.raises(ModelRejectedError):
            promoted.operator(next_one).execute(context)
    assert promoted.serves == OLD


def test_a_former_model_that_cannot_be_put_back_is_told_of(
    promoted: World, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        answer_wrongly(patch, promoted.name)
        patch.setattr(ModelStore, "content", lost := Losing())
        with pytest.raises(ModelRejectedError, match="could NOT be put back: the file is lost") as caught:
            promoted.operator(NEW).execute(context)
    assert lost.asked == 2
    assert "former/" in str(caught.value)
    promoted.operator(NEW).execute(context)
    assert promoted.serves == NEW


class Losing:
    """A store whose file is there at first, and gone when it is needed."""

    asked = 0

    def __get__(self, store: Any, owner: Any = None) -> Callable[..., bytes]:
        def content(former: Any) -> bytes:
            self.asked += 1
            if self.asked > 1:
                raise DevoPermanentError("the file is lost")
            return (store.folder / "former" / f"{former.sha256}.zip").read_bytes()

        return content


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


def test_what_cannot_be_asked_is_not_promoted(promoted: World, context: Any) -> None:
    with pytest.raises(DevoQueryError):
        promoted.operator(NEW, table="no.such.table").execute(context)
    assert promoted.serves == OLD
    # Devo may give no row at all for a window without events
    with pytest.raises(ModelRejectedError, match="no event in the probe's window"):
        check_known_names([], [], model="m")
