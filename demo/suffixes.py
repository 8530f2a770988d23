"""Public suffixes of legit names: how often each occurs, in general and for names of one language."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

# Relative weights, rounded by eye from public rankings of popular sites.
GENERIC = {
    "com": 600,
    "net": 65,
    "org": 60,
    "info": 11,
    "tv": 6,
    "me": 5,
    "io": 6,
    "co": 5,
    "biz": 4,
    "cc": 4,
    "eu": 4,
    "in": 5,
    "app": 2,
    "dev": 2,
    "online": 1,
    "site": 1,
    "top": 1,
    "xyz": 2,
    "club": 1,
    "shop": 2,
    "ws": 1,
    "to": 1,
    "fm": 1,
    "ai": 2,
}
# Customers of hosting and dynamic-DNS providers own names too.
PROVIDERS = {
    "github.io": 4,
    "blogspot.com": 6,
    "myshopify.com": 3,
    "herokuapp.com": 2,
    "netlify.app": 2,
    "azurewebsites.net": 2,
    "ddns.net": 3,
    "duckdns.org": 2,
}
COUNTRY = {
    "cs": {"cz": 10},
    "da": {"dk": 10},
    "de": {"de": 10, "at": 1, "ch": 1},
    "en": {
        "co.uk": 10,
        "edu": 12,
        "com.au": 5,
        "ca": 6,
        "us": 4,
        "gov": 3,
        "co.za": 2,
        "ac.uk": 2,
        "co.nz": 1,
        "ie": 1,
    },
    "es": {"es": 5, "com.ar": 2, "com.mx": 2, "cl": 2, "com.co": 1, "pe": 1},
    "fi": {"fi": 10},
    "fr": {"fr": 9, "be": 1, "ch": 1},
    "hu": {"hu": 10},
    "id": {"co.id": 5, "id": 3, "ac.id": 2},
    "it": {"it": 10},
    "ja": {"jp": 5, "co.jp": 4, "ne.jp": 1, "ac.jp": 1},
    "nb": {"no": 10},
    "nl": {"nl": 9, "be": 1},
    "pl": {"pl": 8, "com.pl": 2},
    "pt": {"com.br": 8, "pt": 2, "org.br": 1},
    "ro": {"ro": 10},
    "ru": {"ru": 9, "com.ua": 1, "su": 1, "by": 1, "kz": 1},
    "sv": {"se": 10},
    "tr": {"com.tr": 6, "edu.tr": 1, "gen.tr": 1},
    "vi": {"vn": 6, "com.vn": 3},
    "zh": {"cn": 6, "com.cn": 3, "edu.cn": 1, "com.tw": 2, "cc": 2},
}


def _draw(rng: random.Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def draw_suffix(rng: random.Random, language: str) -> str:
    """Draw a public suffix for a name of ``language`` (ISO 639-1; unknown ones draw from the generic)."""
    if rng.random() < 0.02:
        return _draw(rng, PROVIDERS)
    # Sites in English mostly do without a country.
    if language in COUNTRY and rng.random() < (0.1 if language == "en" else 0.4):
        return _draw(rng, COUNTRY[language])
    return _draw(rng, GENERIC)
