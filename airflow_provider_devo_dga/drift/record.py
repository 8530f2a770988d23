"""One window's drift as it is stored, and what people ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_devo_dga.documents import DocumentKind
from airflow_provider_devo_dga.drift.stability import LEAST_DOMAINS, stability_index
from airflow_provider_devo_dga.errors import DriftError

IN_A_ROW = 3
"""Windows with drift, one after the other, that make an alarm, where nobody says otherwise."""

_MOST = 2**53


@dataclass(frozen=True, kw_only=True)
class DriftRecord:
    """How a window's traffic differed from the model's training, and by what it was judged.

    :param domains: how many domains that were not flagged were compared.
    :param index: population stability index by feature, the largest first.
    :param limit: an index above it is drift.
    :param drifted: the features that drifted.
    :param share_flagged: of all domains of the window.
    :param false_positive_rate: share of legit names flagged in training; None when unknown.
    :param in_a_row: windows with drift that make an alarm.
    :param alarm: whether this window raised it.
    :param window: its ``from`` and ``to``.
    :raises DriftError: a number is out of range.
    """

    domains: int
    index: dict[str, float]
    limit: float
    drifted: tuple[str, ...]
    model_version: str | None
    share_flagged: float
    false_positive_rate: float | None
    in_a_row: int
    alarm: bool
    window: dict[str, str] | None = None

    def __post_init__(self) -> None:
        shares = (self.share_flagged, self.false_positive_rate or 0.0)
        counts = (self.domains, self.in_a_row - 1, self.limit, *self.index.values())
        if not (all(0 <= share <= 1 for share in shares) and all(0 <= count < _MOST for count in counts)):
            raise DriftError("it has a number that is out of range")

    @property
    def too_few(self) -> bool:
        """Whether there were too few domains to speak of drift."""
        return self.domains < LEAST_DOMAINS

    @property
    def score_index(self) -> float | None:
        """Stability index of the scores, in the two bins that Devo tells apart: flagged and not."""
        if self.false_positive_rate is None:
            return None
        then, now = self.false_positive_rate, self.share_flagged
        return stability_index((then, 1 - then), (now, 1 - now))

    @property
    def worst(self) -> tuple[str, float] | None:
        """The feature that moved most, with its index."""
        return max(self.index.items(), key=lambda item: item[1], default=None)


def lasts(newest_first: Sequence[DriftRecord | None], in_a_row: int) -> bool:
    """Whether the newest windows, as many as make an alarm, all drifted; None is one that was not watched."""
    recent = newest_first[:in_a_row]
    return len(recent) == in_a_row and all(found and found.drifted for found in recent)


def _with_in_a_row(found: dict[str, Any]) -> dict[str, Any]:
    return found | {"in_a_row": IN_A_ROW}


DRIFT = DocumentKind("record of drift", DriftRecord, 1, {0: _with_in_a_row})
"""Format 1 also says ``in_a_row``; before, nobody had another than three."""
