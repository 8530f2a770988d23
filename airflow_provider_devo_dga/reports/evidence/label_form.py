"""What a flagged label looks like, in plain words. A form is not a family: many families share one."""

from __future__ import annotations

import re
from enum import StrEnum

HASH_FROM = 8
"""Shorter labels of hexadecimal digits are too often words and numbers: ``decade``, ``face1``."""

CONSONANTS_FROM = 5
"""So many consonants in a row are rare in names that people choose."""

VOWELS_BELOW = 0.22
"""Words of most languages that are written in ASCII have more vowels than this share."""

MOSTLY_DIGITS = 0.6

_HEX = re.compile(r"[0-9a-f]+")
_CONSONANT_RUN = re.compile(rf"[bcdfghjklmnpqrstvwxz]{{{CONSONANTS_FROM},}}")
_VOWELS = frozenset("aeiouy")


class LabelForm(StrEnum):
    """The form of a label, by the first rule that fits, in this order."""

    INTERNATIONAL = "international"
    HASH = "hash-like"
    DIGITS = "mostly digits"
    MIXED = "letters and digits"
    RANDOM_LETTERS = "random letters"
    WORD_LIKE = "word-like"


FORM_WORDS = {
    LabelForm.DIGITS: "six digits or more in ten characters",
    LabelForm.HASH: "hexadecimal digits, as a hash sum has them",
    LabelForm.MIXED: "letters with digits in between",
    LabelForm.RANDOM_LETTERS: "few vowels or many consonants in a row, as arithmetic algorithms make them",
    LabelForm.WORD_LIKE: "can be pronounced: dictionary algorithms, and most legit names",
    LabelForm.INTERNATIONAL: "characters outside ASCII",
}
"""What each form means, for readers."""


def label_form(label: str) -> LabelForm:
    """Return what a label looks like.

    :param label: a registrable domain's label, ``xqzkj`` of ``xqzkj.ru``, in any case.
    :return: also ``international`` for punycode, ``letters and digits`` for three digits and more or for
        digits inside, and ``word-like`` for whatever has no other form.
    """
    text = label.lower()
    if text.startswith("xn--") or not text.isascii():
        return LabelForm.INTERNATIONAL
    digits = sum(character.isdigit() for character in text)
    if len(text) >= HASH_FROM and 2 <= digits <= len(text) - 2 and _HEX.fullmatch(text):
        return LabelForm.HASH
    if text and digits >= MOSTLY_DIGITS * len(text):
        return LabelForm.DIGITS
    if digits >= 3 or re.search(r"[a-z][0-9]+[a-z]", text):
        return LabelForm.MIXED
    letters = [character for character in text if character.isalpha()]
    vowels = sum(character in _VOWELS for character in letters)
    if _CONSONANT_RUN.search(text) or (letters and vowels < VOWELS_BELOW * len(letters)):
        return LabelForm.RANDOM_LETTERS
    return LabelForm.WORD_LIKE
