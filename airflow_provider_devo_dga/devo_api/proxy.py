"""The proxy on the way to an address, by the variables of the environment; one answer for every client.

``HTTPS_PROXY`` and ``ALL_PROXY`` name it, ``NO_PROXY`` what is asked directly: names with all below them,
addresses, networks of IPv4 and IPv6, each with or without a port. Lower case wins over upper case, as with
curl. Loopback is never asked by way of a proxy: nobody else could answer for it.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from airflow_provider_devo_dga.errors import DevoConnectionConfigError
from airflow_provider_devo_dga.redaction import keep_secret

_SCHEMES = {"http", "https", "socks5", "socks5h"}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the variable that names it.

    :param url: with scheme, maybe with user and password; never show it.
    """

    url: str
    variable: str

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS, for which HTTP clients need a further package."""
        return self.url.startswith("socks")

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"the proxy {parts.hostname}:{parts.port} of {self.variable}"

    __repr__ = __str__


def proxy_for(url: str, environ: Mapping[str, str] | None = None) -> Proxy | None:
    """Return the proxy on the way to ``url``, None when it is asked directly.

    :raises DevoConnectionConfigError: the variable does not hold the address of a proxy.
    """
    environ = os.environ if environ is None else environ
    parts = urlsplit(url)
    for name in (f"{parts.scheme}_proxy", "all_proxy"):
        for variable in (name, name.upper()):
            if value := environ.get(variable, "").strip():
                if is_loopback(parts.hostname or "") or _is_excluded(parts, environ):
                    return None
                proxy = Proxy(_checked(value, variable), variable)
                keep_secret(unquote(urlsplit(proxy.url).password or ""))
                return proxy
    return None


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's own."""
    address = _address(host)
    if address is None:
        return host.lower().rstrip(".") == "localhost" or host.lower().rstrip(".").endswith(".localhost")
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def is_host(name: str) -> bool:
    """Tell whether a name can be looked up; Python's resolver has a bare ``UnicodeError`` for others."""
    try:
        name.encode("idna")
    except UnicodeError:
        return False
    return bool(name)


def _checked(value: str, variable: str) -> str:
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _SCHEMES and is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        # not the value: it may hold a password
        raise DevoConnectionConfigError(
            f"The variable {variable} does not hold the address of a proxy, such as http://proxy.example:3128"
            " (http, https, socks5 or socks5h); mend it, or take Devo's host out by NO_PROXY"
        )
    # of the two httpx makes one, the proxy looks names up; requests would look them up itself
    if parts.scheme == "socks5":
        parts = parts._replace(scheme="socks5h")
    return parts.geturl() if parts.port else _with_port(parts)


def _with_port(parts: SplitResult) -> str:
    port = {"http": 80, "https": 443}.get(parts.scheme, 1080)
    return parts._replace(netloc=f"{parts.netloc.rstrip(':')}:{port}").geturl()


def _is_excluded(parts: SplitResult, environ: Mapping[str, str]) -> bool:
    host, port = (parts.hostname or "").rstrip("."), parts.port or (443 if parts.scheme == "https" else 80)
    listed = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    return any(_matches(entry, entry_port, host, port) for entry, entry_port in _entries(listed))


def _entries(listed: str) -> Iterator[tuple[str, int | None]]:
    """Yield host, address or network of each entry, and its port; what is none of these is passed over."""
    for entry in listed.replace(",", " ").split():
        text, port = entry.lower(), None
        if text.startswith("["):
            text, _, rest = text[1:].partition("]")
            text, rest = (text + rest, "") if rest.startswith("/") else (text, rest)
            port = _port(rest.removeprefix(":")) if rest else None
        elif text.count(":") == 1:
            text, _, rest = text.partition(":")
            port = _port(rest)
        if port != 0 and text:
            yield text, port


def _port(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _matches(entry: str, entry_port: int | None, host: str, port: int) -> bool:
    if entry == "*":
        return True
    if entry_port not in {None, port}:
        return False
    address = _address(host)
    if address is not None:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    name = entry.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
