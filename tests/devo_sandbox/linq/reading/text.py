"""A plain reading of what LINQ's documentation says of the operations on text."""

# ruff: noqa: PLW0108 - the parameters of a reading name its columns

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

READINGS: list[tuple[str, str, Callable[..., Any]]] = []
LETTERS = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def reads(name: str, expression: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say what ``expression`` means; the parameters are columns, none of them null."""

    def keep(reading: Callable[..., Any]) -> Callable[..., Any]:
        READINGS.append((name, expression, reading))
        return reading

    return keep


reads("length", "length(x)")(lambda x: sum(1 for _ in x))
reads("lower", "lower(s)")(lambda s: s.lower())
reads("upper", "upper(s)")(lambda s: s.upper())
reads("trim", "trim(x)")(lambda x: x.strip(" \t\n\v\f\r"))
reads("reverse", "reverse(x)")(lambda x: "".join(reversed(x)))
reads("startswith", "startswith(x, t)")(lambda x, t: x[: len(t)] == t)
reads("endswith", "endswith(x, t)")(lambda x, t: x[len(x) - len(t) :] == t if len(t) <= len(x) else False)
reads("locate", "locate(x, t)")(lambda x, t: x.find(t))
reads("eqic", "eqic(s, t)")(lambda s, t: s.lower() == t.lower())
reads("has", "has(x, t)")(lambda x, t: t in x)
reads("has", 'has(x, t, "a", "é")')(lambda x, t: any(w in x for w in (t, "a", "é")))
reads("has", "x -> t")(lambda x, t: t in x)
reads("weakhas", "weakhas(s, t)")(lambda s, t: t.lower() in s.lower())
reads("weakhas", 's ->> "AB"')(lambda s: "ab" in s.lower())
reads("isempty", "isempty(x)")(lambda x: x == "")
reads("replaceall", "replaceall(x, t, s)")(lambda x, t, s: x.replace(t, s) if t else x)
reads("split", "split(x, t)")(lambda x, t: x.split(t) if t else list(x) or [""])
reads("countbyfilter", "countbyfilter(x, s)")(lambda x, s: sum(c in s for c in x))
reads("countbyfilter", 'countbyfilter(s, "aeiouAEIOU")')(lambda s: sum(c in "aeiouAEIOU" for c in s))


@reads("substring", "substring(x, n)")
def substring(x: str, n: int) -> str | None:
    return x[n:] if n >= 0 else None


@reads("substring", "substring(x, n, i)")
def substring_of_length(x: str, n: int, i: int) -> str | None:
    return x[n:][:i] if n >= 0 and i >= 0 else None


@reads("replace", "replace(x, t, s)")
def replace(x: str, t: str, s: str) -> str:
    return x.replace(t, s, 1)


@reads("split", "split(x, t, n)")
def split(x: str, t: str, n: int) -> str | None:
    parts = x.split(t) if t else list(x) or [""]
    return parts[n] if 0 <= n < len(parts) else None


@reads("splitre", 'splitre(s, re("[0-9]+|-"), n)')
def splitre(s: str, n: int) -> str | None:
    parts = re.split("[0-9]+|-", s)
    return parts[n] if 0 <= n < len(parts) else None


@reads("matches", 'matches(s, re("[a-c]{2}$"))')
@reads("re", 's ~ re("[a-c]{2}$")')
def matches(s: str) -> bool:
    return re.search("[a-c]{2}\\Z", s) is not None


@reads("subs", 'subs(s, re("[aeiou]+"), template("<$\\\\1&>"))')
@reads("template", 'subs(s, re("[aeiou]+"), template("<$\\\\1&>"))')
def subs(s: str) -> str:
    return re.sub("[aeiou]+", lambda _: "<$\\1&>", s, count=1)


@reads("subsall", 'subsall(s, re("[aeiou]+"), template("_"))')
def subsall(s: str) -> str:
    return re.sub("[aeiou]+", "_", s)


@reads("peek", 'peek(s, re("([a-z])([0-9])?"), 1)')
def peek(s: str) -> str | None:
    found = re.search("([a-z])([0-9])?", s)
    return found[1] if found else None


@reads("peek", 'peek(s, re("[0-9]+"))')
def peek_all(s: str) -> str | None:
    found = re.search("[0-9]+", s)
    return found[0] if found else None


@reads("toktains", "toktains(s, t)")
def toktains(s: str, t: str, left: bool = True, right: bool = True) -> bool:
    def bounded(at: int) -> bool:
        before = at == 0 or (s[at - 1].isascii() and s[at - 1] not in LETTERS)
        end = at + len(t)
        after = end == len(s) or (s[end].isascii() and s[end] not in LETTERS)
        return (before or not left) and (after or not right)

    return any(s.startswith(t, at) and bounded(at) for at in range(len(s) + 1))


reads("toktains", "toktains(s, t, b, c)")(lambda s, t, b, c: toktains(s, t, b, c))
reads("toktains", "toktains(s, t, b)")(lambda s, t, b: toktains(s, t, b))
reads("weaktoktains", "weaktoktains(s, t)")(lambda s, t: toktains(s.lower(), t.lower()))


@reads("shannonentropy", "shannonentropy(x)")
def shannonentropy(x: str) -> float:
    return sum(n / len(x) * math.log2(len(x) / n) for n in Counter(x).values()) if x else 0.0
