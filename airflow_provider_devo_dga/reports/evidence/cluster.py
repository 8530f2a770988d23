"""Flagged domains of one client that look alike: one public suffix, one form, a range of lengths."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import nsmallest

from airflow_provider_devo_dga.reports.evidence.label_form import label_form
from airflow_provider_devo_dga.reports.evidence.scored_rows import FlaggedRow


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Domains that one algorithm may have made.

    :param form: what their labels look like, see :class:`~.label_form.LabelForm`.
    :param suffix: their public suffix, ``""`` when unknown.
    :param shortest: length of the shortest label, in characters; ``longest`` likewise.
    """

    form: str
    suffix: str
    domains: int
    shortest: int
    longest: int


@dataclass
class Clusters:
    """One client's clusters so far; grows with suffixes, not with domains."""

    _found: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def add(self, row: FlaggedRow) -> None:
        """Count one flagged row."""
        length = len(row.label)
        found = self._found.setdefault((str(label_form(row.label)), row.suffix), [0, length, length])
        found[0] += 1
        found[1] = min(found[1], length)
        found[2] = max(found[2], length)

    def largest(self, most: int) -> tuple[Cluster, ...]:
        """Return the clusters of two domains or more, largest first, by name on a tie."""
        ranked = nsmallest(most, self._found.items(), key=lambda item: (-item[1][0], item[0]))
        return tuple(
            Cluster(form=form, suffix=suffix, domains=domains, shortest=shortest, longest=longest)
            for (form, suffix), (domains, shortest, longest) in ranked
            if domains > 1
        )
