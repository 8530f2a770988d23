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
    plain = pc.and_(
        pc.match_substring_regex(names, _PLAIN), pc.less_equal(pc.binary_length(names), LONGEST_HOST)
    )
    found = _by_the_policy(names.filter(plain))
    if len(found.label) < len(names):
        nothing = pa.nulls(len(names), pa.string())
        found = HostColumns(*(pc.replace_with_mask(nothing, plain, column) for column in found))
    return _one_by_one(hosts, *found)


def _by_the_policy(names: pa.Array) -> HostColumns:
    import pyarrow.compute as pc

    found = _below(names, 1)
    rest = pc.is_null(found.label)
    if pc.any(rest).as_py():
        more = _below(names.filter(rest), 2)
        found = HostColumns(
            *(pc.replace_with_mask(*each) for each in zip(found, (rest, rest), more, strict=True))
        )
    return found


def _below(names: pa.Array, level: int) -> HostColumns:
    """Return the parts of the names whose suffix has so many labels."""
    import pyarrow.compute as pc

    parts = pc.extract_regex(names, _ENDS[level - 1])
    # empty where a name has too few labels, and no suffix then
    label, suffix = parts.field(0), parts.field(1)
    known = pc.and_(_is_suffix(suffix), pc.invert(_goes_on(label, suffix, level)))
    tld = suffix if level == 1 else pc.replace_substring_regex(suffix, r"^.*\.", "")
    return HostColumns(pc.if_else(known, label, None), pc.if_else(known, tld, None))


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
