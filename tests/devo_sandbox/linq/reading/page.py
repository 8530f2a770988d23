"""A plain reading of the operations on the addresses of pages and on hosts."""

# ruff: noqa: PLW0108 - the parameters of a reading name its columns

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import publicsuffixlist

READINGS: list[tuple[str, str, Callable[..., Any]]] = []
LIST = Path(publicsuffixlist.__file__).with_name("public_suffix_list.dat")


def scheme(address: str) -> str | None:
    head, colon, _ = address.partition(":")
    return head if colon and re.fullmatch("[A-Za-z][A-Za-z0-9+.-]*", head) else None


def opaque(address: str) -> bool:
    """Tell whether nothing that starts with a slash follows the scheme."""
    return scheme(address) is not None and not address.partition(":")[2].startswith("/")


def first_of(text: str, ends: str) -> str:
    return text[: min((text.find(end) for end in ends if end in text), default=len(text))]


def authority(address: str) -> str | None:
    if scheme(address) is None or not address.partition(":")[2].startswith("//"):
        return None
    return first_of(address.partition("://")[2], "/?#") or None


def host_and_port(address: str) -> tuple[str | None, str]:
    """Cut an authority; what stands before the first @ is the user's name."""
    found = authority(address)
    if found is None:
        return None, ""
    host = found.partition("@")[2] if "@" in found else found
    if host.startswith("["):
        inner, bracket, rest = host.partition("]")
        return (
            (inner + "]", rest.partition(":")[2] if rest.startswith(":") else "") if bracket else (None, "")
        )
    name = first_of(host, ":@")
    return name or None, host[len(name) + 1 :] if host[len(name) : len(name) + 1] == ":" else ""


def port(address: str) -> int | None:
    digits = host_and_port(address)[1]
    fits = re.fullmatch("[0-9]+", digits) and int(digits) < 2**63
    return int(digits) if fits else None


def after_authority(address: str) -> str:
    rest = address.partition(":")[2] if scheme(address) is not None else address
    return rest[2 + len(first_of(rest[2:], "/?#")) :] if rest.startswith("//") else rest


def path(address: str) -> str | None:
    return None if opaque(address) else first_of(after_authority(address), "?#")


def query(address: str) -> str | None:
    _, mark, after = address.partition("#")[0].partition("?")
    return after if mark and not opaque(address) else None


@cache
def rules() -> frozenset[str]:
    lines = LIST.read_text(encoding="utf-8").splitlines()
    kept = (line.split()[0] for line in lines if line.strip() and not line.startswith("//"))
    return frozenset(written for rule in kept for written in {rule, ascii_of(rule)})


def ascii_of(name: str) -> str:
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in name.split(".")
    )


def labels_in_suffix(labels: list[str]) -> int:
    """Return how many labels the longest rule takes: an exception one less, an asterisk any one."""
    best = 0
    for at in range(len(labels)):
        name, parent = ".".join(labels[at:]), ".".join(labels[at + 1 :])
        if f"!{name}" in rules():
            return len(labels) - at - 1
        if name in rules() or f"*.{name}" in rules() or (parent and f"*.{parent}" in rules()):
            best = max(best, len(labels) - at)
    return best


def cut(host: str) -> tuple[str | None, str, str] | None:
    labels = host.lower().removesuffix(".").split(".")
    count = labels_in_suffix(labels)
    if not all(labels) or not 0 < count < len(labels):
        return None
    head, label, suffix = labels[: -count - 1], labels[-count - 1], labels[-count:]
    return ".".join(head) or None, label, ".".join(suffix)


def suffix(host: str) -> str | None:
    labels = host.lower().removesuffix(".").split(".")
    count = labels_in_suffix(labels)
    return ".".join(labels[-count:]) if all(labels) and count else None


def of(part: Callable[[str | None, str, str], str | None]) -> Callable[[str], str | None]:
    def reading(h: str) -> str | None:
        found = cut(h)
        return part(*found) if found else None

    return reading


READINGS += [
    ("urihost", "urihost(u)", lambda u: host_and_port(u)[0]),
    ("uriport", "uriport(u)", lambda u: port(u)),
    ("urischeme", "urischeme(u)", lambda u: scheme(u)),
    ("uriauthority", "uriauthority(u)", lambda u: authority(u)),
    ("uripath", "uripath(u)", lambda u: path(u)),
    ("uriquery", "uriquery(u)", lambda u: query(u)),
    ("publicsuffix", "publicsuffix(h)", lambda h: suffix(h)),
    ("topleveldomain", "topleveldomain(h)", lambda h: (suffix(h) or "").rpartition(".")[2] or None),
    ("rootsuffix", "rootsuffix(h)", of(lambda _, label, suffix: f"{label}.{suffix}")),
    ("rootdomain", "rootdomain(h)", of(lambda _, label, __: label)),
    ("rootprefix", "rootprefix(h)", of(lambda head, label, _: f"{head}.{label}" if head else label)),
    ("subdomain", "subdomain(h)", of(lambda head, _, __: head)),
]
