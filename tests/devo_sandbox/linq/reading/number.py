"""A plain reading of the operations on numbers. An integer beyond 64 bits raises ``OverflowError``."""

# ruff: noqa: PLW0108 - the parameters of a reading name its columns

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

READINGS: list[tuple[str, str, Callable[..., Any]]] = []


def int8(value: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise OverflowError(value)
    return value


def quotient(a: int, b: int) -> int | None:
    return int8(abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)) if b else None


def remainder(a: int, b: int) -> int | None:
    return abs(a) % abs(b) * (-1 if a < 0 else 1) if b else None


def divided(f: float, g: float) -> float | None:
    return f / g if g else None


def power(f: float, g: float) -> float | None:
    try:
        result = math.pow(f, g)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def rounded(f: float) -> float:
    """Return the nearest whole number, halves away from 0."""
    whole = math.floor(abs(f))
    return math.copysign(whole + (abs(f) - whole >= 0.5), f)


def logarithm(of: Callable[[float], float]) -> Callable[[float], float | None]:
    return lambda f: of(f) if f > 0 else None


READINGS += [
    ("+", "i + j", lambda i, j: int8(i + j)),
    ("+", "f + n", lambda f, n: f + n),
    ("-", "i - j", lambda i, j: int8(i - j)),
    ("-", "f - g", lambda f, g: f - g),
    ("*", "i * n", lambda i, n: int8(i * n)),
    ("*", "f * g", lambda f, g: f * g),
    ("/", "i / n", lambda i, n: quotient(i, n)),
    ("/", "n / j", lambda n, j: quotient(n, j)),
    ("/", "f / g", lambda f, g: divided(f, g)),
    ("/", "f / n", lambda f, n: divided(f, n)),
    ("rdiv", "n \\ j", lambda n, j: divided(float(n), float(j))),
    ("rdiv", "rdiv(f, g)", lambda f, g: divided(f, g)),
    ("%", "j % n", lambda j, n: remainder(j, n)),
    ("%", "i % j", lambda i, j: remainder(i, j)),
    ("%%", "j %% n", lambda j, n: j % n if n else None),
    ("%%", "i %% j", lambda i, j: i % j if j else None),
    ("negative", "-i", lambda i: int8(-i)),
    ("negative", "-f", lambda f: -f),
    ("abs", "abs(i)", lambda i: int8(abs(i))),
    ("abs", "abs(f)", lambda f: abs(f)),
    ("round", "round(f)", lambda f: rounded(f)),
    ("round", "round(i)", lambda i: i),
    ("floor", "floor(f)", lambda f: float(math.floor(f))),
    ("ceil", "ceil(f)", lambda f: float(math.ceil(f))),
    ("log", "log(f)", logarithm(math.log)),
    ("log2", "log2(f)", logarithm(math.log2)),
    ("log10", "log10(f)", logarithm(math.log10)),
    ("pow", "pow(f, n)", lambda f, n: power(f, n)),
    ("pow", "pow(g, f)", lambda g, f: power(g, f)),
    ("sqrt", "sqrt(f)", lambda f: math.sqrt(f) if f >= 0 else None),
]
