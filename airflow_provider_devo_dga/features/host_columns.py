"""Whole columns of hosts into their parts at once: the answers of ``split_host``, many times as fast.

The suffix policy says where the short way holds. Whether a suffix counts is asked of ``split_host`` itself,
once each; what is left over goes through it name by name.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_devo_dga.features.host import LONGEST_HOST, split_host
from airflow_provider_devo_dga.features.suffix_policy import customers_suffixes

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN = r"^(?:[a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]+$"
_ENDS = r"(?P<label>[^.]+)\.(?P<suffix>[^.]+)$", r"(?P<label>[^.]+)\.(?P<suffix>[^.]+\.[^.]+)$"


class HostColumns(NamedTuple):
    """Labels and top-level domains, null where ``split_host`` gives None."""

    label: pa.Array
    tld: pa.Array


def split_hosts(hosts: pa.Array) -> HostColumns:
    """Return the parts of each host.

    :param hosts: strings without nulls.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    names = pc.ascii_lower(hosts)
    nothing = pa.nulls(len(names), pa.string())
    label, tld = nothing, nothing
    plain = pc.and_(
        pc.match_substring_regex(names, _PLAIN), pc.less_equal(pc.binary_length(names), LONGEST_HOST)
    )
    for level, ending in enumerate(_ENDS, start=1):
        asked = plain if level == 1 else pc.and_(plain, pc.is_null(label))
        if not pc.any(asked).as_py():
            break
        some = names.filter(asked)
        parts = pc.extract_regex(some, ending)
        found, suffix = (pc.if_else(parts.is_valid(), parts.field(n), None) for n in (0, 1))
        known = pc.and_kleene(_is_suffix(suffix), pc.invert(_goes_on(found, suffix, level)))
        label = pc.replace_with_mask(label, asked, pc.if_else(known, found, None))
        last = suffix if level == 1 else pc.replace_substring_regex(suffix, r"^.*\.", "")
        tld = pc.replace_with_mask(tld, asked, pc.if_else(known, last, None))
    return _one_by_one(hosts, label, tld)


def _one_by_one(hosts: pa.Array, label: pa.Array, tld: pa.Array) -> HostColumns:
    """Ask ``split_host`` for what the short way has left."""
    import pyarrow as pa
    import pyarrow.compute as pc

    asked = pc.is_null(label)
    rest = hosts.filter(asked).dictionary_encode()
    if not len(rest):
        return HostColumns(label, tld)
    split = [split_host(host) for host in rest.dictionary.to_pylist()]
    parts = ((p and p.label for p in split), (p and p.tld for p in split))
    labels, tlds = (pa.array(values, pa.string()).take(rest.indices) for values in parts)
    return HostColumns(pc.replace_with_mask(label, asked, labels), pc.replace_with_mask(tld, asked, tlds))


def _is_suffix(suffixes: pa.Array) -> pa.Array:
    """Say of each suffix whether a name right below it is a registrable domain."""
    import pyarrow as pa

    coded = suffixes.dictionary_encode()
    return pa.array([_counts(suffix) for suffix in coded.dictionary.to_pylist()], pa.bool_()).take(
        coded.indices
    )


@functools.lru_cache(maxsize=10_000)
def _counts(suffix: str) -> bool:
    parts = split_host(f"a.{suffix}")
    return parts is not None and parts.registrable == f"a.{suffix}"


def _goes_on(label: pa.Array, suffix: pa.Array, level: int) -> pa.Array:
    """Say whether a rule may begin at the label: then the suffix is not the whole one."""
    import pyarrow.compute as pc

    rules = _rules()
    below = pc.binary_join_element_wise(label, suffix, ".")
    return pc.or_(
        pc.is_in(below, value_set=rules.ends[level + 1]),
        pc.is_in(suffix, value_set=rules.wild[level]),
    )


class _Rules(NamedTuple):
    """How the suffixes of so many labels or more end, and below which ends anything is a suffix."""

    ends: dict[int, pa.Array]
    wild: dict[int, pa.Array]


@functools.cache
def _rules() -> _Rules:
    import pyarrow as pa

    ends: dict[int, set[str]] = {2: set(), 3: set()}
    wild: dict[int, set[str]] = {1: set(), 2: set()}
    for suffix in customers_suffixes():
        labels = suffix.split(".")
        for count in range(2, len(labels) + 1):
            first, rest = labels[-count], ".".join(labels[1 - count :])
            if first == "*":
                wild[count - 1].add(rest)
            else:
                ends[count].add(f"{first}.{rest}")
    return _Rules(
        *(
            {count: pa.array(sorted(found), pa.string()) for count, found in kind.items()}
            for kind in (ends, wild)
        )
    )
