"""Lists of registrable domains that people keep: the allow-list and the watch-list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from io import TextIOWrapper

from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.redaction import shown_uri
from airflow_provider_devo_dga.storage import StoragePath

_DOMAIN = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+")


@dataclass(frozen=True, slots=True)
class DomainLists:
    """What people know better than the model. A domain on both lists is watched.

    :param allow: registrable domains, lower case, that count as not flagged.
    :param watch: registrable domains, lower case, that are shown whatever the model says.
    """

    allow: frozenset[str] = frozenset()
    watch: frozenset[str] = frozenset()

    def allows(self, reg_domain: str) -> bool:
        """Whether the domain counts as not flagged."""
        name = reg_domain.lower()
        return name in self.allow and name not in self.watch


def domains_of(entries: Iterable[str], source: str, *, is_file: bool = False) -> frozenset[str]:
    """Return registrable domains as they are compared: lower case, without a dot at the end.

    :param entries: one domain each; blank ones, and what follows a ``#``, are left out.
    :param source: what an error calls the list.
    :param is_file: whether the entries are lines of a file, which no error quotes: it may be any file.
    :raises ReportError: for an entry that is no domain; a list that does less than it seems to is worse than
        none.
    """
    names = (entry.partition("#")[0].strip().lower().removesuffix(".") for entry in entries)
    found = {name: number for number, name in enumerate(names, start=1) if name}
    for name, number in found.items():
        if not _DOMAIN.fullmatch(name):
            where = f"Line {number}" if is_file else f"Entry {number}"
            shown = "" if is_file else f": {name[:80]!r}"
            raise ReportError(f"{where} of {source} is no registrable domain such as example.com{shown}")
    return frozenset(found)


def read_domains(path: StoragePath) -> frozenset[str]:
    """Read a list: UTF-8 text, one domain a line, ``#`` begins a comment.

    :raises ReportError: for a line that is no domain, or bytes that are no UTF-8.
    :raises OSError: when the file cannot be read.
    """
    try:
        with path.open("rb") as file, TextIOWrapper(file, encoding="utf-8-sig") as lines:
            return domains_of(lines, shown_uri(str(path)), is_file=True)
    except UnicodeDecodeError as error:
        raise ReportError(f"{path} is no UTF-8 text: {error}") from error
