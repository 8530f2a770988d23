"""The closed set of nodes a feature is made of.

A node is data: it names what is computed, never how. Each backend (``reference``, ``h2o_frame``, ``linq``)
is one total ``match`` over these nodes; mypy names the backend that forgot a new one.

Text nodes read the host's parts (``host.py``); number nodes give one finite float per host.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from airflow_provider_devo_dga.errors import FeatureError

_CLASS = re.compile(r"[a-z0-9_-]+")
_WIDEST_SHAPE = 8

PIECE = "-"
"""What stands for a piece with one of the shapes where an engine counts by replacing."""

Shape = tuple[str, ...]
"""Characters place by place: ``("t", "aeh")`` is ``ta``, ``te`` or ``th``."""


@dataclass(frozen=True, slots=True)
class Label:
    """The main label: ``example`` of ``www.example.co.uk``, lower case."""

    part = "label"


@dataclass(frozen=True, slots=True)
class Tld:
    """The top-level domain, the text behind the last dot: ``uk`` of ``www.example.co.uk``, lower case."""

    part = "tld"


Text = Label | Tld
"""``part`` names it among the host's parts, in frames and in stored feature sets."""


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
class CountShapes:
    """How many pieces of the text have one of ``shapes``, taken from left to right without overlap.

    A shape names the characters of each place; all have the same width, 2 to 8. So no engine has a choice
    which of them to try first, and the count is the same in each.
    """

    text: Text
    shapes: tuple[Shape, ...]
    pattern: str = field(init=False, repr=False, compare=False)
    """Regular expression of the shapes; means the same to Python, Java and RE2."""

    def __post_init__(self) -> None:
        widths = {len(shape) for shape in self.shapes}
        if len(widths) != 1 or not 2 <= min(widths) <= _WIDEST_SHAPE:
            raise FeatureError(
                f"Shapes must have one width of 2 to {_WIDEST_SHAPE} places, not {sorted(widths)}"
            )
        wrong = sorted({chars for shape in self.shapes for chars in shape if not _CLASS.fullmatch(chars)})
        if wrong:
            raise FeatureError(
                f"A place of a shape holds letters, digits, '_' and '-' only, not {wrong[0]!r}"
            )
        object.__setattr__(self, "pattern", _pattern(self.shapes))

    @property
    def width(self) -> int:
        """Characters in a shape."""
        return len(self.shapes[0])


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
class WeightedSum:
    """The sum of numbers, each times its weight, added in the order of ``terms``."""

    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        if not self.terms or not all(math.isfinite(weight) for weight, _ in self.terms):
            raise FeatureError("A weighted sum needs terms, and weights that are finite")


@dataclass(frozen=True, slots=True)
class HasLength:
    """1 when the text has exactly ``length`` characters, else 0."""

    text: Text
    length: int


def _pattern(shapes: Iterable[Shape]) -> str:
    """Return the regular expression of shapes of one width, common beginnings once: engines try fewer."""
    behind: dict[str, list[Shape]] = {}
    for first, *others in shapes:
        behind.setdefault(first, []).append(tuple(others))
    pieces = []
    for first, rests in behind.items():
        rest = _pattern(rests) if rests[0] else ""
        pieces.append(one_of(first) + (f"(?:{rest})" if "|" in rest else rest))
    return "|".join(pieces)


def one_of(chars: str) -> str:
    """Return the regular expression of one character out of ``chars``, the same for every engine.

    :raises FeatureError: for anything but lower-case letters, digits, ``_`` and ``-``.
    """
    if not _CLASS.fullmatch(chars):
        raise FeatureError(f"Character class {chars!r} may hold letters, digits, '_' and '-' only")
    # a hyphen is safe only at the end of a class; nothing else in our alphabet is special
    plain = chars.replace("-", "")
    return f"[{plain}{'-' if '-' in chars else ''}]" if len(chars) > 1 else chars


Number = (
    Length
    | Entropy
    | EntropyRatio
    | CountChars
    | CountShapes
    | LongestRun
    | StartsIn
    | EndsIn
    | StartsWith
    | IsOneOf
    | HasLength
    | Division
    | WeightedSum
)
Term = tuple[float, Number]
"""A weight and the number it multiplies."""
