"""Texts that are queries, nearly queries, or nothing of the kind; marked words tell whence."""

from __future__ import annotations

import re

from hypothesis import strategies as st

MARK = "Mk7q"
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|`[^`]*`|//[^\n]*|\w+|\s+|->>|->|<-|.', re.DOTALL)
VALID = [
    f'from demo.ecommerce.data where uri -> "{MARK}a" select length(uri) as `{MARK}b`, {MARK}c',
    "from demo.ecommerce.data group every 5m by method select count() as n where n > 1 limit 3",
    f'from demo.ecommerce.data select subsall(uri, re("{MARK}[a-z]"), template("{MARK}")) as {MARK}d limit 2',
    f"from demo.ecommerce.data where clientIpAddress <- 10.0.0.0/8, uri in {{'{MARK}e', \"b\"}} select * // {MARK}f",  # noqa: E501 - a query
    f'from demo.ecommerce.data select ifthenelse(statusCode = 200, "{MARK}g", uri) as {MARK}h group by {MARK}h',  # noqa: E501 - a query
    f'from demo.ecommerce.data select {MARK}i(uri) as x pragma {MARK}j.k: "{MARK}l"',
    f"from `{MARK}m` select peek(uri, re('({MARK}n)'), 1)",
    f'from demo.ecommerce.data select formatdate(eventdate, "yyyy\'{MARK}o\'", "{MARK}p"), parsedate(uri, "{MARK}q")',  # noqa: E501 - a query
    'from demo.ecommerce.data select mlevalmodel("self", "absent", 1.0) as m, now() ?: today() as t',
    "from demo.ecommerce.data select -1 + 2.5 * 3 % 4 as a, [1, 2][0] as b where not (a < 1 <= 2) or null",
]
HOSTILE = [
    "'",
    '"',
    "`",
    ";",
    "//",
    "/*",
    "--",
    "\\",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "{0}",
    "%s",
    "$1",
    "\n",
    "\0",
]
HOSTILE += [
    "\ud800",
    "\u2028",
    "é",
    "🦆",
    "as",
    "from",
    "select",
    "where",
    "group",
    "by",
    "every",
    "limit",
    "null",
]
HOSTILE += [
    f"'; DROP TABLE t1; -- {MARK}z",
    f"' || {MARK}y || '",
    f'"{MARK}x',
    f"`{MARK}'w`",
    "''",
    '""',
    "5m",
    "-",
]
HOSTILE += [
    "9" * 25,
    "1.1.1.1/99",
    "0.0.0.256",
    "in",
    "not",
    "~",
    "->",
    "?:",
    "1e999",
    ".",
    ",",
    "=",
    "order by",
]
WORDS = st.sampled_from(HOSTILE) | st.text(max_size=4)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Return a valid query after a few deletions, insertions, swaps and repeats of tokens."""
    tokens = TOKEN.findall(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(tokens) - 1))
        match draw(st.sampled_from(["delete", "insert", "swap", "repeat", "graft"])):
            case "delete" if len(tokens) > 1:
                del tokens[at]
            case "insert":
                tokens.insert(at, draw(WORDS))
            case "swap":
                to = draw(st.integers(0, len(tokens) - 1))
                tokens[at], tokens[to] = tokens[to], tokens[at]
            case "repeat":
                tokens[at:at] = tokens[max(0, at - 6) : at]
            case _:
                tokens[at : at + 1] = TOKEN.findall(draw(st.sampled_from(VALID)))[:20]
    return "".join(tokens)


@st.composite
def nested(draw: st.DrawFn) -> str:
    """Return a query of one thing within another, within another …, perhaps to no end."""
    opening, closing = draw(
        st.sampled_from(
            [("(", ")"), ("[", "]"), ("{", "}"), ("lower(", ")"), ("not ", ""), ("-", ""), ("uri + ", "")]
        )
        | st.sampled_from([("1 < ", ""), ("uri ?: ", ""), ("[1][", "]"), ("nvl(uri, ", ")"), ('"a" -> ', "")])
        | st.sampled_from(
            [("true and ", ""), ("1 in {", "}"), ("true, ", ""), ("true where ", ""), ("`a`(", ")")]
        )
    )
    count = draw(st.sampled_from([1, 5, 60, 149, 151, 400, 20_000]))
    middle = draw(st.sampled_from(["uri", "1", "true", ""]))
    return f"from demo.ecommerce.data where {opening * count}{middle}{closing * count}"[:150_000]


TEXTS = (
    mutated() | mutated() | mutated() | st.text() | st.builds(lambda text: f"{VALID[0]} {text}", st.text())
)
