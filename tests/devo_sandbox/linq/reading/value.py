"""A plain reading of logic, choice, comparison, casts and arrays.

``NULLS`` are given nulls, too; everywhere else a null argument gives null.
"""

# ruff: noqa: PLW0108 - the parameters of a reading name its columns

from __future__ import annotations

import ipaddress
import math
import operator
import re
import struct
from collections.abc import Callable
from typing import Any

READINGS: list[tuple[str, str, Callable[..., Any]]] = []
NULLS: list[tuple[str, str, Callable[..., Any]]] = []
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def number(z: str) -> float | None:
    if not NUMBER.fullmatch(z):
        return None
    found = float(z)
    return found if math.isfinite(found) else None


def whole(text: str, bits: int) -> int | None:
    if not re.fullmatch("[+-]?[0-9]+", text):
        return None
    return int(text) if -(2 ** (bits - 1)) <= int(text) < 2 ** (bits - 1) else None


def truncated(f: float, bits: int) -> int | None:
    return math.trunc(f) if -(2 ** (bits - 1)) <= math.trunc(f) < 2 ** (bits - 1) else None


def float4(f: float) -> float | None:
    try:
        return float(struct.unpack("<f", struct.pack("<f", f))[0])
    except OverflowError:
        return None


def as_number(z: str, n: int, compare: Callable[[Any, Any], bool]) -> bool | None:
    found = number(z)
    return None if found is None else compare(found, n)


def both(b: bool | None, c: bool | None) -> bool | None:
    return False if b is False or c is False else None if b is None or c is None else True


def either(b: bool | None, c: bool | None) -> bool | None:
    return True if b or c else None if b is None or c is None else False


def chain(n: int | None, w: int | None, compare: Callable[[Any, Any], bool]) -> bool | None:
    return both(None if n is None else compare(0, n), None if None in (n, w) else compare(n, w))


def address(z: str) -> int | None:
    try:
        return int(ipaddress.IPv4Address(z))
    except ValueError:
        return None


def within(ip: int, net: str) -> bool:
    return ipaddress.IPv4Address(ip) in ipaddress.IPv4Network(net)


def picked(x: str, n: int) -> str | None:
    parts = x.split(".")
    return parts[n] if 0 <= n < len(parts) else None


def member(n: int | None, *of: int | None) -> bool | None:
    equal = [None if n is None or one is None else n == one for one in of]
    return True if True in equal else None if None in equal else False


for sign, compare in {
    "=": operator.eq,
    "/=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}.items():
    READINGS += [
        (sign, f"i {sign} j", lambda i, j, compare=compare: compare(i, j)),
        (sign, f"n {sign} f", lambda n, f, compare=compare: compare(n, f)),
        (sign, f"x {sign} t", lambda x, t, compare=compare: compare(x.encode(), t.encode())),
        (sign, f"ip {sign} 10.0.0.1", lambda ip, compare=compare: compare(ip, 0x0A000001)),
        (sign, f"m {sign} eventdate", lambda m, eventdate, compare=compare: compare(m, eventdate)),
        (sign, f'n {sign} "3"', lambda n, compare=compare: compare(n, 3)),
        (sign, f'n {sign} "three"', lambda n: None),
        (sign, f"z {sign} n", lambda z, n, compare=compare: as_number(z, n, compare)),
    ]
    NULLS.append((sign, f"0 {sign} n {sign} w", lambda n, w, compare=compare: chain(n, w, compare)))

READINGS += [
    ("not", "not b", lambda b: not b),
    ("in", "ip <- net", within),
    ("in", "ip in 10.0.0.0/8", lambda ip: within(ip, "10.0.0.0/8")),
    ("in", "`in`(n, {1, 2, 3})", lambda n: n in {1, 2, 3}),
    ("in", 'x in ["", "a", "é"]', lambda x: x in {"", "a", "é"}),
    ("in", "n not in {0, 5}", lambda n: n not in {0, 5}),
    ("at", 'split(x, ".")[n]', picked),
    ("at", 'at((1, "b"), 1)', lambda: "b"),
    ("size", 'size(split(x, "."))', lambda x: x.count(".") + 1),
    ("int", "int(z)", lambda z: whole(z, 64)),
    ("int", "int(f)", lambda f: truncated(f, 64)),
    ("int", "int(b)", lambda b: int(b)),
    ("int", "int(m)", lambda m: m),
    ("int", "int(ip)", lambda ip: ip),
    ("int", "int(big)", lambda big: big if -(2**63) <= big < 2**63 else None),
    ("float", "float(z)", number),
    ("float", "float(i)", lambda i: float(i)),
    ("float", "float(big)", lambda big: float(big)),
    ("float4", "float4(f)", float4),
    ("str", "str(i)", lambda i: str(i)),
    ("str", "str(b)", lambda b: "true" if b else "false"),
    ("str", "str(ip)", lambda ip: str(ipaddress.IPv4Address(ip))),
    ("str", "str(big)", lambda big: str(big)),
    ("str", "str(net)", lambda net: net),
    ("str", "str(x)", lambda x: x),
    ("bool", "bool(z)", lambda z: {"true": True, "false": False}.get(z.lower())),
    ("bool", "bool(f)", lambda f: f != 0),
    ("bigint", "bigint(z)", lambda z: whole(z, 128)),
    ("bigint", "bigint(i)", lambda i: i),
    ("bigint", "bigint(f)", lambda f: truncated(f, 128)),
    ("ip4", "ip4(z)", address),
    ("ip4", "ip4(i)", lambda i: i if 0 <= i < 2**32 else None),
]

NULLS += [
    ("and", "b and c", both),
    ("or", "b or c", either),
    ("isnull", "isnull(x)", lambda x: x is None),
    ("isnull", "isnull(big)", lambda big: big is None),
    ("isnotnull", "isnotnull(net)", lambda net: net is not None),
    ("ifthenelse", "ifthenelse(b, s, t)", lambda b, s, t: s if b else t),
    ("ifthenelse", "ifthenelse(b, n, f)", lambda b, n, f: (None if n is None else float(n)) if b else f),
    ("nvl", "nvl(s, t)", lambda s, t: t if s is None else s),
    ("nvl", "n ?: w ?: -1", lambda n, w: n if n is not None else w if w is not None else -1),
    ("in", "n in {1, w}", lambda n, w: member(n, 1, w)),
    ("decode", 'decode(n, 1, "one", 2, s)', lambda n, s: {1: "one", 2: s}.get(n)),
    ("decode", 'decode(n, 1, "one", s)', lambda n, s: {1: "one"}.get(n, s)),
    ("decode", 'decode(n, w, "w", 2, "two", "none")', lambda n, w: _decoded(n, w)),
]


def _decoded(n: int | None, w: int | None) -> str:
    if n is None:
        return "none"
    return "w" if n == w else "two" if n == 2 else "none"
