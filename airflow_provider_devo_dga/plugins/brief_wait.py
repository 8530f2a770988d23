"""Answers of a slow source for pages that must not be slow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


class BriefWait(Generic[T]):
    """Asks a source in the background, keeps each answer for a while, and waits only briefly for a new one.

    :param keep: seconds after which an answer is asked for again.
    :param wait: seconds that a caller waits for an answer.
    """

    def __init__(self, *, keep: float, wait: float) -> None:
        self.keep = keep
        self.wait = wait
        self._questions: dict[str, _Question[T]] = {}
        self._turn = threading.Lock()
        # one question at a time, however many pages are opened
        self._asker = ThreadPoolExecutor(1, thread_name_prefix="devo-dga-page")

    def get(self, key: str, ask: Callable[[], T]) -> T | None:
        """Return the answer; the last one when there is no new one in time, None when there is none at all.

        :param ask: called in another thread. What it raises is raised here, if in time.
        """
        with self._turn:
            question = self._questions.setdefault(key, _Question())
            if question.under_way is None and time.monotonic() - question.answered_at >= self.keep:
                question.under_way = self._asker.submit(self._ask, question, ask)
            under_way = question.under_way
        if under_way is None:
            return question.answer
        try:
            return under_way.result(self.wait)
        except TimeoutError:
            return question.answer

    def _ask(self, question: _Question[T], ask: Callable[[], T]) -> T:
        try:
            answer = ask()
            question.answer, question.answered_at = answer, time.monotonic()
            return answer
        finally:
            with self._turn:
                question.under_way = None


@dataclass(slots=True)
class _Question(Generic[T]):
    answer: T | None = None
    answered_at: float = float("-inf")
    under_way: Future[T] | None = None
