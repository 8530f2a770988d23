"""What one training calls its rows, its frames and its models on the connected cluster."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from airflow_provider_devo_dga.training.cluster.connection import current_address
from airflow_provider_devo_dga.training.cluster.durable import Durable, content_of
from airflow_provider_devo_dga.training.cluster.session import removed


class Keys:
    """Keys of one training's own: others may train the same model there.

    Use it in a ``with`` block: what is under random keys goes with it.

    :param durable: names that the next try finds again, and that stay; None takes random ones.
    """

    def __init__(self, model_id: str, durable: Durable | None) -> None:
        self.model = f"{model_id}_{secrets.token_hex(4)}"
        self._durable = durable
        self._gone = ExitStack()
        self._made = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gone.close()

    def take(self, rows: Path, facts: Mapping[str, Any]) -> None:
        """Take the keys for these rows, and clear the place of what former runs have left.

        :param facts: what the model depends on beside the rows.
        """
        if self._durable is None:
            self._gone.enter_context(removed(self.rows, self.model))
            return
        import h2o

        self.model = self._durable.model_key(content_of(rows, facts))
        self._durable.settle(current_address(), self.model)
        # frames without a key of their own are the session's: under a key that the next try can derive
        h2o.connection()._session_id = self._durable.session

    @property
    def stay(self) -> bool:
        """Whether the next try finds the keys again."""
        return self._durable is not None

    @property
    def raw(self) -> str:
        """The file as it is sent; of a durable training, one that was left half sent is replaced."""
        return f"{self._durable.task if self._durable else self.model}_raw"

    @property
    def rows(self) -> str:
        return f"{self.model}_rows"

    def part(self, name: str) -> str:
        return f"{self.model}_{name}"

    def another(self) -> str:
        """Return the key of one more model, made for this training only."""
        self._made += 1
        # each try trains the same models in the same order
        key = f"{self.model}_{self._made}"
        if self._durable is None:
            self._gone.enter_context(removed(key))
        return key
