"""The held-out rows with their scores, as arrays: a few bytes a row, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.models.summary import SuspectedErrors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUSPECT_FROM = 0.9
"""A legit row that was held out and has at least this score may be labelled wrongly."""

SUSPECTS_KEPT = 50


def joined(several: Iterable[SuspectedErrors]) -> SuspectedErrors:
    """Return the suspects among several lots of rows as one: of the highest, ``SUSPECTS_KEPT`` at most."""
    listed = list(several)
    highest = sorted(
        (name for suspects in listed for name in suspects.highest), key=lambda name: (-name[2], name[0])
    )
    return SuspectedErrors(
        count=sum(suspects.count for suspects in listed),
        legit=sum(suspects.legit for suspects in listed),
        highest=highest[:SUSPECTS_KEPT],
    )


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPart:
    """Scored rows of one part.

    :param scores: probability of the DGA class, 0–1.
    :param malicious: whether the row is of the DGA class.
    :param family: index into ``families`` for every row.
    :param families: names; legit rows have one too.
    """

    scores: NDArray[np.float64]
    malicious: NDArray[np.bool_]
    family: NDArray[np.int32]
    families: tuple[str, ...]
    suspects: SuspectedErrors = field(default_factory=SuspectedErrors)

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def legit(self) -> NDArray[np.float64]:
        return self.scores[~self.malicious]

    @property
    def dga(self) -> NDArray[np.float64]:
        return self.scores[self.malicious]

    def caught_by_family(self, threshold: float) -> Mapping[str, tuple[int, int]]:
        """Return rows at or above ``threshold`` and all rows by DGA family, in order of the names."""
        import numpy as np

        codes = self.family[self.malicious]
        caught = np.bincount(codes[self.dga >= threshold], minlength=len(self.families))
        rows = np.bincount(codes, minlength=len(self.families))
        return {
            name: (int(caught[code]), int(rows[code]))
            for name, code in sorted((name, code) for code, name in enumerate(self.families))
            if rows[code]
        }
