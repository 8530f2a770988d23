"""Words that legit names are composed of: wordfreq's lists for many languages, in ASCII letters.

wordfreq's word lists are not shipped; the installed package is read when names are composed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from demo.text_files import read_lines

if TYPE_CHECKING:
    import random

# Share of names by language, in percent: sites in English dominate everywhere.
LANGUAGES = {
    "en": 58,
    "zh": 7,
    "ru": 5,
    "de": 4,
    "es": 4,
    "fr": 3,
    "pt": 3,
    "ja": 4,
    "it": 2,
    "pl": 2,
    "nl": 2,
    "tr": 2,
    "id": 1,
    "sv": 1,
    "cs": 1,
    "ro": 1,
    "hu": 1,
    "da": 1,
    "nb": 1,
    "fi": 1,
    "vi": 1,
}
_LATIN = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "ı": "i", "đ": "d", "œ": "oe"})
_CYRILLIC = str.maketrans("абвгдезийклмнопрстуфхыэё", "abvgdeziyklmnoprstufhyee") | str.maketrans(
    {"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ь": "", "ю": "yu", "я": "ya"}
)
# Left out of reports that are shown to people.
_UNWELCOME = re.compile(
    "fuck|shit|cunt|nigg|nigr|porn|sex|rape|fag|bitch|whore|slut|penis|vagin|nazi|hitler|cock|tits|anal|isis|jihad"
    "|kill|murder|terror|suicid|genocid|dick|puss|prostit|fick|merde|puta|kurw|blya|pizd|pidor|hui$|xxx"
)


def _ascii(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.translate(_CYRILLIC).translate(_LATIN))
    return folded.encode("ascii", "ignore").decode("ascii")


@cache
def words(language: str) -> tuple[str, ...]:
    """Return about 20,000 words of ``language``, most frequent first: letters a–z, at least three."""
    from wordfreq import top_n_list

    # All at once: a call for each of 400,000 words would take seconds.
    folded = _ascii("\n".join(top_n_list(language, 20_000, wordlist="small")))
    plain = re.findall("^[a-z]{3,14}$", folded, re.MULTILINE)
    return tuple(dict.fromkeys(word for word in plain if not _UNWELCOME.search(word)))


def draw_language(rng: random.Random) -> str:
    """Draw a language by its share of names."""
    return rng.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]


def draw_word(rng: random.Random, language: str, longest: int = 14) -> str:
    """Draw a word of at most ``longest`` letters, frequent ones more often.

    Chinese and Japanese words are joined from syllables, as sites write them in Latin script.
    """
    if language == "zh":
        return "".join(rng.choices(read_lines("pinyin.txt"), k=rng.choice((1, 2, 2, 2))))
    if language == "ja":
        return "".join(rng.choices(read_lines("romaji.txt"), k=rng.choice((2, 2, 3, 4))))
    known = words(language)
    while True:
        word = known[int(len(known) * rng.random() ** 1.7)]
        if len(word) <= longest:
            return word
