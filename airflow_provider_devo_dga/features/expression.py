"""The closed set of nodes a feature is made of.

A node is data: it names what is computed, never how. Each backend (``reference``, ``h2o_frame``, ``linq``)
is one total ``match`` over these nodes; mypy names the backend that forgot a new one.

Text nodes read the host's parts (``host.py``); number nodes give one finite float per host.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """The main label: ``example`` of ``www.example.co.uk``, lower case."""


@dataclass(frozen=True, slots=True)
class Tld:
    """The top-level domain, the text behind the last dot: ``uk`` of ``www.example.co.uk``, lower case."""


Text = Label | Tld


@dataclass(frozen=True, slots=True)
class Length:
    """Characters in the text."""

    text: Text


@dataclass(frozen=True, slots=True)
class Entropy:
    """Shannon entropy of the text's characters, in bits."""

    text: Text


@dataclass(frozen=True, slots=True)
class EntropyRatio:
    """Entropy over the most this length allows (log2 of the length); 1 for a single character."""

    text: Text


@dataclass(frozen=True, slots=True)
class CountChars:
    """How many characters of the text are in ``chars``."""

    text: Text
    chars: str


@dataclass(frozen=True, slots=True)
class LongestRun:
    """Length of the longest run of characters in ``chars``, counted up to ``most``."""

    text: Text
    chars: str
    most: int


@dataclass(frozen=True, slots=True)
class StartsIn:
    """1 when the first character is in ``chars``, else 0."""

    text: Text
    chars: str


@dataclass(frozen=True, slots=True)
class EndsIn:
    """1 when the last character is in ``chars``, else 0."""

    text: Text
    chars: str


@dataclass(frozen=True, slots=True)
class StartsWith:
    """1 when the text starts with ``prefix``, else 0."""

    text: Text
    prefix: str


@dataclass(frozen=True, slots=True)
class IsOneOf:
    """1 when the whole text is one of ``values``, else 0."""

    text: Text
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Division:
    """``numerator / denominator``; the denominator must never be 0 (a length never is)."""

    numerator: Number
    denominator: Number


@dataclass(frozen=True, slots=True)
class HasLength:
    """1 when the text has exactly ``length`` characters, else 0."""

    text: Text
    length: int


Number = (
    Length
    | Entropy
    | EntropyRatio
    | CountChars
    | LongestRun
    | StartsIn
    | EndsIn
    | StartsWith
    | IsOneOf
    | HasLength
    | Division
)
