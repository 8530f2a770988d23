"""What no text of ours may hold: the secrets that this process knows, and what a server's words do to a log.

Whoever holds a secret says so by :func:`keep_secret`; from then on no error of this provider shows it.
What a server says goes through :func:`heard` where it enters: it may quote a request, encoded or in parts.
So does what HTTP clients log: at the level DEBUG they print answers, logins of proxies and signed URLs.
"""

from __future__ import annotations

import base64
import html
import logging
import re
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

HIDDEN = "***"

_SHORTEST = 5  # as Airflow has it: shorter ones would take words out of every text
_PIECE = 8
_MOST_SECRETS = 1000
_MOST_READ = 10_000
_SIGNATURE = re.compile(r"(?<![0-9a-f])[0-9a-f]{64,}", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/\s@]*:[^/\s@]*@")
_SIGNED = re.compile(
    r"([?&;][\w.-]*(?:sig|token|secret|passw|credential|key|auth|jwt|code)[\w.-]*=)[^&;\s'\"<>]+",
    re.IGNORECASE,
)
# a letter as it is, or as URLs, JSON and HTML write it; what only wraps or escapes has no group
_LETTER = re.compile(
    r"%(?:25)*([0-9a-f]{2})|\\+u00([0-9a-f]{2})|\\+x([0-9a-f]{2})|(&(?:\#x?[0-9a-f]+|[a-z]+);)|\\+[nrt]|[\s\\]|(.)",
    re.IGNORECASE,
)

_WIRE = (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
    *(f"urllib3.{part}" for part in ("connectionpool", "poolmanager", "util.retry")),
    "fsspec.http",
)
"""Loggers of the HTTP clients; a filter works where a record is made, not where it passes."""

_CONTAINERS = {"abfs", "abfss", "wasb", "wasbs"}
"""Azure's schemes: what looks like their user names a container."""
_ONE_ALPHABET = str.maketrans("-_", "+/")

_kept: dict[str, frozenset[str]] = {}


def keep_secret(*secrets: str | None) -> None:
    """Let no error of this provider hold these texts, nor their base64, nor their escaped forms."""
    for secret in secrets:
        if secret and len(secret) >= _SHORTEST and secret not in _kept:
            _kept[secret] = frozenset(form for form in _forms(secret) if len(form) >= _SHORTEST)
            if len(_kept) > _MOST_SECRETS:
                del _kept[next(iter(_kept))]


def hidden(text: str, *, pieces: bool = False) -> str:
    """Return a text without the secrets that are known, and without user, password and signature of URIs.

    :param pieces: leave out eight letters in a row of a secret as well: somebody else cut the text.
    """
    text = _SIGNED.sub(rf"\1{HIDDEN}", _USER.sub(f"{HIDDEN}@", text))
    if not _kept:
        return text
    for secret in _kept:
        text = text.replace(secret, HIDDEN)
    # our own words are not wrapped: "a line break" is not the secret "linebreak"
    gap = "" if pieces else " "
    letters = [(_letter(match) or gap, match.span()) for match in _LETTER.finditer(text)]
    letters = [(letter, span) for letter, span in letters if letter]
    line, shown, end = "".join(letter for letter, _ in letters), "", 0
    for first, last in _found(line, pieces):
        start, stop = letters[first][1][0], letters[last][1][1]
        shown, end = f"{shown}{text[end:start]}{HIDDEN}", stop
    return shown + text[end:]


def heard(words: object, most: int = 1000) -> str:
    """Return what a server said, fit for a log, an error and an event: one line, no secret, not too long."""
    text = _SIGNATURE.sub(HIDDEN, hidden(str(words)[:_MOST_READ], pieces=True))
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= most else f"{text[:most]}…"


def beginning(answer: bytes | str) -> str:
    """Return the first letters of what is not the answer that was expected, in quotes."""
    text = answer[:_MOST_READ].decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"'{heard(text, 80)}'"


class _Quoted(logging.Filter):
    """Takes what a client logs for a server's words."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = f" {record.exc_info[1]!r}" if record.exc_info else ""
        record.msg, record.args = heard(f"{record.getMessage()}{error}", _MOST_READ), ()
        record.exc_info = record.exc_text = None
        return True


for _name in _WIRE:
    logging.getLogger(_name).addFilter(_Quoted())


def quiet(error: BaseException) -> None:
    """Take out of a library's error, and of its causes, what a server may have put there."""
    seen: BaseException | None = error
    while seen is not None:
        seen.args = tuple(told if isinstance(told, int) else heard(told) for told in seen.args)
        vars(seen).update({name: heard(told) for name, told in vars(seen).items() if isinstance(told, str)})
        seen = seen.__cause__ or seen.__context__


def shown_uri(uri: str) -> str:
    """Return a URI for people to read: without user, password, query and fragment, which may be secret."""
    if "://" not in uri:
        return uri
    try:
        parts = urlsplit(uri)
        if parts.scheme in _CONTAINERS and parts.password is None:
            return urlunsplit((*parts[:3], "", ""))
        _ = parts.port
    except ValueError:  # a password with a slash in it looks like a port
        scheme, _, rest = uri.partition("://")
        return f"{scheme}://{re.split('[?#]', rest.rpartition('@')[2])[0]}"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _letter(match: re.Match[str]) -> str:
    *coded, entity, plain = match.groups()
    if plain is None:
        code = next((code for code in coded if code), None)
        plain = chr(int(code, 16)) if code else html.unescape(entity or "")
    # base64 has two alphabets
    return plain.lower()[:1].translate(_ONE_ALPHABET)


def _found(line: str, pieces: bool) -> list[tuple[int, int]]:
    """Return first and last letter of each secret in a line, those that touch as one."""
    found: list[tuple[int, int]] = []
    for form in frozenset().union(*_kept.values()):
        size = min(_PIECE, len(form)) if pieces else len(form)
        for start in range(len(form) - size + 1):
            at = line.find(form[start : start + size])
            while at >= 0:
                found.append((at, at + size - 1))
                at = line.find(form[start : start + size], at + 1)
    joined: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _forms(secret: str) -> Iterable[str]:
    yield _normal(secret)
    yield secret.encode().hex()
    for before in range(3):
        # whatever stands before and behind it, these letters of its base64 are the same
        coded = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        end = -1 if (before + len(secret.encode())) % 3 else None
        yield _normal(coded[(0, 2, 3)[before] : end])


def _normal(text: str) -> str:
    return "".join(map(_letter, _LETTER.finditer(text)))
