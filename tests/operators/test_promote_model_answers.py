"""PromoteModelOperator asks Devo about known names: a model that answers otherwise does not serve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DevoPermanentError, DevoQueryError, ModelRejectedError
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from airflow_provider_devo_dga.promotion.probe import check_known_names
from tests.operators.promotions import NEW, OLD, World, answer_wrongly
from tests.statsd_server import StatsdServer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("devo_connections", "no_pauses")]


def test_a_clear_much_later_does_not_take_a_verified_model_out(
    promoted: World, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    promoted.operator(NEW).execute(context)
    answer_wrongly(monkeypatch, promoted.name)
    with pytest.raises(ModelRejectedError, match="otherwise than by the MOJO"):
        promoted.operator(NEW).execute(context)
    assert promoted.serves == NEW


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


def test_what_cannot_be_asked_is_not_promoted(promoted: World, context: Any) -> None:
    with pytest.raises(DevoQueryError):
        promoted.operator(NEW, table="no.such.table").execute(context)
    assert promoted.serves == OLD
    # Devo may give no row at all for a window without events
    with pytest.raises(ModelRejectedError, match="no event in the probe's window"):
        check_known_names([], [], model="m")
