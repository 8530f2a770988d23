"""Backend: plain Python. The oracle the other two backends are held against."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from itertools import groupby
from typing import assert_never

from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import HostParts


def compute(feature_set: FeatureSet, parts: HostParts) -> list[float]:
    """Return the features of one host, in the set's order.

    :return: finite floats, one per feature.
    """
    return [number(feature.number, parts) for feature in feature_set.features]


def number(node: e.Number, parts: HostParts) -> float:
    """Return the value of one node for one host."""
    match node:
        case e.Length(of):
            return float(len(_text(of, parts)))
        case e.Entropy(of):
            return shannon_entropy(_text(of, parts))
        case e.EntropyRatio(of):
            value = _text(of, parts)
            return shannon_entropy(value) / math.log2(len(value)) if len(value) > 1 else 1.0
        case e.CountChars(of, chars):
            return float(sum(character in chars for character in _text(of, parts)))
        case e.CountShapes(of):
            return float(len(_compiled(node.pattern).findall(_text(of, parts))))
        case e.LongestRun(of, chars, most):
            return float(min(most, _longest_run(_text(of, parts), chars)))
        case e.StartsIn(of, chars):
            return float(_text(of, parts)[0] in chars)
        case e.EndsIn(of, chars):
            return float(_text(of, parts)[-1] in chars)
        case e.StartsWith(of, prefix):
            return float(_text(of, parts).startswith(prefix))
        case e.IsOneOf(of, values):
            return float(_text(of, parts) in values)
        case e.HasLength(of, length):
            return float(len(_text(of, parts)) == length)
        case e.Division(numerator, denominator):
            return number(numerator, parts) / number(denominator, parts)
        case e.WeightedSum(terms):
            return sum(weight * number(term, parts) for weight, term in terms)
        case _:
            assert_never(node)


def shannon_entropy(value: str) -> float:
    """Return the Shannon entropy of the characters of ``value``, in bits.

    :param value: any text, counted in code points; ``""`` gives 0.0.
    :return: 0.0 ≤ H ≤ log2(len(value)); equals H2O's ``H2OFrame.entropy`` to 1e-9 (tests/parity).
    """
    length = len(value)
    counts = Counter(value).values()
    return sum(-(count / length) * math.log2(count / length) for count in counts) if length else 0.0


def _text(of: e.Text, parts: HostParts) -> str:
    text: str = getattr(parts, of.part)  # never empty
    return text


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _longest_run(value: str, chars: str) -> int:
    runs = groupby(value, chars.__contains__)
    return max((len([*run]) for inside, run in runs if inside), default=0)
