"""Backend: columns of an H2O frame. H2O computes them on its cluster; nothing passes through this process."""

from __future__ import annotations

import functools
import operator
import re
from typing import TYPE_CHECKING, assert_never

from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features.feature_set import FeatureSet

if TYPE_CHECKING:
    from h2o import H2OFrame

LABEL_COLUMN = "label"
TLD_COLUMN = "tld"


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
            return text(of, frame).nchar()
        case e.Entropy(of):
            # H2O gives -0.0 for one distinct character; adding 0 makes it 0.0
            return text(of, frame).entropy() + 0.0
        case e.EntropyRatio(of):
            length = text(of, frame).nchar()
            bits = (length > 1).ifelse(length, 2.0).log2()
            return (length > 1).ifelse(text(of, frame).entropy() / bits, 1.0)
        case e.CountChars(of, chars):
            return text(of, frame).countmatches(list(chars))
        case e.CountShapes(of):
            # a piece becomes one character, never none: H2O may take an empty text for a missing one
            shortened = text(of, frame).gsub(node.pattern, e.PIECE)
            return (text(of, frame).nchar() - shortened.nchar()) / (node.width - 1)
        case e.LongestRun(of, chars, most):
            runs = _matches(of, f"{e.one_of(chars)}{{1}}", frame)
            for length in range(2, most + 1):
                runs = runs + _matches(of, f"{e.one_of(chars)}{{{length}}}", frame)
            return runs
        case e.StartsIn(of, chars):
            return _matches(of, f"^{e.one_of(chars)}", frame)
        case e.EndsIn(of, chars):
            return _matches(of, f"{e.one_of(chars)}$", frame)
        case e.StartsWith(of, prefix):
            return _matches(of, f"^{re.escape(prefix)}", frame)
        case e.IsOneOf(of, values):
            return _matches(of, f"^({'|'.join(re.escape(value) for value in values)})$", frame)
        case e.HasLength(of, length):
            return text(of, frame).nchar() == length
        case e.Division(numerator, denominator):
            return number(numerator, frame) / number(denominator, frame)
        case e.WeightedSum(terms):
            weighted = [number(term, frame) * weight for weight, term in terms]
            return functools.reduce(operator.add, weighted)
        case _:
            assert_never(node)


def text(node: e.Text, frame: H2OFrame) -> H2OFrame:
    """Return the string column that a text node names."""
    match node:
        case e.Label():
            return frame[LABEL_COLUMN]
        case e.Tld():
            return frame[TLD_COLUMN]
        case _:
            assert_never(node)


def _matches(node: e.Text, pattern: str, frame: H2OFrame) -> H2OFrame:
    return text(node, frame).grep(pattern, output_logical=True)
