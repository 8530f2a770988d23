"""From names as files write them to hosts: out of URLs, without the marks of lists; and why not."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.features.host import split_host

if TYPE_CHECKING:
    import pyarrow as pa

ADDRESS, NON_ASCII = "an IP address", "characters outside ASCII"
NO_SUFFIX, NO_NAME = "below no public suffix", "no name of a host"

_ODD = r"[^A-Za-z0-9_.-]|^\.|\.$"
_CLEANING = (
    (r"^[\"']+|[\"',;]+$", ""),
    (r"\[\.\]|\(\.\)|\[dot\]", "."),
    (r"^[A-Za-z][A-Za-z0-9+.-]*:/{2}(?:[^/@?#]*@)?(\[[^\]]*\]|[^/:?#]*).*$", r"\1"),
    (r"^([A-Za-z0-9_.-]+\.[A-Za-z0-9_-]+)(?::\d+)?(?:[/?].*)?$", r"\1"),
    (r"^(?:\*?\.)+", ""),
    (r"\.$", ""),
)
_LIKE_A_NAME = r"^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.(?:[a-z]{2,63}|xn--[a-z0-9-]+)$"


def clean(written: pa.Array) -> pa.Array:
    """Return the hosts: of URLs, of ``*.name`` and ``.name``, before a port, of ``name[.]com``."""
    import pyarrow.compute as pc

    odd = pc.match_substring_regex(written, _ODD)
    if not pc.any(odd).as_py():
        return written
    some = pc.ascii_trim_whitespace(written.filter(odd))
    for pattern, instead in _CLEANING:
        some = pc.replace_substring_regex(some, pattern, instead)
    return pc.replace_with_mask(written, odd, some)


def like_names(hosts: pa.Array) -> float:
    """Return the share of what is written like a name, be there such a suffix or not."""
    import pyarrow.compute as pc

    return _share(pc.match_substring_regex(pc.ascii_lower(hosts), _LIKE_A_NAME))


def reason_against(host: str) -> str:
    """Return why a host has no label to judge."""
    name = host.strip("[]").lower()
    try:
        ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        return ADDRESS
    if not host.isascii():
        return NON_ASCII
    labels = name.split(".")
    plain = all(label.replace("-", "").replace("_", "").isalnum() for label in labels)
    # with a suffix that everybody knows it would be one
    return NO_SUFFIX if plain and (len(labels) == 1 or split_host(f"{name}.com")) else NO_NAME


def _share(found: pa.Array) -> float:
    import pyarrow.compute as pc

    return float(pc.mean(found).as_py() or 0.0)
