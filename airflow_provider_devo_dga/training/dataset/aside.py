"""Rows that were set aside: how many for which reason, the first of them, and of which families."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.training.dataset.rows import Bad

MOST_SET_ASIDE = 0.1
"""Share of a source's rows that may be set aside, whatever its form and the reasons."""

UNKNOWN_CLASS = "a class that is neither legit nor dga"

_EXAMPLES = 3
_LONGEST = 80


class SetAside:
    """Counts and examples of one source."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.families: Counter[str] = Counter()
        self._first: defaultdict[str, list[Bad]] = defaultdict(list)

    @classmethod
    def of(cls, several: Iterable[SetAside]) -> SetAside:
        """Return the counts and examples of several files together."""
        found = cls()
        for one in several:
            found.counts += one.counts
            for reason, rows in one._first.items():
                found._first[reason] = (found._first[reason] + rows)[:_EXAMPLES]
        return found

    def add(self, row: Bad, count: int = 1) -> None:
        """Count one row, or several of which it is the first."""
        self.counts[row.reason] += count
        if len(self._first[row.reason]) < _EXAMPLES:
            self._first[row.reason].append(row)

    def missing(self, reason: str) -> bool:
        """Say whether there are too few examples of a reason."""
        return len(self._first[reason]) < _EXAMPLES

    @property
    def examples(self) -> Mapping[str, list[str]]:
        """Return the first rows by reason, each with its line."""
        return {
            reason: [f"line {row.line}: {row.text[:_LONGEST]!r}" for row in rows]
            for reason, rows in self._first.items()
            if rows
        }

    def told(self) -> str:
        """Return the reasons with their counts and examples, the most frequent first."""
        return "; ".join(
            f"{count} {reason} ({', '.join(self.examples[reason])})"
            for reason, count in self.counts.most_common()
        )

    def check(self, rows: int) -> None:
        """Refuse a source of which too much was set aside.

        :raises DatasetError: with reasons and examples.
        """
        if self.counts.total() > MOST_SET_ASIDE * rows:
            raise DatasetError(
                f"{self.counts.total()} of {rows} rows cannot be used (at most {MOST_SET_ASIDE:.0%} may be"
                f" set aside): {self.told()}"
            )
