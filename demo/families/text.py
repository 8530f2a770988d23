"""Families that compute on the characters of a text: tinba and proslikefan.

From Johannes Bader's public write-ups; tinba in the version with one fixed seed text.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from demo.families.family import U32, A, dated_seed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

TINBA_SEED = b"oGkS3w3sGGOGG7oc"
TINBA_FIRST = "ssrgwnrmgrxe"
TINBA_TLDS = ("com", "net", "in", "ru")
PROSLIKEFAN_MAGIC = "prospect"
PROSLIKEFAN_TLDS = ("eu", "biz", "se", "info", "com", "net", "org", "ru", "in", "name")


def _tinba_next(name: str, seed: bytes) -> str:
    source = name.encode() + b"."
    key = sum(seed) & 255
    state = seed[15]
    letters: list[str] = []
    while len(letters) < 12:
        place = len(letters)
        state = (((state + source[place]) ^ key) + source[place + 1]) & 255
        if A < state < ord("z"):
            letters.append(chr(state))
        else:
            key = (key + 1) & 255
    return "".join(letters)


def tinba_names(seed: bytes = TINBA_SEED, first: str = TINBA_FIRST) -> Iterator[str]:
    """Yield twelve letters each, every name made from the one before; ``first`` itself is not yielded."""
    name = first
    while True:
        name = _tinba_next(name, seed)
        yield name


def tinba(day: date) -> Iterator[str]:
    """Yield Tinba's hosts for a first name derived from the date; the top-level domains take turns."""
    number = dated_seed("tinba", day)
    first = "".join(chr(A + (number >> 2 * i) % 24 + 1) for i in range(12))
    return (f"{name}.{TINBA_TLDS[i % 4]}" for i, name in enumerate(tinba_names(first=first)))


def _java_hash(text: str) -> int:
    value = 0
    for character in text:
        value = (value * 31 + ord(character)) & U32
    return abs(value - (1 << 32) if value >> 31 else value)


def _proslikefan_name(state: int) -> str:
    name = ""
    # The length asked for changes with every letter; the malware asks again before each.
    while len(name) < state % 7 + 6:
        state = _java_hash(f"{name}{state}")
        name += chr(A + state % 26)
    return name


def proslikefan(day: date, magic: str = PROSLIKEFAN_MAGIC) -> Iterator[str]:
    """Yield 6 to 12 letters each, another name for every top-level domain."""
    for number in count():
        for tld in PROSLIKEFAN_TLDS:
            start = _java_hash(f"{magic}.{day.month}.{day.day}.{day.year}.{tld}")
            yield f"{_proslikefan_name(start + number)}.{tld}"
