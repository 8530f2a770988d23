"""A page waits briefly for a slow source, and shows the last answer meanwhile."""

from __future__ import annotations

import threading
import time
from itertools import count

import pytest

from airflow_provider_devo_dga.plugins.brief_wait import BriefWait


def test_an_answer_is_kept_for_a_while_and_then_asked_for_again() -> None:
    numbers = count()
    waiting: BriefWait[int] = BriefWait(keep=0.2, wait=5)
    assert [waiting.get("a", lambda: next(numbers)) for _ in range(3)] == [0, 0, 0]
    assert waiting.get("b", lambda: 7) == 7
    time.sleep(0.25)
    assert waiting.get("a", lambda: next(numbers)) == 1


def test_a_late_answer_is_there_the_next_time_and_was_asked_for_once() -> None:
    gate = threading.Event()
    asked = count()

    def slow() -> str:
        next(asked)
        gate.wait(10)
        return "late"

    waiting: BriefWait[str] = BriefWait(keep=60, wait=0.05)
    assert waiting.get("a", slow) is None
    assert waiting.get("a", slow) is None
    gate.set()
    waiting.wait = 5
    assert waiting.get("a", slow) == "late"
    assert next(asked) == 1


def test_the_last_answer_is_shown_while_a_new_one_is_late() -> None:
    gate = threading.Event()
    waiting: BriefWait[str] = BriefWait(keep=0, wait=0.05)
    assert waiting.get("a", lambda: "old") == "old"
    assert waiting.get("a", lambda: "new" if gate.wait(10) else "never") == "old"
    gate.set()


def test_an_error_is_raised_and_the_question_asked_anew() -> None:
    waiting: BriefWait[int] = BriefWait(keep=60, wait=5)
    with pytest.raises(ZeroDivisionError):
        waiting.get("a", lambda: 1 // 0)
    assert waiting.get("a", lambda: 2) == 2
