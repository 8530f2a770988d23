"""Made DGA names: families of the product's own making, none of which malware has.

Each family is a kind of generator with an alphabet, lengths and suffixes that are drawn. None is a published
algorithm, and no row of a dataset has a part in it. Trees that are grown on some of them rely less on the
habits of the families that the dataset happens to have.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from itertools import cycle

SYNTHETIC_SHARE = 0.01
"""Made names for each DGA name of the training part."""

_SEED = 2026
_A_FAMILY = 8
_LONGEST = 40
_LETTERS, _DIGITS = string.ascii_lowercase, string.digits
_VOWELS, _CONSONANTS = "aeiouy", "bcdfghjklmnpqrstvwxz"
_TOPS = (  # noqa: SIM905 - a list of so many words would take as many lines
    "com net org info biz ru cn de uk eu in us co cc me tk pw ws su to nl fr it pl br jp ir top"
    " xyz site online club space website live store shop icu work link click pro mobi name tech"
).split()
_WORDS = (  # noqa: SIM905 - a list of so many words would take as many lines
    "account active alpha bank best black blue box cable call card center chat check city clean"
    " click cloud code control cool data day deal delta direct easy edge express fast file first"
    " flash free game gate gold green group help home host house info land light line link live"
    " login mail main map market max media mobile money music net new news night open page pay"
    " people phone photo pixel plan play plus point power price prime quick radio real red report"
    " safe search secure server service shop smart social solar sound space speed sport star"
    " store stream studio sun super support sync system tech time top track trade travel update"
    " video view vision voice water web white wind world yellow zone"
).split()

Maker = Callable[[], str]
Kind = Callable[[random.Random, int, int], Maker]


def synthetic_names(count: int) -> Iterator[tuple[str, str]]:
    """Yield so many distinct labels with their top-level domains; the same each time.

    Kinds take turns, with a few names of each family, so that any number has about as many of each.
    """
    rng = random.Random(_SEED)  # noqa: S311
    made: set[str] = set()
    for kind in cycle(KINDS):
        least = rng.randint(5, 20)
        most = least + rng.choice((0, 0, 1, 3, 6, 12))
        make, tops = kind(rng, least, most), rng.sample(_TOPS, rng.choice((1, 1, 2, 4, 8)))
        for _ in range(_A_FAMILY):
            if len(made) == count:
                return
            label = make()[:_LONGEST].strip("-")
            if label and label not in made:
                made.add(label)
                yield label, rng.choice(tops)


def _letters(rng: random.Random, least: int, most: int) -> Maker:
    return lambda: _drawn(rng, _LETTERS, rng.randint(least, most))


def _some_letters(rng: random.Random, least: int, most: int) -> Maker:
    alphabet = "".join(rng.sample(_LETTERS, rng.randint(10, 22)))
    return lambda: _drawn(rng, alphabet, rng.randint(least, most))


def _uneven_letters(rng: random.Random, least: int, most: int) -> Maker:
    weights = [rng.random() ** 2 + 0.02 for _ in _LETTERS]
    return lambda: "".join(rng.choices(_LETTERS, weights, k=rng.randint(least, most)))


def _hexadecimal(rng: random.Random, least: int, most: int) -> Maker:
    return lambda: _drawn(rng, _DIGITS + "abcdef", rng.randint(least, most))


def _letters_and_digits(rng: random.Random, least: int, most: int) -> Maker:
    return lambda: _drawn(rng, _LETTERS + _DIGITS, rng.randint(least, most))


def _base32(rng: random.Random, least: int, most: int) -> Maker:
    return lambda: _drawn(rng, _LETTERS + "234567", rng.randint(least, most))


def _consonant_vowel(rng: random.Random, least: int, most: int) -> Maker:
    turns = (_some(rng, _CONSONANTS, 8), _some(rng, _VOWELS, 3))
    return lambda: "".join(rng.choice(turns[place % 2]) for place in range(rng.randint(least, most)))


def _syllables(rng: random.Random, least: int, most: int) -> Maker:
    syllables = [
        _drawn(rng, _CONSONANTS, rng.choice((1, 1, 2)))
        + rng.choice(_VOWELS)
        + _drawn(rng, _CONSONANTS, rng.choice((0, 0, 1)))
        for _ in range(rng.randint(16, 128))
    ]
    return lambda: "".join(rng.choices(syllables, k=max(2, rng.randint(least, most) // 3)))


def _vowel_poor(rng: random.Random, least: int, most: int) -> Maker:
    alphabet = _CONSONANTS * 3 + _VOWELS
    return lambda: _drawn(rng, alphabet, rng.randint(least, most))


def _congruential(rng: random.Random, least: int, most: int) -> Maker:
    factor, shift, state = 4 * rng.getrandbits(28) + 1, 2 * rng.getrandbits(28) + 1, [rng.getrandbits(32)]
    letters = rng.randint(18, 26)

    def step() -> int:
        state[0] = (state[0] * factor + shift) % (1 << 32)
        return state[0] >> 16

    def make() -> str:
        length = least + step() % (most - least + 1)
        return "".join(_LETTERS[step() % letters] for _ in range(length))

    return make


def _word_and_digits(rng: random.Random, least: int, _: int) -> Maker:
    digits = rng.randint(2, 6)
    words = 1 + (least > 12)
    return lambda: "".join(rng.choices(_WORDS, k=words)) + _drawn(rng, _DIGITS, digits)


def _dashes(rng: random.Random, least: int, most: int) -> Maker:
    alphabet = rng.choice((_LETTERS, _LETTERS + _DIGITS))

    def make() -> str:
        length = max(5, rng.randint(least, most))
        cut = rng.randint(2, length - 2)
        return f"{_drawn(rng, alphabet, cut)}-{_drawn(rng, alphabet, length - cut)}"

    return make


def _letters_then_digits(rng: random.Random, least: int, most: int) -> Maker:
    digits, behind = rng.randint(1, 4), rng.randint(0, 4)
    return lambda: (
        _drawn(rng, _LETTERS, max(3, rng.randint(least, most) - digits - behind))
        + _drawn(rng, _DIGITS, digits)
        + _drawn(rng, _LETTERS, behind)
    )


KINDS: tuple[Kind, ...] = (
    _letters,
    _hexadecimal,
    _consonant_vowel,
    _letters_and_digits,
    _syllables,
    _congruential,
    _some_letters,
    _word_and_digits,
    _vowel_poor,
    _dashes,
    _uneven_letters,
    _letters_then_digits,
    _base32,
)
"""How the families are made."""


def _drawn(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choices(alphabet, k=length))


def _some(rng: random.Random, alphabet: str, least: int) -> str:
    return "".join(rng.sample(alphabet, rng.randint(least, len(alphabet))))
