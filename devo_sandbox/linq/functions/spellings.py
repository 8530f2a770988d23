"""One spelling for each value of the types that are kept as texts."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping

from devo_sandbox.linq.types import IP6, JSON, MAC, NET4, Type

MAC_ADDRESS = re.compile("[0-9a-f]{12}")


def _mac(text: str) -> str:
    digits = re.sub("[:.-]", "", text.lower())
    if not MAC_ADDRESS.fullmatch(digits):
        raise ValueError(f"{text!r} is no MAC address")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def _json(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


CANONICAL: Mapping[Type, Callable[[str], str]] = {
    NET4: lambda text: str(ipaddress.IPv4Network(text, strict=False)),
    IP6: lambda text: str(ipaddress.IPv6Address(text)),
    MAC: _mac,
    JSON: _json,
}
