"""How common the character sequences of a label are among legit names alone. Looks at no DGA name."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features.feature_set import Class, Feature
from airflow_provider_devo_dga.features.recipe import LabelledName, shapes_of

_DIGITS = 3
_UNKNOWN = 0.5  # of a sequence that is not kept, as if it had occurred half a time
_ONE_SIDE = frozenset("airscmhgvkjq1256-")


@dataclass(frozen=True, slots=True)
class LegitGrams:
    """A feature to be learned: how common the character sequences of a label are among legit names.

    It owes nothing to DGA families, so that a new one cannot be strange to it. Sequences whose counts have
    the same whole binary logarithm share a bucket, and all other sequences count as unknown. The feature is
    the sum over the label's sequences of the binary logarithm of how many times as frequent their bucket is
    as an unknown one, divided by the label's length: 0 for a label of unknown sequences only.

    It is learned from a quarter of the legit names, and trees are to be grown on the others: they would trust
    it too much with names that it was learned from. Served is what the quarter has taught.

    :param name: of the feature.
    :param width: characters in a sequence, 2 to 8.
    :param most: so many sequences are kept at most, the most frequent.
    :param least: sequences that occur fewer times are unknown.
    """

    name: str
    width: int
    most: int
    least: int = 2
    speaks_for: ClassVar[Class] = "legit"
    sets_names_apart: ClassVar[bool] = True

    def learn(self, rows: Iterable[LabelledName]) -> Feature:
        """Return the feature that the legit names of these rows give which only teach.

        :raises FeatureError: when they have no sequence often enough.
        """
        counts: Counter[str] = Counter()
        for row in rows:
            if not row.malicious and only_teaches(row.label):
                counts.update(
                    row.label[at : at + self.width] for at in range(len(row.label) - self.width + 1)
                )
        kept = {gram: count for gram, count in self._frequent(counts) if count >= self.least}
        if not kept:
            raise FeatureError(
                f"The legit training labels have no sequence of {self.width} characters that occurs"
                f" {self.least} times; {self.name!r} needs some. Use more rows, or a feature set without it"
            )
        return Feature(
            self.name, e.Division(e.WeightedSum(tuple(_terms(kept))), e.Length(e.Label())), "legit"
        )

    def _frequent(self, counts: Counter[str]) -> list[tuple[str, int]]:
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: self.most]


def only_teaches(label: str) -> bool:
    """Tell whether a legit training name is one that sequences are learned from and no tree is grown on.

    It hangs on the name alone, and a quarter of all names do.
    """
    return hashlib.blake2b(label.encode(), digest_size=1, person=b"legit grams").digest()[0] < 64


def _terms(counts: Mapping[str, int]) -> Iterator[e.Term]:
    """Yield the counts of each bucket's sequences, the most frequent last, with their weight.

    What is counted leaves no overlap, so a sequence hides the next one of its count. Those of a bucket are
    counted in four groups, by the half of the alphabet that their first two characters are of: then a
    sequence and the next are in the same group one time in four.
    """
    buckets: defaultdict[int, defaultdict[tuple[bool, ...], list[str]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for gram, count in counts.items():
        side = tuple(character in _ONE_SIDE for character in gram[:2])
        buckets[count.bit_length()][side].append(gram)
    for _, groups in sorted(buckets.items()):
        grams = [gram for group in groups.values() for gram in group]
        mean = math.fsum(counts[gram] for gram in grams) / len(grams)
        weight = round(math.log2(mean / _UNKNOWN), _DIGITS)
        for _, group in sorted(groups.items()):
            yield weight, e.CountShapes(e.Label(), shapes_of(group))
