"""Below which suffixes it is the customer's label that is judged, and not the provider's.

Read from ``suffixes.txt``. The rule is the same in Python and LINQ, and asks no public suffix list: nobody
knows which one a tenant's ``rootsuffix`` has.
"""

from __future__ import annotations

import functools
import hashlib
import string
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

_COUNTRY, _UNJUDGED = "??", "!"
_PATTERNS = {_COUNTRY: "[a-z][a-z]", "*": "[^.]+"}


@functools.cache
def _labels() -> dict[str, frozenset[str]]:
    """Return the labels of each parent."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for parent, labels in data_lines("suffixes.txt"):
        if parent != _UNJUDGED:
            found[parent].update(labels)
    return {parent: frozenset(found[parent]) for parent in sorted(found)}


def data_lines(name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the lines ``key: words`` of a data file of this package; ``#`` begins a comment."""
    for line in Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines():
        key, colon, words = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip(), words.split()


@functools.cache
def unjudged_pattern() -> str:
    """Return a regular expression that finds names below which nothing is judged: ``.onion``."""
    tops = {top for parent, labels in data_lines("suffixes.txt") if parent == _UNJUDGED for top in labels}
    return f"[.]{_one_of(frozenset(tops))}$"


def customers_suffix(name: str) -> str:
    """Return the suffix below which a name's label is judged: ``co.uk``, ``mooo.com``; else the last label.

    :param name: lower case, without a dot at the end; may be the suffix itself.
    """
    labels = name.split(".")
    for start in range(max(0, len(labels) - 3), len(labels) - 1):
        parent = ".".join(labels[start + 1 :])
        if _is_customers(labels[start], parent):
            return f"{labels[start]}.{parent}"
    return labels[-1]


def customers_suffixes() -> Iterator[str]:
    """Yield every suffix of the policy, countries one by one; a first label ``*`` is any."""
    letters = string.ascii_lowercase
    for parent, labels in _labels().items():
        parents = (f"{one}{two}" for one in letters for two in letters) if parent == _COUNTRY else [parent]
        yield from (f"{label}.{name}" for name in parents for label in labels)


def _is_customers(label: str, parent: str) -> bool:
    known = _labels()
    found = known.get(parent, frozenset())
    if label in found or "*" in found:
        return True
    return len(parent) == 2 and parent.isalpha() and label in known[_COUNTRY]


@functools.cache
def suffix_pattern() -> str:
    """Return a regular expression that finds a host's suffix with the dot before it; the whole of a bare one.

    No engine has a choice: a match ends with the host, and that which begins furthest left is taken.
    """
    merged: defaultdict[frozenset[str], list[str]] = defaultdict(list)
    for parent, labels in _labels().items():
        merged[labels].append(parent)
    suffixes = [f"{_one_of(labels)}[.]{_one_of(parents)}" for labels, parents in merged.items()]
    return f"(?:^|[.])(?:{'|'.join(suffixes)}|[a-z][a-z0-9-]+)$"


def _one_of(words: frozenset[str] | list[str]) -> str:
    spelled = [_PATTERNS.get(word, word.replace(".", "[.]")) for word in sorted(words)]
    return spelled[0] if len(spelled) == 1 else f"(?:{'|'.join(spelled)})"


@functools.cache
def policy_fingerprint() -> str:
    """Return twelve hex digits that change whenever another label would be judged."""
    return hashlib.sha256((suffix_pattern() + unjudged_pattern()).encode()).hexdigest()[:12]
