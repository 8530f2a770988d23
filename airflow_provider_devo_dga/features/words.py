"""Backend: words. What a feature's value says of one host, beside the values that legit names mostly have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features.dga import CONSONANTS, DIGITS, VOWELS
from airflow_provider_devo_dga.features.host import HostParts


@dataclass(frozen=True, slots=True)
class Usual:
    """Between which values a feature of most legit names lies, both included."""

    low: float
    high: float


_CHARACTERS = {
    VOWELS: ("vowels", "a vowel"),
    CONSONANTS: ("consonants", "a consonant"),
    DIGITS: ("digits", "a digit"),
    "-": ("hyphens", "a hyphen"),
    "abcdef0123456789": ("hexadecimal digits", "a hexadecimal digit"),
    "abcdefghijklm": ("letters of the alphabet's first half", "a letter of the alphabet's first half"),
}
"""Sets of characters that have a name, of many and of one; others are spelled out."""


def words(node: e.Number, value: float, usual: Usual, parts: HostParts) -> str:
    """Return in words how a host's value differs from the usual ones.

    ``""`` when it does not, or when nothing is known of what the number means: a weighted sum of anything but
    counted sequences.

    Features that say the same of a host say it in the same words. All that speak of the top-level domain name
    it, whatever they make of it.

    :param value: of ``node`` for this host.
    :param usual: of the same node.
    """
    if _is_of_tld(node):
        return f"the ending .{parts.tld}"
    if usual.low <= value <= usual.high:
        return ""
    return _more(node) if value > usual.high else _less(node)


def _is_of_tld(node: e.Number) -> bool:
    match node:
        case e.Division(numerator, _):
            return _is_of_tld(numerator)
        case e.WeightedSum(terms):
            return all(_is_of_tld(term) for _, term in terms)
        case _:
            return node.text == e.Tld()


def _is_of_shapes(node: e.WeightedSum) -> bool:
    """Tell whether it is a sum as training learns them; of another one nobody knows what it speaks for."""
    return all(isinstance(term, e.CountShapes) for _, term in node.terms)


def _more(node: e.Number) -> str:
    match node:
        case e.Length():
            return "long"
        case e.Entropy():
            return "many different characters"
        case e.EntropyRatio():
            return "hardly a character twice"
        case e.CountChars(_, chars):
            return f"many {_plural(chars)}"
        case e.CountShapes():
            return f"many of the listed {node.width}-character sequences"
        case e.LongestRun(_, chars):
            return f"a long run of {_plural(chars)}"
        case e.StartsIn(_, chars):
            return f"begins with {_single(chars)}"
        case e.EndsIn(_, chars):
            return f"ends in {_single(chars)}"
        case e.StartsWith(_, prefix):
            return f"begins with {prefix}"
        case e.IsOneOf():
            return "a name from a list"
        case e.HasLength(_, length):
            return f"{length} characters long"
        case e.Division(numerator, _):
            return _more(numerator)
        case e.WeightedSum():  # see recipe.LearnedOdds: above 0 speaks for legit
            return "character sequences that legit names often have" if _is_of_shapes(node) else ""
        case _:
            assert_never(node)


def _less(node: e.Number) -> str:
    match node:
        case e.Length():
            return "short"
        case e.Entropy():
            return "few different characters"
        case e.EntropyRatio():
            return "the same characters again and again"
        case e.CountChars(_, chars):
            return f"few {_plural(chars)}"
        case e.CountShapes():
            return f"few of the listed {node.width}-character sequences"
        case e.LongestRun(_, chars):
            return f"only short runs of {_plural(chars)}"
        case e.StartsIn(_, chars):
            return f"does not begin with {_single(chars)}"
        case e.EndsIn(_, chars):
            return f"does not end in {_single(chars)}"
        case e.StartsWith(_, prefix):
            return f"does not begin with {prefix}"
        case e.IsOneOf():
            return "no name from a list"
        case e.HasLength(_, length):
            return f"not {length} characters long"
        case e.Division(numerator, _):
            return _less(numerator)
        case e.WeightedSum():
            return "character sequences that legit names seldom have" if _is_of_shapes(node) else ""
        case _:
            assert_never(node)


def _plural(chars: str) -> str:
    return _CHARACTERS[chars][0] if chars in _CHARACTERS else _out_of("characters", chars)


def _single(chars: str) -> str:
    return _CHARACTERS[chars][1] if chars in _CHARACTERS else _out_of("a character", chars)


def _out_of(what: str, chars: str) -> str:
    return f"{what} out of {chars}" if len(chars) > 1 else chars
