"""The dataset of a model: what was read, used and left out, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What came from one place.

    :param form: of the file, in words.
    :param columns: name or number of the columns ``host``, ``class`` and ``family``, of those there are.
    :param classes: values of the class column by what they mean.
    :param set_aside: rows that are not used by reason, ``skipped`` and ``malformed`` among them.
    """

    name: str
    kind: str
    rows_read: int = 0
    skipped: int = 0
    malformed: int = 0
    form: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    classes: dict[str, list[str]] = field(default_factory=dict)
    set_aside: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Counts of what was trained on; ``rows_read`` are ``rows_used`` and all that was left out.

    :param sha256: fingerprint of the used rows, whatever their order was.
    :param families: used rows by DGA family.
    :param families_below_no_suffix: skipped rows by family whose names have no public suffix.
    :param duplicates: left out because their label was there already, in the same class.
    :param conflicts: left out because their label is in both classes.
    :param skipped: hosts without a label that features can read; ``non_ascii`` and ``addresses`` among them.
    :param malformed: rows that cannot be read: another number of fields, a stray quote, no text.
    :param unclassed: rows whose class is neither legit nor dga.
    :param label_mismatches: rows whose column ``domain`` differs from the derived label.
    """

    sha256: str
    rows_read: int = 0
    rows_used: int = 0
    legit: int = 0
    dga: int = 0
    families: dict[str, int] = field(default_factory=dict)
    families_left_out: int = 0
    families_below_no_suffix: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    conflicts: int = 0
    conflict_examples: list[str] = field(default_factory=list)
    skipped: int = 0
    non_ascii: int = 0
    addresses: int = 0
    malformed: int = 0
    unclassed: int = 0
    label_mismatches: int = 0
    sources: list[Source] = field(default_factory=list)
    sources_left_out: int = 0
