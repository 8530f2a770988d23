"""Families that draw letters from a linear congruential generator.

dircrypt, vawtrak, corebot and fobber as described in Johannes Bader's public write-ups of each malware.
Every function takes the generator's seed and never ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.families.family import U32, A, dated_seed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

COREBOT_SEED = 0x1DBA8930
COREBOT_CHARACTERS = "abcdefghijklmnopqrstuvwxy012345678"
FOBBER_V1 = (0xC87C8A78, -1719405398, 17, "net")
FOBBER_V2 = (0x851A3E59, -1916503263, 10, "com")


def _minimal_standard(state: int) -> int:
    """Park and Miller's generator by Schrage's method, with unsigned wrap-around as the malware has it."""
    quotient, remainder = divmod(state, 127773)
    return (16807 * remainder - 2836 * quotient) & U32


def dircrypt_names(seed: int) -> Iterator[str]:
    """Yield 8 to 20 letters each."""
    state = seed
    while True:
        state = _minimal_standard(state)
        letters = []
        for _ in range(state % 13 + 8):
            state = _minimal_standard(state)
            letters.append(chr(A + state % 26))
        yield "".join(letters)


def dircrypt(day: date) -> Iterator[str]:
    """Yield DirCrypt's hosts for a seed derived from the date."""
    return (f"{name}.com" for name in dircrypt_names(dated_seed("dircrypt", day)))


def _ansi_c(state: int) -> int:
    return (1103515245 * state + 12345) & 0x7FFFFFFF


def vawtrak_names(seed: int) -> Iterator[str]:
    """Yield 7 to 11 letters each."""
    state = seed
    while True:
        state = _ansi_c(state)
        letters = []
        for _ in range(state % 5 + 7):
            state = _ansi_c(state)
            letters.append(chr(A + state % 26))
        yield "".join(letters)


def vawtrak(day: date) -> Iterator[str]:
    """Yield Vawtrak's hosts for a seed derived from the date."""
    return (f"{name}.top" for name in vawtrak_names(dated_seed("vawtrak", day)))


def _numerical_recipes(state: int) -> int:
    return (1664525 * state + 1013904223) & U32


def corebot_names(day: date, seed: int = COREBOT_SEED) -> Iterator[str]:
    """Yield 12 to 23 letters and digits each; the date is part of the starting state."""
    state = (seed + day.year + ((0x10000 + (day.month << 8)) | day.day)) & U32
    while True:
        state = _numerical_recipes(state)
        characters = []
        for _ in range(12 + state % 12):
            state = _numerical_recipes(state)
            characters.append(COREBOT_CHARACTERS[state % 34])
        yield "".join(characters)


def corebot(day: date) -> Iterator[str]:
    """Yield CoreBot's hosts, customers of a dynamic-DNS provider."""
    return (f"{name}.ddns.net" for name in corebot_names(day))


def fobber_hosts(start: int, increment: int, length: int, tld: str) -> Iterator[str]:
    """Yield hosts of ``length`` letters; the two versions differ in all four parameters."""
    state = start
    while True:
        letters = []
        for _ in range(length):
            state = (321167 * state + increment) & U32
            state = (state >> 16 | state << 16) & U32
            letters.append(chr(A + (state & 0x17FF) % 26))
        yield f"{''.join(letters)}.{tld}"


def fobber(day: date) -> Iterator[str]:
    """Yield Fobber's hosts, both versions in turn, each started by a seed derived from the date."""
    first = fobber_hosts(dated_seed("fobber v1", day), *FOBBER_V1[1:])
    second = fobber_hosts(dated_seed("fobber v2", day), *FOBBER_V2[1:])
    for pair in zip(first, second, strict=True):
        yield from pair
