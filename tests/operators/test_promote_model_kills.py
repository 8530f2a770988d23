"""PromoteModelOperator after a kill: a retry finishes what was begun, or the former model serves."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_devo_dga.errors import ModelRejectedError
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.models.store import ModelStore
from tests.operators.promotions import NEW, OLD, World, answer_wrongly

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("devo_connections", "no_pauses")]


class Killed(BaseException):
    """The process ends here: nothing of ours may run after it."""


KILLS = {
    "before anything": (ModelStore, "begin", False),
    "before the upload": (MLModelManagerHook, "add_model", False),
    "after the upload": (MLModelManagerHook, "_upload", True),
    "after the replacement": (MLModelManagerHook, "add_model", True),
    "before the end": (ModelStore, "finish", False),
    "after the end": (ModelStore, "finish", True),
}


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
