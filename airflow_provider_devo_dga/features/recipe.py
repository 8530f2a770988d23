"""A feature set of which a part is learned from the rows that a model is trained on."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar, NamedTuple, Protocol

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features.feature_set import Class, Feature, FeatureSet, directions

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_SMOOTHING = 1.0
_DIGITS = 3


class LabelledName(NamedTuple):
    """One training row, as far as features are learned from it."""

    label: str
    malicious: bool


class Learned(Protocol):
    """A feature that is to be learned.

    :ivar sets_names_apart: it learns from legit names that no tree may be grown on.
    """

    speaks_for: ClassVar[Class]
    sets_names_apart: ClassVar[bool]

    @property
    def name(self) -> str: ...

    def learn(self, rows: Iterable[LabelledName]) -> Feature:
        """Return the feature that these rows give."""
        ...


@dataclass(frozen=True, slots=True)
class LearnedOdds:
    """A feature to be learned: how much the letter sequences of a label are those of legit names.

    A sequence's log-odds are the logarithm of its share of all sequences in legit labels over that in DGA
    labels. Sequences of like log-odds share a bucket, and buckets hold about the same share of the text. The
    feature is the sum over the buckets of the count of their sequences times their mean log-odds, divided by
    the label's length: below 0 speaks for DGA, above 0 for legit.

    :param name: of the feature.
    :param width: letters in a sequence, 2 to 8.
    :param buckets: how many; each is one regular expression to serve.
    :param least: sequences that occur fewer times in the training labels are left out, as chance.
    :param most: so many sequences are kept at most: those that tell the classes apart in most of the text.
    """

    name: str
    width: int
    buckets: int
    least: int = 1
    most: int | None = None
    speaks_for: ClassVar[Class] = "legit"
    sets_names_apart: ClassVar[bool] = False

    def learn(self, rows: Iterable[LabelledName]) -> Feature:
        """Return the feature that these rows give.

        :raises FeatureError: when the rows have fewer sequences than there are buckets.
        """
        grams = _telling(rows, self)
        if len(grams) < self.buckets:
            raise FeatureError(
                f"The training labels have {len(grams)} sequences of {self.width} letters that occur"
                f" {self.least} times or more; {self.name!r} needs {self.buckets}. Use more rows, or"
                " a feature set that learns nothing"
            )
        terms = tuple(map(_term, _buckets(grams, self.buckets)))
        return Feature(self.name, e.Division(e.WeightedSum(terms), e.Length(e.Label())), self.speaks_for)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a feature set is before training: fixed features, and what is to be learned.

    :param name: of the feature set that it becomes.
    :param fixed: features that need no training.
    :param learned: what is to be learned, after the fixed ones.
    """

    name: str
    fixed: tuple[Feature, ...]
    learned: tuple[Learned, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features in order."""
        fixed = tuple(feature.name for feature in self.fixed)
        return fixed + tuple(odds.name for odds in self.learned)

    @property
    def sets_names_apart(self) -> bool:
        """Whether something is learned from legit names that no tree may be grown on."""
        return any(each.sets_names_apart for each in self.learned)

    @property
    def directions(self) -> dict[str, int]:
        """Which way a model's score may go with more of a feature, as of the set that it becomes."""
        pairs = [(each.name, each.speaks_for) for each in self.fixed]
        return directions(pairs + [(each.name, each.speaks_for) for each in self.learned])

    def learn(self, rows: Iterable[LabelledName]) -> FeatureSet:
        """Return the feature set that these rows give; the same rows in any order give the same.

        :param rows: of the training part only, of both classes; gone through once for each learned feature.
        :raises FeatureError: for rows too few to learn from.
        """
        return FeatureSet(self.name, (*self.fixed, *(odds.learn(rows) for odds in self.learned)))


class _Gram(NamedTuple):
    odds: float  # natural log-odds, legit against DGA
    letters: str
    share: float  # of the text, each class being one half


def _grams(label: str, width: int) -> Iterator[str]:
    for start in range(len(label) - width + 1):
        gram = label[start : start + width]
        if _LETTERS.issuperset(gram):
            yield gram


def _telling(rows: Iterable[LabelledName], learned: LearnedOdds) -> list[_Gram]:
    """Return the sequences to keep, by rising log-odds."""
    legit: Counter[str] = Counter()
    dga: Counter[str] = Counter()
    for row in rows:
        (dga if row.malicious else legit).update(_grams(row.label, learned.width))
    all_legit, all_dga = max(legit.total(), 1), max(dga.total(), 1)
    smooth = _SMOOTHING * len(_LETTERS) ** learned.width
    grams = [
        _Gram(
            odds=math.log((legit[letters] + _SMOOTHING) / (all_legit + smooth))
            - math.log((dga[letters] + _SMOOTHING) / (all_dga + smooth)),
            letters=letters,
            share=legit[letters] / all_legit + dga[letters] / all_dga,
        )
        for letters in sorted({*legit, *dga})
        if legit[letters] + dga[letters] >= learned.least
    ]
    grams.sort(key=lambda gram: (-abs(gram.odds) * gram.share, gram.letters))
    return sorted(grams[: learned.most])


def _buckets(grams: Sequence[_Gram], count: int) -> Iterator[Sequence[_Gram]]:
    """Yield ``count`` runs of ``grams`` that hold about the same share of the text; none is empty."""
    reached = list(accumulate(gram.share for gram in grams))
    start = 0
    for number in range(1, count + 1):
        end = bisect_left(reached, reached[-1] * number / count) + 1
        # the last bucket takes what rounding leaves, each other leaves one for those that follow
        end = len(grams) if number == count else min(max(end, start + 1), len(grams) - (count - number))
        yield grams[start:end]
        start = end


def _term(bucket: Sequence[_Gram]) -> e.Term:
    share = math.fsum(gram.share for gram in bucket)
    odds = math.fsum(gram.odds * gram.share for gram in bucket) / share
    return round(odds, _DIGITS), e.CountShapes(e.Label(), shapes_of(gram.letters for gram in bucket))


def shapes_of(grams: Iterable[str]) -> tuple[e.Shape, ...]:
    """Return shapes that have exactly these grams; those that differ in their last place alone share one.

    Merging other places too would make patterns 4 % shorter and engines three times as slow: they can no
    longer choose by the first letter.

    :param grams: all of one width.
    :return: sorted, so that the same grams give the same shapes in any order.
    """
    last: defaultdict[str, set[str]] = defaultdict(set)
    for gram in grams:
        last[gram[:-1]].add(gram[-1])
    return tuple(sorted((*beginning, "".join(sorted(chars))) for beginning, chars in last.items()))
