"""The held-out rows with their scores, as arrays: a few bytes a row, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUSPECT_FROM = 0.9
"""A legit row that was held out and has at least this score may be labelled wrongly."""

SUSPECTS_KEPT = 50


class Suspect(NamedTuple):
    """A legit row with a score that legit rows seldom have."""

    label: str
    tld: str
    score: float


@dataclass(frozen=True, slots=True)
class Suspects:
    """Legit rows that a model which never saw them scores at least ``SUSPECT_FROM``.

    :param count: how many there are.
    :param legit: legit rows that were looked at.
    :param highest: those with the highest scores, at most ``SUSPECTS_KEPT``.
    """

    count: int
    legit: int
    highest: tuple[Suspect, ...]

    @classmethod
    def joined(cls, several: Iterable[Suspects]) -> Suspects:
        listed = list(several)
        highest = sorted(
            (suspect for suspects in listed for suspect in suspects.highest),
            key=lambda suspect: (-suspect.score, suspect.label),
        )
        return cls(
            sum(suspects.count for suspects in listed),
            sum(suspects.legit for suspects in listed),
            tuple(highest[:SUSPECTS_KEPT]),
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
    suspects: Suspects | None = None

    @classmethod
    def of_rows(cls, rows: Iterable[tuple[bool, str, float]]) -> ScoredPart:
        """Take rows of class, family and score; for few rows."""
        import numpy as np

        listed = list(rows)
        names: dict[str, int] = {}
        codes = [names.setdefault(family, len(names)) for _, family, _ in listed]
        return cls(
            scores=np.array([score for _, _, score in listed], dtype=np.float64),
            malicious=np.array([malicious for malicious, _, _ in listed], dtype=np.bool_),
            family=np.array(codes, dtype=np.int32),
            families=tuple(names),
        )

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
