"""Families that join words: suppobox, and look-alikes of matsnu and gozi.

suppobox selects words as in Johannes Bader's public write-up. The other two follow descriptions in prose
only, hence their names; no output of the malware was compared. Verbs and nouns are ours; the text is the
opening of the Declaration of Independence of the United States (1776).
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, time
from itertools import count
from typing import TYPE_CHECKING

from demo.families.family import dated_seed
from demo.text_files import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

SUPPOBOX_PLACES = (3, 9, 13, 6, 2, 4, 11, 7, 14, 1, 10, 5, 8, 12, 0)


def _verbs() -> tuple[str, ...]:
    return read_lines("verbs.txt")


def _nouns() -> tuple[str, ...]:
    return read_lines("nouns.txt")


def suppobox_names(number: int, words: Sequence[str] = ()) -> Iterator[str]:
    """Yield two joined words each; 32,768 names, then again from the first.

    :param number: ⌊Unix time ÷ 512⌋; its low 15 bits, permuted, give both words.
    :param words: 384 of them, another list than ours: the malware was met with three.
    """
    words = words or _verbs() + _nouns()
    for current in count(number):
        bits = sum((current >> i & 1) << place for i, place in enumerate(SUPPOBOX_PLACES))
        yield words[bits & 127] + words[(bits >> 7) + 128]


def suppobox(day: date) -> Iterator[str]:
    """Yield Suppobox's hosts from the date's first second on."""
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    return (f"{name}.net" for name in suppobox_names(int(midnight.timestamp()) // 512))


def matsnu_like(day: date) -> Iterator[str]:
    """Yield a verb, a noun, a verb, … until 24 characters are reached; one joint in twenty is a hyphen."""
    rng = random.Random(dated_seed("matsnu_like", day))  # noqa: S311 (repeatable on purpose)
    verbs, nouns = _verbs(), _nouns()
    while True:
        label = rng.choice(verbs)
        kinds = (nouns, verbs)
        for turn in count():
            label += ("-" if rng.random() < 0.05 else "") + rng.choice(kinds[turn % 2])
            if len(label) >= 24:
                break
        yield f"{label}.com"


def gozi_like(day: date) -> Iterator[str]:
    """Yield words of a public text joined until a length drawn between 12 and 24 is reached."""
    text = " ".join(read_lines("declaration.txt")).lower().replace("'", "")
    words = sorted({word for word in text.split() if len(word) > 2})
    rng = random.Random(dated_seed("gozi_like", day))  # noqa: S311 (repeatable on purpose)
    while True:
        label, least = "", rng.randint(12, 20)
        while len(label) < least:
            label += rng.choice([word for word in words if len(label) + len(word) <= 24])
        yield f"{label}.{rng.choice(('com', 'ru'))}"
