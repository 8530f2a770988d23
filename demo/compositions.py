"""How legit labels are made from words, letters and digits, and how often each way is taken.

Besides plain words there are the names that mislead lexical models: acronyms, abbreviations without vowels,
numbers, and machine-like names of advertising and content delivery networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.text_files import read_lines
from demo.vocabulary import draw_word

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

VOWELS = "aeiou"
CONSONANTS = "bcdfghjklmnpqrstvwxyz"
DIGITS = "0123456789"
PARTS = ("cdn", "ads", "ad", "img", "static", "track", "cache", "edge", "srv", "api", "stat", "px")


def word(rng: random.Random, language: str) -> str:
    """``garden``."""
    return draw_word(rng, language)


def words_joined(rng: random.Random, language: str) -> str:
    """``gardenhouse``."""
    return draw_word(rng, language, 9) + draw_word(rng, language, 9)


def words_hyphenated(rng: random.Random, language: str) -> str:
    """``garden-house``, seldom three words."""
    return "-".join(draw_word(rng, language, 9) for _ in range(rng.choice((2, 2, 2, 3))))


def sentence(rng: random.Random, language: str) -> str:
    """``thebestgardenhouse``: long and legit."""
    return "".join(draw_word(rng, language, 8) for _ in range(rng.choice((3, 3, 3, 4))))


def suffixed(rng: random.Random, language: str) -> str:
    """``gardenshop``."""
    return (
        draw_word(rng, language, 10)
        + rng.choice(("", "", "", "-"))
        + rng.choice(read_lines("site_suffixes.txt"))
    )


def prefixed(rng: random.Random, language: str) -> str:
    """``mygarden``."""
    return rng.choice(read_lines("site_prefixes.txt")) + draw_word(rng, language, 10)


def with_number(rng: random.Random, language: str) -> str:
    """``garden24``, ``4garden``, ``ga88``."""
    stem = draw_word(rng, language, 9)
    if rng.random() < 0.25:
        stem = stem[: rng.randint(1, 3)]
    number = rng.choice(read_lines("site_numbers.txt"))
    return stem + number if rng.random() < 0.7 else number + stem


def acronym(rng: random.Random, language: str) -> str:
    """``gsz``: initials of two to six words; Chinese sites spell out whole sentences this way."""
    lengths = range(3, 10) if language == "zh" else (2, 3, 3, 3, 4, 4, 4, 5, 5, 6)
    length = rng.choice(lengths)
    return "".join(draw_word(rng, language)[0] for _ in range(length))


def letters(rng: random.Random, language: str) -> str:  # noqa: ARG001 (one shape for all ways)
    """``xkjw``: three to six letters without a word behind them."""
    alphabet = rng.choice((CONSONANTS, CONSONANTS + VOWELS * 2))
    return "".join(rng.choices(alphabet, k=rng.choice((3, 4, 4, 5, 5, 6))))


def acronym_and_word(rng: random.Random, language: str) -> str:
    """``gszgarden`` or ``gardengsz``."""
    parts = [acronym(rng, language)[:4], draw_word(rng, language, 9)]
    if rng.random() < 0.4:
        parts.reverse()
    return rng.choice(("", "", "", "-")).join(parts)


def blend(rng: random.Random, language: str) -> str:
    """``gardouse``: the beginning of one word, the end of another."""
    first, second = draw_word(rng, language), draw_word(rng, language)
    return first[: rng.randint(2, 5)] + second[-rng.randint(2, 5) :]


def brand(rng: random.Random, language: str) -> str:
    """``gardify``: a word cut short with a fashionable ending."""
    return draw_word(rng, language)[: rng.randint(3, 6)] + rng.choice(read_lines("brand_endings.txt"))


def without_vowels(rng: random.Random, language: str) -> str:
    """``grdnhs``: a word or two, vowels left out after the first letter."""
    whole = draw_word(rng, language, 8) + (draw_word(rng, language, 6) if rng.random() < 0.4 else "")
    return whole[0] + "".join(letter for letter in whole[1:] if letter not in VOWELS)


def abbreviations(rng: random.Random, language: str) -> str:
    """``gardhousman``: two to four words cut to their beginnings."""
    return "".join(draw_word(rng, language)[: rng.randint(2, 4)] for _ in range(rng.choice((2, 3, 3, 4))))


def number(rng: random.Random, language: str) -> str:  # noqa: ARG001
    """``45592``."""
    return "".join(rng.choices(DIGITS, k=rng.choice((3, 4, 4, 5, 5, 6))))


def network(rng: random.Random, language: str) -> str:
    """``s7adcdn``, ``img-cdn4``, ``gsz-static``: advertising and content delivery."""
    part = rng.choice(PARTS)
    stem = rng.choice((acronym, without_vowels, blend))(rng, language)
    serial = rng.choice(("", rng.choice(DIGITS), rng.choice(CONSONANTS) + rng.choice(DIGITS)))
    pieces = [stem, part, serial]
    rng.shuffle(pieces)
    return rng.choice(("", "", "-")).join(piece for piece in pieces if piece)


def machine(rng: random.Random, language: str) -> str:  # noqa: ARG001
    """``d3k9x2vq``: nothing to read in it, and legit."""
    alphabet = rng.choice((CONSONANTS + VOWELS, CONSONANTS + VOWELS + DIGITS))
    return rng.choice(CONSONANTS) + "".join(rng.choices(alphabet, k=rng.randint(5, 11)))


def international(rng: random.Random, language: str) -> str:
    """``xn--grtnerei-0za``: a word with one letter beyond ASCII, in punycode."""
    plain = draw_word(rng, language, 10)
    place = rng.randrange(len(plain))
    accented = plain[:place] + rng.choice("äöüéèñçåøşжд") + plain[place + 1 :]
    return accented.encode("idna").decode("ascii")


# In tenths of a percent, set so that lengths, digits and hyphens are as frequent as among real sites.
WAYS: dict[Callable[[random.Random, str], str], int] = {
    word: 170,
    words_joined: 260,
    words_hyphenated: 45,
    sentence: 50,
    suffixed: 100,
    prefixed: 50,
    with_number: 55,
    acronym: 70,
    letters: 25,
    acronym_and_word: 35,
    blend: 50,
    brand: 35,
    without_vowels: 15,
    abbreviations: 40,
    number: 8,
    network: 8,
    machine: 6,
    international: 2,
}
