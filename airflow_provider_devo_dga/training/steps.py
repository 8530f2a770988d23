"""The steps of one training: how long each took, and whether the next may begin."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from airflow_provider_devo_dga.training.cluster.interruption import Interruption

_log = logging.getLogger(__name__)


class Steps:
    """Is told each step of a training.

    :param interruption: stops the training between two steps, and inside those that look at it.
    """

    def __init__(self, interruption: Interruption) -> None:
        self.interruption = interruption
        self.seconds: dict[str, float] = {}

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Run a step, unless the training was stopped, and note its duration."""
        self.interruption.check()
        began = time.monotonic()
        yield
        self.seconds[step] = time.monotonic() - began
        _log.info("training: step %s took %.1f s", step, self.seconds[step])
