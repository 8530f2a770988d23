"""Generated rows for every type of column, the same in every run."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

COLUMNS = {
    "eventdate": "timestamp",
    **dict.fromkeys(("x", "s", "t", "u", "h", "d", "z"), "str"),
    **dict.fromkeys(("i", "j"), "int8"),
    **dict.fromkeys(("n", "w"), "int4"),
    **dict.fromkeys(("f", "g", "q"), "float8"),
    **dict.fromkeys(("b", "c"), "bool"),
    "m": "timestamp",
    "ip": "ip4",
    "big": "bigint",
    "net": "net4",
}
# Letters whose case every library knows alike.
CASED = "abcABCxyz0129 -_./:,;'\"\\{}%$éÉñÑöÖλΛЖж中🦆\n\t"
LABELS = st.sampled_from(
    ["www", "a", "shop", "example", "EXAMPLE", "co", "xn--p1ai", "рф", "", "-", "a_b", "1"]
)
SUFFIXES = [
    "com",
    "co.uk",
    "uk",
    "COM",
    "ck",
    "www.ck",
    "foo.ck",
    "github.io",
    "kawasaki.jp",
    "city.kawasaki.jp",
]
SUFFIXES += ["corp", "localhost", "10", "рф", "xn--p1ai", "", "s3.amazonaws.com"]
HOSTS = st.builds(
    lambda labels, end: ".".join([*labels, end]), st.lists(LABELS, max_size=3), st.sampled_from(SUFFIXES)
)
HOSTS |= st.sampled_from(
    ["10.0.0.1", "[::1]", "com", ".", "a..com", ".example.com", "example.com.", "a" * 300]
)
SCHEMES = st.sampled_from(["http:", "https:", "mailto:", "ftp+x:", "1x:", "", ":", "HTTP:", "é:"])
USERS = st.sampled_from(["", "", "user@", "user:pass@", "a@b@", "@"])
PORTS = st.sampled_from(["", "", ":80", ":", ":x", ":99999999999999999999", ":8443 "])
TAILS = st.sampled_from(["", "/", "/a/b", "?q=1", "/a?b?c#d", "#f", "/a#b?c", "//x", "/é%20", "\n"])
SLASHES = st.sampled_from(["//", "//", "//", "/", "", "///"])
ADDRESSES = st.builds(lambda *parts: "".join(parts), SCHEMES, SLASHES, USERS, HOSTS, PORTS, TAILS)
NUMERIC = st.sampled_from(
    ["0", "-0", "+7", "12", " 12", "1.5", ".5", "5.", "1e3", "1E-2", "nan", "inf", "1_0"]
)
NUMERIC |= st.sampled_from(
    ["0x1", "", "true", "FALSE", "tru", "10.1.2.3", "10.1.2", "256.1.1.1", "01.1.1.1", "٣"]
)
NUMERIC |= st.integers(-(2**130), 2**130).map(str) | st.floats(allow_nan=False, allow_infinity=False).map(str)
DATES = st.datetimes().map(lambda at: at.isoformat(" ", "milliseconds"))
WRITTEN = DATES | DATES.map(lambda text: text[:19]) | DATES.map(lambda text: text[:10])
WRITTEN |= st.sampled_from(
    ["", "2026-02-30", "2026-13-01", "2026-1-1", "2024-02-29", "2023-02-29", "2026-01-01 24:00:00"]
)
INT8 = st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9) | st.sampled_from([-(2**63), 2**63 - 1, 2**32])
REALS = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(-1e3, 1e3)
    | st.sampled_from([0.0, -0.0, 0.5, 2.5])
)
WORDS = st.text(CASED, max_size=12) | st.text("aé.-", max_size=4)
ANY = st.text(max_size=12) | st.text("aé.e\u0301🦆\u200d", max_size=5)
NETS = st.builds(lambda start, bits: f"{start}/{bits}", st.ip_addresses(v=4), st.integers(0, 32))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "x": ANY,
    "s": WORDS,
    "t": WORDS | st.text("aé.", max_size=1),
    "u": ADDRESSES,
    "h": HOSTS | ANY,
    "d": WRITTEN,
    "z": NUMERIC | WORDS,
    "i": INT8,
    "j": INT8,
    "n": st.integers(-3, 6),
    "w": st.integers(-(2**31), 2**31 - 1) | st.integers(-2, 4),
    "f": REALS,
    "g": REALS,
    "q": st.floats(-1e6, 1e6),
    "b": st.booleans(),
    "c": st.booleans(),
    "m": st.integers(0, 4_102_444_799_999) | st.sampled_from([0, 1, 951_782_400_000]),
    "ip": st.ip_addresses(v=4).map(str) | st.sampled_from(["10.0.0.1", "0.0.0.0", "255.255.255.255"]),  # noqa: S104 - data
    "big": st.integers(-(2**126), 2**126) | INT8,
    "net": NETS,
}
ROWS = st.fixed_dictionaries({name: st.none() | values | values | values for name, values in VALUES.items()})


def generated(count: int) -> list[dict[str, Any]]:
    """Return this many rows, eventdate rising, and one row of nulls."""
    rows: list[dict[str, Any]] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(ROWS)
    def collect(row: dict[str, Any]) -> None:
        rows.append(row)

    collect()
    rows.append(dict.fromkeys(VALUES))
    return [{"eventdate": 1_000_000 + 7 * at, **row} for at, row in enumerate(rows)]


def lines(rows: list[dict[str, Any]]) -> list[bytes]:
    """Return the rows as NDJSON, the last first."""
    return [json.dumps(row).encode() for row in reversed(rows)]
