"""Tables of the feature sets, and of the nodes that a feature is made of."""

from __future__ import annotations

import ast

from tests.docs.generated.markdown import code, from_rest, table
from tests.docs.generated.place import PACKAGE
from tests.docs.generated.source import fields, module


def features(name: str) -> str:
    """Return a table of a feature set."""
    from airflow_provider_devo_dga.features.dga import feature_set_named
    from airflow_provider_devo_dga.features.recipe import Recipe

    found = feature_set_named(name)
    fixed = found.fixed if isinstance(found, Recipe) else found.features
    rows = [(f"`{feature.name}`", _said(feature.number)) for feature in fixed]
    if isinstance(found, Recipe):
        rows += [(f"`{odds.name}`", _learned(odds)) for odds in found.learned]
    return table(("feature", "what is computed"), rows)


def _learned(odds: object) -> str:
    from airflow_provider_devo_dga.features.legit_grams import LegitGrams
    from airflow_provider_devo_dga.features.recipe import LearnedOdds

    if isinstance(odds, LegitGrams):
        return (
            f"*learned:* how common the label's sequences of {odds.width} characters are among legit names"
            f" alone, the {odds.most} most frequent"
        )
    assert isinstance(odds, LearnedOdds)
    kept = f", the {odds.most} that tell most" if odds.most else ""
    return (
        f"*learned:* log-odds, legit against DGA, of the label's sequences of {odds.width} letters{kept};"
        f" in {odds.buckets} buckets"
    )


def _said(node: object) -> str:
    from airflow_provider_devo_dga.features import expression as e

    match node:
        case e.Label():
            return "the label"
        case e.Tld():
            return "the TLD"
        case e.Division(numerator, denominator):
            return f"{_said(numerator)}, divided by {_said(denominator)}"
        case e.Length(of):
            return f"characters in {_said(of)}"
        case e.Entropy(of):
            return f"Shannon entropy of {_said(of)}, bits"
        case e.EntropyRatio(of):
            return f"entropy of {_said(of)}, divided by log2 of its length; 1 for one character"
        case e.CountChars(of, chars):
            return f"characters of {_said(of)} in `{chars}`"
        case e.CountShapes(of, shapes):
            return f"pieces of {_said(of)} that match `{'|'.join(map(''.join, shapes))}`"
        case e.WeightedSum(terms):
            return " + ".join(f"{weight:g} × {_said(term)}" for weight, term in terms)
        case e.LongestRun(of, chars, most):
            return f"longest run in {_said(of)} of characters in `{chars}`, counted up to {most}"
        case e.StartsIn(of, chars):
            return f"1 when {_said(of)} starts with one of `{chars}`"
        case e.EndsIn(of, chars):
            return f"1 when {_said(of)} ends with one of `{chars}`"
        case e.StartsWith(of, prefix):
            return f"1 when {_said(of)} starts with `{prefix}`"
        case e.IsOneOf(of, values):
            return f"1 when {_said(of)} is {' or '.join(f'`{value}`' for value in values)}"
        case e.HasLength(of, length):
            return f"1 when {_said(of)} has {length} characters"
    raise TypeError(f"{type(node).__name__} has no words here yet")


def nodes() -> str:
    """Return a table of the nodes that a feature is made of."""
    tree = module(f"{PACKAGE}/features/expression.py")
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    rows = ((f"`{_called(node)}`", from_rest(ast.get_docstring(node) or "")) for node in classes)
    return table(("node", "meaning"), rows)


def _called(node: ast.ClassDef) -> str:
    return f"{node.name}({', '.join(name for name, _, _ in fields(node))})"


def assumptions() -> str:
    """Return a table of what ``CheckLinqOperator`` asks of a tenant."""
    from airflow_provider_devo_dga.features.assumptions import ASSUMPTIONS

    rows = ((one.name, code(one.expression), f"`{one.answer}`") for one in ASSUMPTIONS)
    return table(("assumed", "asked", "expected"), rows)
