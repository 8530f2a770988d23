"""What people call the columns and the classes of labelled domains."""

from __future__ import annotations

import re

HOST_WORDS = (
    *("host", "hostname", "fqdn", "domain", "domain_name", "domainname", "dns_query", "query", "qname"),
    *("name", "site", "website", "origin", "url", "uri", "indicator", "ioc", "ioc_value"),
)
CLASS_WORDS = (
    *("class", "label", "is_dga", "isdga", "dga", "malicious", "is_malicious", "target"),
    *("legit", "is_legit", "benign", "is_benign", "verdict", "classification", "y"),
)
FAMILY_WORDS = (
    *("family", "subclass", "malware_family", "dga_family", "malware", "botnet", "threat_family", "subtype"),
    *("sub_class", "generator", "algorithm", "family_name", "dga_name", "malware_printable", "signature"),
)
RANK_WORDS = ("rank", "position", "globalrank", "global_rank", "index", "id", "no", "nr", "count", "number")

LEGIT_VALUES = frozenset(
    {
        *("legit", "legitimate", "benign", "normal", "good", "clean", "safe", "white", "whitelist", "allow"),
        *("harmless", "goodware", "nondga", "non-dga", "non_dga", "not_dga", "not-dga", "notdga", "popular"),
    }
)
POPULAR_LISTS = frozenset({"alexa", "tranco", "umbrella", "majestic", "cisco", "opendns", "quantcast"})
DGA_VALUES = frozenset(
    {
        *("dga", "agd", "malicious", "malware", "bad", "evil", "botnet", "black", "blacklist", "block"),
        *("algorithmic", "generated"),
    }
)
TRUE_VALUES = frozenset({"1", "true", "yes", "y", "t", "1.0"})
FALSE_VALUES = frozenset({"0", "false", "no", "n", "f", "0.0", "-1"})

_NO_WORD = re.compile(r"[^a-z0-9]+")


def word(header: str) -> str:
    """Return a column's name as these lists have it: ``isDGA``, ``Is DGA`` and ``is-dga`` are ``is_dga``."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", header.strip())
    return _NO_WORD.sub("_", parted.lower()).strip("_")


def rank_of(header: str, words: tuple[str, ...]) -> int | None:
    """Return how far in front a name stands in a list of words, None when it is not there."""
    return words.index(found) if (found := word(header)) in words else None
