"""The feature sets that ship: the default, one that learns less, the plain 31, and the tutorial's three."""

from __future__ import annotations

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features.feature_set import Feature, FeatureSet
from airflow_provider_devo_dga.features.legit_grams import LegitGrams
from airflow_provider_devo_dga.features.recipe import LearnedOdds, Recipe

VOWELS = "aeiou"
CONSONANTS = "bcdfghjklmnpqrstvwxyz"
DIGITS = "0123456789"

_LABEL = e.Label()
_TLD = e.Tld()


def _share(name: str, chars: str) -> Feature:
    return Feature(name, e.Division(e.CountChars(_LABEL, chars), e.Length(_LABEL)))


TUTORIAL_FEATURES = FeatureSet(
    "tutorial",
    (
        Feature("length", e.Length(_LABEL)),
        Feature("entropy", e.Entropy(_LABEL)),
        _share("vowel_proportion", VOWELS),
    ),
)
"""Length, entropy and vowel proportion of the label, the same in training and serving.

Devo's tutorial trains on the proportion over the label and serves a bare count over the whole host.
"""

PLAIN_FEATURES = FeatureSet(
    "dga_plain",
    (
        Feature("length", e.Length(_LABEL)),
        Feature("entropy", e.Entropy(_LABEL)),
        Feature("entropy_ratio", e.EntropyRatio(_LABEL)),
        _share("vowel_share", VOWELS),
        _share("digit_share", DIGITS),
        _share("hyphen_share", "-"),
        _share("rare_share", "jqxz"),
        _share("uncommon_share", "jkqvwxyz"),
        _share("frequent_share", "etaoinsr"),
        _share("hex_share", "abcdef0123456789"),
        _share("first_half_share", "abcdefghijklm"),
        Feature("q_count", e.CountChars(_LABEL, "q")),
        _share("y_share", "y"),
        _share("liquid_share", "lrmn"),
        Feature("longest_consonant_run", e.LongestRun(_LABEL, CONSONANTS, 8)),
        Feature("longest_vowel_run", e.LongestRun(_LABEL, VOWELS, 5)),
        Feature("longest_digit_run", e.LongestRun(_LABEL, DIGITS, 8)),
        Feature("starts_with_digit", e.StartsIn(_LABEL, DIGITS)),
        Feature("ends_with_vowel", e.EndsIn(_LABEL, VOWELS)),
        Feature("is_punycode", e.StartsWith(_LABEL, "xn--")),
        *(
            Feature(f"tld_{tld}", e.IsOneOf(_TLD, (tld,)))
            for tld in ("com", "net", "org", "ru", "info", "biz", "cn", "de", "uk")
        ),
        Feature("tld_is_country", e.HasLength(_TLD, 2)),
        Feature("tld_length", e.Length(_TLD)),
    ),
)
"""Twenty lexical features of the label and eleven coarse ones of the TLD; only LINQ's plainest operations."""

SMALL_RECIPE = Recipe(
    "dga_small",
    PLAIN_FEATURES.features,
    (
        LearnedOdds("bigram_odds", width=2, buckets=8),
        LearnedOdds("trigram_odds", width=3, buckets=8, least=10, most=2000),
        LearnedOdds("tetragram_odds", width=4, buckets=4, least=10, most=1500),
    ),
)
"""The plain features, and how much the sequences of two, three and four letters are those of legit names.

What sequences are typical is learned from each training's own rows. Serving it takes LINQ's ``subsall``.
"""

DGA_RECIPE = Recipe(
    "dga",
    PLAIN_FEATURES.features,
    (
        *SMALL_RECIPE.learned,
        LegitGrams("legit_trigrams", width=3, most=7000),
        LegitGrams("legit_tetragrams", width=4, most=8000),
    ),
)
"""The small set, and how common the label's sequences are among legit names alone: the longest query."""

RECIPES = {recipe.name: recipe for recipe in (DGA_RECIPE, SMALL_RECIPE)}

FEATURE_SETS = {shipped.name: shipped for shipped in (PLAIN_FEATURES, TUTORIAL_FEATURES)}


def feature_set_named(name: str | FeatureSet | Recipe) -> FeatureSet | Recipe:
    """Return a feature set that ships with this package, or the recipe of one that training completes.

    :param name: a set or a recipe stands for itself.
    :raises FeatureError: for a name that none of them has.
    """
    if isinstance(name, FeatureSet | Recipe):
        return name
    known: dict[str, FeatureSet | Recipe] = {**RECIPES, **FEATURE_SETS}
    if not isinstance(name, str) or name not in known:
        raise FeatureError(
            f"No feature set named {name!r}; there are {', '.join(known)}, and some features of one are"
            " feature_set_named('dga_plain').subset('mine', […])"
        )
    return known[name]
