"""Work that goes on in other threads while its results are taken in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

_THREADS = 2


def in_order(jobs: Iterable[Callable[[], Result]], ahead: int = _THREADS) -> Iterator[Result]:
    """Yield the results of jobs in order; so many are worked on ahead, and held in memory.

    The libraries that do the work let go of Python's lock, so threads are enough.
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="dataset") as pool:
        for job in jobs:
            waiting.append(pool.submit(job))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
