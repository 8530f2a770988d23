"""What a dataset was found to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_MOST_FAMILIES = 40
_MOST_SOURCES = 20


@dataclass(frozen=True, slots=True)
class SourceReport:
    """Counts of one source.

    :param name: its address without credentials.
    :param kind: ``rows`` for the form with four columns, else the class of a plain list.
    """

    name: str
    kind: str
    rows_read: int
    skipped: int
    malformed: int


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """Counts of a prepared dataset.

    ``rows_read == rows_used + duplicates + conflicts + skipped + malformed`` always holds.

    :param rows_read: rows behind the header, blank lines not counted.
    :param rows_used: rows written for training, one per label.
    :param legit: used rows of the legit class.
    :param dga: used rows of the DGA class.
    :param families: used rows by DGA family.
    :param duplicates: rows left out because their label was there already, in the same class.
    :param conflicts: rows left out because their label is in both classes.
    :param conflict_examples: the first few of these labels.
    :param skipped: rows whose host has no label that features can read.
    :param non_ascii: skipped rows with characters outside ASCII.
    :param addresses: skipped rows with an IP address for a host.
    :param malformed: rows with another number of fields than the header.
    :param label_mismatches: used or left-out rows whose column ``domain`` differs from the derived label.
    :param sources: what came from where.
    :param sha256: fingerprint of the used rows, whatever their order was.
    """

    rows_read: int
    rows_used: int
    legit: int
    dga: int
    families: dict[str, int]
    duplicates: int
    conflicts: int
    conflict_examples: tuple[str, ...]
    skipped: int
    non_ascii: int
    addresses: int
    malformed: int
    label_mismatches: int
    sources: tuple[SourceReport, ...]
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; ``families`` holds the 40 largest, ``sources`` the first 20."""
        largest = sorted(self.families.items(), key=lambda item: (-item[1], item[0]))[:_MOST_FAMILIES]
        return {
            "rows_read": self.rows_read,
            "rows_used": self.rows_used,
            "legit": self.legit,
            "dga": self.dga,
            "families": dict(largest),
            "families_left_out": len(self.families) - len(largest),
            "duplicates": self.duplicates,
            "conflicts": self.conflicts,
            "conflict_examples": list(self.conflict_examples),
            "skipped": self.skipped,
            "non_ascii": self.non_ascii,
            "addresses": self.addresses,
            "malformed": self.malformed,
            "label_mismatches": self.label_mismatches,
            "sources": [
                {
                    "name": source.name,
                    "kind": source.kind,
                    "rows_read": source.rows_read,
                    "skipped": source.skipped,
                    "malformed": source.malformed,
                }
                for source in self.sources[:_MOST_SOURCES]
            ],
            "sources_left_out": max(0, len(self.sources) - _MOST_SOURCES),
            "sha256": self.sha256,
        }
