"""Backend: columns of an H2O frame. H2O computes them on its cluster; nothing passes through this process.

Each feature is one expression of Rapids, H2O's language, and all of them are one request. Arithmetic of
``H2OFrame`` asks the cluster for the shape of either side at each step, which takes most of the time on small
data; columns of their own are asked for, and removed, one by one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, assert_never

from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features.feature_set import FeatureSet

if TYPE_CHECKING:
    from h2o import H2OFrame
    from h2o.expr import ExprNode


def add_features(frame: H2OFrame, feature_set: FeatureSet) -> H2OFrame:
    """Return ``frame`` with one numeric column per feature added.

    :param frame: has string columns ``label`` and ``tld`` without missing or empty values.
    """
    from h2o import H2OFrame

    names = [*frame.names, *feature_set.names]
    wider = _op("cbind", frame, *(number(each.number, frame) for each in feature_set.features))
    return H2OFrame._expr(expr=_op("colnames=", wider, range(len(names)), names))


def number(node: e.Number, frame: H2OFrame) -> ExprNode:
    """Return the expression of a node, one column."""
    match node:
        case e.Length(of):
            return _length(of, frame)
        case e.Entropy(of):
            # H2O gives -0.0 for one distinct character; adding 0 makes it 0.0
            return _op("+", _op("entropy", _text(of, frame)), 0.0)
        case e.EntropyRatio(of):
            several = _op(">", _length(of, frame), 1)
            bits = _op("log2", _op("ifelse", several, _length(of, frame), 2.0))
            return _op("ifelse", several, _op("/", _op("entropy", _text(of, frame)), bits), 1.0)
        case e.CountChars(of, chars):
            return _op("countmatches", _text(of, frame), list(chars))
        case e.CountShapes(of):
            # a piece becomes one character, never none: H2O may take an empty text for a missing one
            shortened = _op("replaceall", _text(of, frame), node.pattern, e.PIECE, False)
            fewer = _op("-", _length(of, frame), _op("strlen", shortened))
            return _op("/", fewer, node.width - 1)
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
            return _op("==", _length(of, frame), length)
        case e.Division(numerator, denominator):
            return _op("/", number(numerator, frame), number(denominator, frame))
        case e.WeightedSum(terms):
            return _sum(_op("*", number(term, frame), weight) for weight, term in terms)
        case _:
            assert_never(node)


def _op(name: str, *arguments: object) -> ExprNode:
    from h2o.expr import ExprNode

    return ExprNode(name, *arguments)


def _text(of: e.Text, frame: H2OFrame) -> ExprNode:
    return _op("cols_py", frame, of.part)


def _length(of: e.Text, frame: H2OFrame) -> ExprNode:
    return _op("strlen", _text(of, frame))


def _sum(columns: Iterable[ExprNode]) -> ExprNode:
    # sum() would begin with 0, one more operation on the cluster
    return functools.reduce(functools.partial(_op, "+"), columns)


def _matches(of: e.Text, pattern: str, frame: H2OFrame) -> ExprNode:
    # neither without regard to case nor inverted; whether it matches, not where
    return _op("grep", _text(of, frame), pattern, False, False, True)
