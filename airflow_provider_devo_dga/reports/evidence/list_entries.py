"""Lines of a list that somebody keeps or a feed publishes: what each means, or why it can never match."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from io import TextIOWrapper
from typing import TypeVar

from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.features.alternative_roots import alternative_roots
from airflow_provider_devo_dga.features.host import has_known_top, split_host
from airflow_provider_devo_dga.redaction import shown_uri
from airflow_provider_devo_dga.storage import StoragePath

Found = TypeVar("Found")

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/@]*@)?")
_PORT_OR_PATH = re.compile(r"(?::[0-9]{1,5})?(?:[/?].*)?$")
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


class EntryError(Exception):
    """Why an entry can never match; a line of a file is quoted if it is ``quotable``: no secret looks so."""

    def __init__(self, why: str, *, quotable: bool = True) -> None:
        super().__init__(why)
        self.quotable = quotable


def entries_of(
    lines: Iterable[str], source: str, meaning: Callable[[str], Found], *, is_file: bool = False
) -> Iterator[Found]:
    """Yield what the entries mean; blank ones, and what follows a ``#``, are left out.

    :param source: what an error calls the list.
    :param is_file: whether the entries are lines of a file, which may be any file.
    :raises ReportError: for an entry that can never match; a list that does less than it seems to is worse
        than none.
    """
    for number, line in enumerate(lines, start=1):
        if not (entry := line.partition("#")[0].strip()):
            continue
        try:
            yield meaning(entry)
        except EntryError as error:
            shown = f" {entry[:80]!r}" if error.quotable or not is_file else ""
            where = "Line" if is_file else "Entry"
            raise ReportError(f"{where} {number} of {source}{shown} {error}") from None


def read_entries(path: StoragePath, read: Callable[[Iterable[str], str], Found]) -> Found:
    """Return what ``read`` makes of the lines of a UTF-8 file and its name.

    :raises ReportError: for bytes that are no UTF-8.
    :raises OSError: when the file cannot be read.
    """
    try:
        with path.open("rb") as file, TextIOWrapper(file, encoding="utf-8-sig") as lines:
            return read(lines, shown_uri(str(path)))
    except UnicodeDecodeError as error:
        raise ReportError(f"{path} is no UTF-8 text: {error}") from error


def name_of(entry: str, *, hosts: bool) -> tuple[str, str]:
    """Return the kind of a name and the name: ``domains``, ``suffixes``, ``hosts``, ``below``, ``addresses``.

    :param entry: ``example.com``, ``.suffix`` or ``*.suffix``, and as feeds have them: a URL, ``name:port``,
        ``hxxp://`` and ``[.]``.
    :param hosts: whether a name below a domain can be matched.
    :raises EntryError: it can never match.
    """
    text = entry.lower().replace("[.]", ".")
    after = _SCHEME.sub("", text, count=1)
    literal = after.startswith("[") and after.partition("]")[0] + "]"
    bare = literal or (_PORT_OR_PATH.sub("", after, count=1) if after.count(":") < 2 else after)
    name = bare.removesuffix(".")
    if _is_address(name):
        if bare != text:
            return "addresses", name
        raise EntryError("is an address; names are compared. Clients have a list of their own")
    whole = name.startswith((".", "*."))
    name = name.lstrip("*").removeprefix(".") if whole else name
    if not _NAME.fullmatch(name):
        raise EntryError("is no domain such as example.com", quotable=False)
    if whole and not hosts and name in alternative_roots():
        return "suffixes", name
    if not whole and name.rpartition(".")[2] in alternative_roots():
        raise EntryError("is on an alternative root: who asks is shown anyhow; allow a root as a whole, .bit")
    if not has_known_top(f"any.{name}"):
        raise EntryError("is below no known top-level domain, and such names are not judged", quotable=False)
    parts = split_host(name)
    if parts is None:
        if whole:
            return "suffixes", name
        raise EntryError(f"is a suffix, and no name is judged as that: write .{name} for all below it")
    if parts.registrable == name:
        return "domains", name
    if not hosts:
        raise EntryError(f"is below {parts.registrable}, and names are judged by that: allow it, or neither")
    return ("below" if whole else "hosts"), name


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
