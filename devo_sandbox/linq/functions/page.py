"""The operations on the addresses of pages and on host names."""

from __future__ import annotations

from devo_sandbox.linq.functions.operation import Evidence, Operation, Overload
from devo_sandbox.linq.sql import braced, quoted
from devo_sandbox.linq.types import INT8, STR

SCHEME = "[A-Za-z][A-Za-z0-9+.-]*"
AUTHORITY = f"^{SCHEME}://(?:[^/?#@]*@)?"
HOST = r"(?:\[[^\]/?#]*\]|[^/?#:@]*)"
OPAQUE = f"^{SCHEME}:(?:[^/]|$)"


def _taken(pattern: str, group: int = 1) -> str:
    found = f"regexp_extract({{0}}, {_braced(pattern)}, {group})"
    return f"CASE WHEN {found} <> '' THEN {found} END"


def _braced(pattern: str) -> str:
    return braced(quoted(pattern))


def _host_part(name: str, note: str, evidence: Evidence = "digest") -> Operation:
    return Operation(name, "(str) → str", evidence, note, (Overload((STR,), STR, f"linq_{name}({{0}})"),))


PAGES = (
    Operation(
        "urihost",
        "(str) → str",
        "digest",
        "an opaque or relative address gives null (assumed)",
        (Overload((STR,), STR, _taken(f"{AUTHORITY}({HOST})")),),
    ),
    Operation(
        "uriport",
        "(str) → int8",
        "digest",
        "absent gives null (assumed)",
        (Overload((STR,), INT8, f"TRY_CAST({_taken(f'{AUTHORITY}{HOST}:([0-9]+)(?:[/?#]|$)')} AS BIGINT)"),),
    ),
    Operation("urischeme", "(str) → str", "digest", "", (Overload((STR,), STR, _taken(f"^({SCHEME}):")),)),
    Operation(
        "uriauthority",
        "(str) → str",
        "digest",
        "",
        (Overload((STR,), STR, _taken(f"^{SCHEME}://([^/?#]*)")),),
    ),
    Operation(
        "uripath",
        "(str) → str",
        "digest",
        "an opaque address gives null (assumed)",
        (
            Overload(
                (STR,),
                STR,
                f"CASE WHEN NOT regexp_matches({{0}}, {_braced(OPAQUE)}) THEN "
                f"regexp_extract({{0}}, {_braced(f'^(?:{SCHEME}:)?(?://[^/?#]*)?([^?#]*)')}, 1) END",
            ),
        ),
    ),
    Operation(
        "uriquery",
        "(str) → str",
        "digest",
        "absent gives null (assumed)",
        (
            Overload(
                (STR,),
                STR,
                "CASE WHEN regexp_matches({0}, '^[^?#]*\\?') "
                f"AND NOT regexp_matches({{0}}, {_braced(OPAQUE)}) THEN "
                "regexp_extract({0}, '^[^?#]*\\?([^#]*)', 1) END",
            ),
        ),
    ),
)

HOSTS = (
    _host_part(
        "publicsuffix",
        "by the public suffix list, its private part included; a last dot does not count (both assumed)",
        "documented",
    ),
    _host_part("topleveldomain", "the last label of a known suffix", "documented"),
    _host_part("rootsuffix", "the registrable domain"),
    _host_part("rootdomain", "the label before the public suffix (assumed from rootprefix and rootsuffix)"),
    _host_part("rootprefix", "all up to the root domain, it included"),
    _host_part("subdomain", "what stands before the registrable domain; none gives null (assumed)"),
)

OPERATIONS = PAGES + HOSTS
