"""Backend: columns of an H2O frame. H2O computes them on its cluster; nothing passes through this process."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, assert_never

from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features.feature_set import FeatureSet

if TYPE_CHECKING:
    from h2o import H2OFrame


def add_features(frame: H2OFrame, feature_set: FeatureSet) -> H2OFrame:
    """Return ``frame`` with one numeric column per feature added.

    :param frame: has string columns ``label`` and ``tld`` without missing or empty values.
    """
    features = number(feature_set.features[0].number, frame)
    for feature in feature_set.features[1:]:
        features = features.cbind(number(feature.number, frame))
    features.set_names(list(feature_set.names))
    return frame.cbind(features)


def number(node: e.Number, frame: H2OFrame) -> H2OFrame:
    """Return the one-column frame of a node."""
    match node:
        case e.Length(of):
            return frame[of.part].nchar()
        case e.Entropy(of):
            # H2O gives -0.0 for one distinct character; adding 0 makes it 0.0
            return frame[of.part].entropy() + 0.0
        case e.EntropyRatio(of):
            length = frame[of.part].nchar()
            bits = (length > 1).ifelse(length, 2.0).log2()
            return (length > 1).ifelse(frame[of.part].entropy() / bits, 1.0)
        case e.CountChars(of, chars):
            return frame[of.part].countmatches(list(chars))
        case e.CountShapes(of):
            # a piece becomes one character, never none: H2O may take an empty text for a missing one
            shortened = frame[of.part].gsub(node.pattern, e.PIECE)
            return (frame[of.part].nchar() - shortened.nchar()) / (node.width - 1)
        case e.LongestRun(of, chars, most):
            lengths = range(1, most + 1)
            return _sum(_matches(of, f"{e.one_of(chars)}{{{length}}}", frame) for length in lengths)
        case e.StartsIn(of, chars):
            return _matches(of, f"^{e.one_of(chars)}", frame)
        case e.EndsIn(of, chars):
            return _matches(of, f"{e.one_of(chars)}$", frame)
        case e.StartsWith(of, prefix):
            return _matches(of, f"^{re.escape(prefix)}", frame)
        case e.IsOneOf(of, values):
            return _matches(of, f"^({'|'.join(re.escape(value) for value in values)})$", frame)
        case e.HasLength(of, length):
            return frame[of.part].nchar() == length
        case e.Division(numerator, denominator):
            return number(numerator, frame) / number(denominator, frame)
        case e.WeightedSum(terms):
            return _sum(number(term, frame) * weight for weight, term in terms)
        case _:
            assert_never(node)


def _sum(columns: Iterable[H2OFrame]) -> H2OFrame:
    # sum() would begin with 0, one more operation on the cluster
    return functools.reduce(operator.add, columns)


def _matches(of: e.Text, pattern: str, frame: H2OFrame) -> H2OFrame:
    return frame[of.part].grep(pattern, output_logical=True)
