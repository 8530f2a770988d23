"""Families with an arithmetic of their own: simda, ramdo, necurs, pykspa (its precursor), cryptolocker.

Algorithms from Johannes Bader's public write-ups; cryptolocker is the example of Wikipedia's article on
domain generation algorithms. Nothing here ends by itself.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from itertools import count
from typing import TYPE_CHECKING

from demo.families.family import U32, A, dated_seed
from demo.text_files import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

U64 = 0xFFFFFFFFFFFFFFFF
SIMDA_BASE = 0x45AE94B2
SIMDA_KEY = "1676d5775e05c50b46baa5579d4fc7"
SIMDA_CONSONANTS = "qwrtpsdfghjklzxcvbnmv"
SIMDA_VOWELS = "eyuioa"
PYKSPA_TLDS = ("biz", "com", "net", "org", "info", "cc")


def simda_names(base: int, key: str) -> Iterator[str]:
    """Yield seven letters each, consonants and vowels in turn, hence pronounceable."""
    step = sum(key.encode())
    while True:
        base = (base + step) & U32
        letters = []
        for i in range(7):
            quotient = base // (3 + 2 * i)
            letters.append(SIMDA_VOWELS[quotient % 6] if i % 2 else SIMDA_CONSONANTS[quotient % 20])
        yield "".join(letters)


def simda(day: date) -> Iterator[str]:
    """Yield Simda's hosts for a base derived from the date."""
    return (f"{name}.com" for name in simda_names(dated_seed("simda", day), SIMDA_KEY))


def ramdo_names(seed: int) -> Iterator[str]:
    """Yield 16 letters each, every second letter of the alphabet for most seeds."""
    for number in count():
        start = 2 * seed * (number + 1)
        state = start ^ (26 * seed * number)
        letters = []
        for i in range(16):
            state &= U32
            letters.append(chr(A + state % 26))
            state += state ^ (start * i * i * 26)
        yield "".join(letters)


def ramdo(day: date) -> Iterator[str]:
    """Yield Ramdo's hosts for a seed of 20 bits (the size of known ones) derived from the date."""
    return (f"{name}.org" for name in ramdo_names(dated_seed("ramdo", day) & 0xFFFFF))


def _necurs_mix(value: int) -> int:
    for i in range((value & 127) + 21):
        value = (value + ((value * 7) ^ (value << 15)) + 8 * i - (value >> 5)) & U64
    return value


def necurs(day: date, magic: int = 9) -> Iterator[str]:
    """Yield Necurs' hosts, 7 to 21 letters; they change every four days."""
    state = _necurs_mix(day.year)
    state = _necurs_mix((state + day.month + 43690) & U64)
    tlds = read_lines("necurs_tlds.txt")
    today = _necurs_mix((state + (day.day >> 2)) & U64)
    for number in count():
        value = _necurs_mix((_necurs_mix((today + number) & U64) + magic) & U64)
        letters = []
        for i in range(value % 15 + 7):
            value = _necurs_mix((value + i) & U64)
            letters.append(chr(A + value % 25))
            value = _necurs_mix((value + 0xABBEDF) & U64)
        yield f"{''.join(letters)}.{tlds[value % len(tlds)]}"


def _pykspa_name(length: int, state: int) -> str:
    letters = []
    for i in range(length):
        factor = state % 5 + state % 123456 + i * (state % 4567 + state % 19)
        letters.append(chr(A + ((length * (length + i) + state * factor) & U32) % 26))
        # The processor shifts by the low five bits only, hence mod 32.
        state = ((state + i) & U32) >> (i * i % 32)
    return "".join(letters)


def pykspa(day: date) -> Iterator[str]:
    """Yield the hosts of Pykspa's precursor, 6 to 15 letters; they change every two days.

    Squaring forgets the date: after ten to twenty names of their own, many dates go on alike.
    """
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    state = int(midnight.timestamp()) // 172_800
    for number in count():
        state = (state * state + number) & U32
        yield f"{_pykspa_name(state % 10 + 6, state)}.{PYKSPA_TLDS[state % 6]}"


def cryptolocker_name(year: int, month: int, day: int) -> str:
    """Return 16 letters from three shift registers."""
    letters = []
    for _ in range(16):
        year = ((year ^ 8 * year) >> 11) ^ ((year & 0xFFFFFFF0) << 17)
        month = ((month ^ 4 * month) >> 25) ^ 16 * (month & 0xFFFFFFF8)
        day = ((day ^ (day << 13)) >> 19) ^ ((day & 0xFFFFFFFE) << 12)
        letters.append(chr(A + (year ^ month ^ day) % 25))
    return "".join(letters)


def cryptolocker(day: date) -> Iterator[str]:
    """Yield hosts of 16 letters; only the first is the published example's, which makes one name a day.

    Later ones add multiples of 2³² divided by the golden ratio to the year, to spread over its register.
    """
    for number in count():
        year = (day.year + 0x9E3779B1 * number) & U32
        yield f"{cryptolocker_name(year, day.month, day.day)}.com"
