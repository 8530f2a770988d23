"""Lists that are written in a notation of their own: of hosts files, name servers and filters."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ADDRESS = r"(?:0|0\.0\.0\.0|127\.\d+\.\d+\.\d+|::1?|255\.255\.255\.255|fe80::1\S*|ff0\d::\d)"
_TYPES = "A|AAAA|CNAME|NS|MX|TXT|PTR|SRV|DS|RRSIG|NSEC3?|DNAME|SOA|CAA|DNSKEY|NSEC3PARAM"


@dataclass(frozen=True)
class Notation:
    """How a line names a host. Both patterns mean the same to Python and to RE2.

    :param pattern: of a whole line; ``host`` is the name, or names between blanks.
    :param comment: of a line that is none.
    :param several: a line may hold several names.
    """

    name: str
    pattern: str
    comment: str = r"^\s*(?:[#;!]|//|$)"
    several: bool = False

    def share(self, lines: list[str]) -> float:
        """Return the share of the lines, comments aside, that are written so."""
        rows = [line for line in lines if not re.search(self.comment, line)]
        return sum(re.search(self.pattern, line) is not None for line in rows) / max(len(rows), 1)


NOTATIONS = (
    Notation(
        "hosts file",
        rf"^\s*{_ADDRESS}\s+(?P<host>[^#]*[^#\s])",
        # the machine's own names have no dot
        comment=rf"^\s*(?:#|$|{_ADDRESS}(?:\s+(?:[^.\s#]+|localhost\.localdomain|0\.0\.0\.0))+\s*(?:#.*)?$)",
        several=True,
    ),
    Notation(
        "filter list",
        r"^\|\|(?P<host>[^/^$|]+)\^?(?:\$.*)?\s*$",
        comment=r"^\s*(?:[!#]|\[Adblock|$)",
    ),
    Notation("dnsmasq configuration", r"^(?:address|server|local)=/(?P<host>[^/]+)/.*$"),
    Notation(
        "Unbound configuration",
        r"^\s*local-(?:zone|data):\s*\"(?P<host>[^\" ]+)[\" ].*$",
        comment=r"^\s*(?:#|$|server:)",
    ),
    Notation(
        "zone file",
        rf"^(?P<host>[^\s;@$]\S*)\s+(?:\d+[smhdwSMHDW]?\s+)?(?:(?i:IN)\s+)?(?:\d+\s+)?(?i:{_TYPES})\s+\S.*$",
        comment=r"^(?:\s|;|\$|@|#|$)",
    ),
)
NAMES = Notation("a name a line", r"^\s*(?P<host>[^#]*[^#\s])\s*(?:#.*)?$")
NAMES_FIRST = Notation("a name, and words behind it", r"^\s*(?P<host>[^\s#]+)(?:\s.*)?$")
