"""Every operation of LINQ that the sandbox knows, against values worked out in Python."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest

from devo_sandbox.linq.functions.catalog import AGGREGATES, COMPILED, FUNCTIONS

PAGE = "https://www.shop.example.co.uk:8443/a?b"
MOMENT = "timestamp(1767225601123)"  # 2026-01-01 00:00:01.123 UTC, a Thursday


def entropy(text: str) -> float:
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


CASES: list[tuple[str, Any]] = [
    # text
    ('length("héllo🦆")', 6),
    ('length("e\u0301")', 2),
    ('lower("AbÉ")', "abé"),
    ('upper("abé")', "ABÉ"),
    ('trim("  a b\\t\\n")', "a b"),
    ('reverse("abc")', "cba"),
    ('substring("abcdef", 2)', "cdef"),
    ('substring("abcdef", 1, 2)', "bc"),
    ('substring("abc", 9)', ""),
    ('substring("abc", -1)', None),
    ('split("http://h/p", "/", 2)', "h"),
    ('split("a/b", "/", 2)', None),
    ('split("a/b", "/", -1)', None),
    ('split("a/b", "/")', ["a", "b"]),
    ('splitre("a1b22c", re("[0-9]+"), 2)', "c"),
    ('replace("aXbX", "X", "--")', "a--bX"),
    ('replace("abc", "X", "-")', "abc"),
    ('replaceall("aXbX", "X", "-")', "a-b-"),
    ('replaceall("a.b", ".", "")', "ab"),
    ('matches("xaby", re("a."))', True),
    ('matches("xaby", re("^a"))', False),
    ('"xaby" ~ re("b")', True),
    ("matches('a.b', re('a\\.b'))", True),
    ('matches("a.b", re("a\\\\.b"))', True),
    ('subs("a1b2", re("[0-9]"), template("#"))', "a#b2"),
    ('subsall("a1b2", re("[0-9]"), template("#"))', "a#b#"),
    ('subsall("strengths", re("[bcdfghjklmnpqrstvwxz]{3}"), template(""))', "ehs"),
    ("subsall('ab', re('(a)'), template('[\\1]'))", "[\\1]b"),
    ('peek("id=42;", re("id=([0-9]+)"), 1)', "42"),
    ('peek("id=42;", re("[0-9]+"))', "42"),
    ('peek("none", re("[0-9]+"))', None),
    ('startswith("abc", "ab")', True),
    ('endswith("abc", "ab")', False),
    ('locate("abc", "c")', 2),
    ('locate("abc", "x")', -1),
    ('eqic("ABC", "abc")', True),
    ('has("abc", "x", "b")', True),
    ('"abc" -> "B"', False),
    ('"abc" ->> "B"', True),
    ('weakhas("abc", "X", "Y")', False),
    ('isempty("")', True),
    ("isempty(str(null))", None),
    ('shannonentropy("google")', pytest.approx(1.9182958340544896, abs=1e-12)),
    ('shannonentropy("aaaa")', 0.0),
    ('shannonentropy("")', 0.0),
    ('shannonentropy("00é1é2")', pytest.approx(entropy("00é1é2"), abs=1e-12)),
    ('countbyfilter("Google", "aeiou")', 3),
    ('countbyfilter("xyz", "aeiou")', 0),
    ('countbyfilter("a-b-c", "-")', 2),
    ('"a\\"b\\\\c"', 'a"b\\c'),
    ("'it\"s {0} \\n'", 'it"s {0} \\n'),
    ('"it\'s; -- {0} %s"', "it's; -- {0} %s"),
    ('toktains("GET /a-b.html", "a")', True),
    ('toktains("GET /ab.html", "a")', False),
    ('toktains("GET /ab.html", "a", true, false)', True),
    ('toktains("GET /ab.html", "b", true, false)', False),
    ('toktains("GET /ab.html", "b", false)', True),
    ('toktains("a.c abc", "A.C")', False),
    ('weaktoktains("a.c", "A.C")', True),
    ('toktains(str(null), "a")', None),
    ("rdiv(7, 2)", 3.5),
    ('bigint("170141183460469231731687303715884105727")', 2**127 - 1),
    ('bigint("1e3")', None),
    ("bigint(7.9)", 7),
    ("bigint(5) > 4", True),
    ('ip4("10.1.2.3")', 0x0A010203),
    ('ip4("10.1.2.03")', None),
    ("ip4(4294967296)", None),
    ("str(10.1.2.3/8)", "10.0.0.0/8"),
    (f'formatdate({MOMENT}, "yyyy/MM/dd HH:mm:ss.SSS")', "2026/01/01 00:00:01.123"),
    (f"""formatdate({MOMENT}, "dd 'of' MM, 100%", "America/New_York")""", "31 of 12, 100%"),
    ('parsedate("2026-01-01 00:00:01", "yyyy-MM-dd HH:mm:ss")', 1767225601000),
    ('parsedate("2026-01-01", "yyyy-MM-dd", "Asia/Kolkata")', 1767225600000 - 19_800_000),
    ('parsedate("2026-1-1", "yyyy-MM-dd")', None),
    ('parsedate("2026-02-30", "yyyy-MM-dd")', None),
    ('timestamp("2026-01-01 00:00:01.123")', 1767225601123),
    ('timestamp("2026-01-01")', 1767225600000),
    ('timestamp("soon")', None),
    ("today() - yesterday()", 86_400_000),
    ("now() >= today()", True),
    # addresses of pages
    (f'urihost("{PAGE}")', "www.shop.example.co.uk"),
    (f'uriport("{PAGE}")', 8443),
    (f'uripath("{PAGE}")', "/a"),
    (f'uriquery("{PAGE}")', "b"),
    (f'urischeme("{PAGE}")', "https"),
    (f'uriauthority("{PAGE}")', "www.shop.example.co.uk:8443"),
    ('urihost("http://user:pass@h.example/x")', "h.example"),
    ('urihost("http://[2001:db8::1]:80/x")', "[2001:db8::1]"),
    ('urihost("mailto:a@b.example")', None),
    ('urihost("/cart.do?x=1")', None),
    ('urihost("")', None),
    ('uriport("http://h/")', None),
    ('uripath("/cart.do?x=1")', "/cart.do"),
    ('uriquery("/cart.do?x=1#f")', "x=1"),
    ('uriquery("/cart.do")', None),
    ('uripath("mailto:a@b.example")', None),
    # host names
    ('publicsuffix("www.shop.example.co.uk")', "co.uk"),
    ('topleveldomain("www.shop.example.co.uk")', "uk"),
    ('rootdomain("www.shop.example.co.uk")', "example"),
    ('rootprefix("www.shop.example.co.uk")', "www.shop.example"),
    ('rootsuffix("www.shop.example.co.uk")', "example.co.uk"),
    ('subdomain("www.shop.example.co.uk")', "www.shop"),
    ('subdomain("example.com")', None),
    ('rootprefix("example.com")', "example"),
    ('rootdomain("WWW.Example.COM")', "example"),
    ('rootdomain("10.0.0.1")', None),
    ('rootdomain("intranet")', None),
    ('rootdomain("host.unknownsuffix")', None),
    ('rootsuffix("co.uk")', None),
    ("rootdomain(str(null))", None),
    # choice and null
    ('ifthenelse(1 < 2, "a", "b")', "a"),
    ('ifthenelse(null, "a", "b")', "b"),
    ("ifthenelse(true, 1, 2.5)", 1.0),
    ('decode(3, 1, "one", 3, "three")', "three"),
    ('decode(9, 1, "one", "other")', "other"),
    ('decode(9, 1, "one")', None),
    ("nvl(null, 4)", 4),
    ('null ?: "d"', "d"),
    ("isnull(null)", True),
    ("isnotnull(0)", True),
    ("null = null", None),
    ("not null", None),
    ("true or null", True),
    ("true and null", None),
    # comparison
    ("1 < 2", True),
    ("1 <= 2 < 2", False),
    ("1 /= 2", True),
    ("1 != 1", False),
    ('"b" >= "a"', True),
    ('"a" = "A"', False),
    ('5 = "5"', True),
    ('5 = "five"', None),
    ('10.0.0.1 = "10.0.0.1"', True),
    ("1 in {1, 2}", True),
    ('"c" in {"a", "b"}', False),
    ('"c" not in {"a", "b"}', True),
    ('`in`("a", ["a"])', True),
    ("10.1.2.3 in 10.0.0.0/8", True),
    ("11.1.2.3 <- 10.0.0.0/8", False),
    # arrays
    ("at([1, 2], 1)", 2),
    ('["a", "b"][0]', "a"),
    ("[1, 2][5]", None),
    ("[1, 2][-1]", None),
    ('at((1, "x"), 1)', "x"),
    ('size(split("a,b,c", ","))', 3),
    ('split("a,b", ",")[1]', "b"),
    # casts
    ("int(2.9)", 2),
    ("int(-2.9)", -2),
    ('int("42")', 42),
    ('int("4 2")', None),
    ('int("1.5")', None),
    ("int(true)", 1),
    ('float("1.5")', 1.5),
    ('float("x")', None),
    ("float(2)", 2.0),
    ("float4(0.1)", 0.1),
    ("str(404)", "404"),
    ("str(1.5)", "1.5"),
    ("str(true)", "true"),
    ("str(10.1.2.3)", "10.1.2.3"),
    (f"str({MOMENT})", "2026-01-01 00:00:01.123"),
    ('bool("TRUE")', True),
    ("bool(0)", False),
    ('bool("x")', None),
    # numbers
    ("7 + 2 * 3", 13),
    ("7 - 2 - 3", 2),
    ("(7 - 2) * -3", -15),
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("7 / 2.0", 3.5),
    ("7 \\ 2", 3.5),
    ("-7 % 3", -1),
    ("-7 %% 3", 2),
    ("1 / 0", None),
    ("1.0 / 0", None),
    ("1 % 0", None),
    ("-(3)", -3),
    ("abs(-3)", 3),
    ("abs(-3.5)", 3.5),
    ("round(2.5)", 3.0),
    ("floor(-2.5)", -3.0),
    ("ceil(2.1)", 3.0),
    ("round(7)", 7),
    ("log(1)", 0.0),
    ("log2(8)", 3.0),
    ("log10(1000)", 3.0),
    ("log(0)", None),
    ("pow(2, 10)", 1024.0),
    ("sqrt(2.25)", 1.5),
    ("sqrt(-1)", None),
    # moments
    (f"second({MOMENT})", 1),
    (f"minute({MOMENT})", 0),
    (f"hour({MOMENT})", 0),
    (f'hour({MOMENT}, "Europe/Madrid")', 1),
    (f"day({MOMENT})", 0),
    (f"dayofweek({MOMENT})", 4),
    (f"month({MOMENT})", 0),
    (f"year({MOMENT})", 2026),
    (f"epoch({MOMENT})", 1767225601123),
    (f"period({MOMENT}, 5m)", 1767225600000),
    (f"{MOMENT} + 1h", 1767229201123),
    (f"{MOMENT} - {MOMENT}", 0),
    ("year(now()) >= 2026", True),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES)
def test_value(api: Any, expression: str, wanted: Any) -> None:
    (row,) = api.rows(f"from demo.ecommerce.data select {expression} as x limit 1")
    assert row["x"] == wanted
    assert type(row["x"]) is type(wanted) or not isinstance(wanted, bool | int | float | str | list)


@pytest.mark.parametrize("name", sorted({**FUNCTIONS, **AGGREGATES, **COMPILED}))
def test_no_operation_is_untested(name: str) -> None:
    text = " ".join(expression for expression, _ in CASES + AGGREGATED)
    # The models have tests of their own.
    spelled_otherwise = {"negative": "-(", "mlevalmodel": ""}
    assert spelled_otherwise.get(name, name) in text


AGGREGATED: list[tuple[str, Any]] = [
    ("count()", 5),
    ("count(v)", 4),
    ("sum(n)", 10),
    ("sum(v)", 16.0),
    ("avg(v)", 16 / 5),
    ("nnavg(v)", 4.0),
    ("min(v)", 1.0),
    ("max(n)", 4),
    ("min(s)", "s0"),
    ("max(eventdate)", 1767225600004),
    ("median(v)", 4.0),
    ("stddev(v)", math.sqrt(4.5)),
    ("percentile(n, 25)", 1.0),
    ("first(v)", 1.0),
    ("first(s)", "s0"),
    ("last(s)", None),
    ("nnfirst(s)", "s0"),
    ("nnlast(s)", "s1"),
    ("hllppcount(s)", 2.0),
    ("sizedistinct(s)", 2),
    ("collectdistinct(s)", ["s0", "s1"]),
    ("collectcompact(s)", ["s0", "s1", "s0", "s1"]),
    ("collectdistinct(str(ip))", ["10.0.0.1"]),
    ("size(collectdistinct(n))", 5),
    ("float(sum(n)) / float(count())", 2.0),
]
NUMBERS = [1.0, None, 4.0, 4.0, 7.0]


@pytest.fixture(scope="module")
def numbers(api: Any) -> str:
    columns = [("eventdate", "timestamp"), ("v", "float8"), ("n", "int4"), ("s", "str"), ("ip", "ip4")]
    body = {"columns": [{"name": name, "type": kind} for name, kind in columns]}
    assert api.post("/_sandbox/tables/numbers", body).status_code == 201
    # Out of order on purpose: the last to arrive is the first by eventdate.
    order = [3, 1, 4, 2, 0]
    events = [
        {
            "eventdate": 1767225600000 + at,
            "v": NUMBERS[at],
            "n": at,
            "s": None if at == 4 else f"s{at % 2}",
            "ip": "10.0.0.1",
        }
        for at in order
    ]
    assert api.load("numbers", events).json() == {"inserted": 5}
    return "numbers"


@pytest.mark.parametrize(("expression", "wanted"), AGGREGATED)
def test_aggregate(api: Any, numbers: str, expression: str, wanted: Any) -> None:
    (row,) = api.rows(f"from {numbers} group select {expression} as x")
    assert row["x"] == pytest.approx(wanted) if isinstance(wanted, float) else row["x"] == wanted


def test_aggregates_of_no_rows(api: Any, numbers: str) -> None:
    text = f"from {numbers} where n > 99 group select count() as c, sum(v) as total, collectdistinct(s) as d"
    assert api.rows(text) == [{"c": 0, "total": None, "d": []}]
