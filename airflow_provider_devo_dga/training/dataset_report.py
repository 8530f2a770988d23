"""What a dataset was found to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_MOST_FAMILIES = 40


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
    :param skipped: rows whose host has no label that features can read.
    :param malformed: rows with another number of fields than the header.
    :param label_mismatches: used or left-out rows whose column ``domain`` differs from the derived label.
    :param sha256: fingerprint of the used rows, whatever their order was.
    """

    rows_read: int
    rows_used: int
    legit: int
    dga: int
    families: dict[str, int]
    duplicates: int
    conflicts: int
    skipped: int
    malformed: int
    label_mismatches: int
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; ``families`` holds the 40 largest."""
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
            "skipped": self.skipped,
            "malformed": self.malformed,
            "label_mismatches": self.label_mismatches,
            "sha256": self.sha256,
        }
