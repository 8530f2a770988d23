"""What a query may cost for one row is known before it runs: too much is refused, as Devo refuses a query."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from devo_sandbox.linq.functions import regexps
from devo_sandbox.tenant import Habits

TABLE = "from demo.ecommerce.data"


def nested(call: str, times: int, within: str = "uri") -> str:
    for _ in range(times):
        within = call.replace("@", within)
    return f"{TABLE} select {within} as x"


def columns(call: str, times: int) -> str:
    return f"{TABLE} select {', '.join(f'{call} as a{n}'.replace('#', str(n)) for n in range(times))}"


def onwards(call: str, times: int) -> str:
    steps = (f"select {call} as a{n + 1}".replace("@", f"a{n}") for n in range(times))
    return f"{TABLE} select uri as a0 {' '.join(steps)}"


WORDS = [f"'{'x' * 25}{n}'" for n in range(3_000)]
GROWN = [f'replaceall(uri, "a", "bbbbbbbb{n}")' for n in range(80)]
COSTLY = {
    "patterns in a row": columns('matches(uri, re("\\\\pL{60}#"))', 30),
    "a pattern in a row of texts": f"{TABLE} where " + " or ".join(['uri ~ re("[a-z]{900}")'] * 60),
    "a long pattern": f'{TABLE} where uri ~ re("{"a" * 60_000}")',
    "a pattern of counts": f'{TABLE} where uri ~ re("((((a{{9}}){{9}}){{9}}){{9}}){{9}}")',
    "a pattern that a repeated argument repeats": nested(
        'replace(@, "a", "b")', 4, 'subsall(uri, re("\\\\pL{20}"), template(""))'
    ),
    "subsall of subsall": nested(f'subsall(@, re("."), template("{"y" * 30}"))', 3),
    "subsall of nothing": nested('subsall(@, re("x*"), template("yyyy"))', 5),
    "subsall by a long template": nested(f'subsall(@, re("."), template("{"y" * 1000}"))', 1),
    "subsall clause by clause": onwards('subsall(@, re("."), template("yyyyyyyy"))', 4),
    "subs of subs": nested(f'subs(@, re("."), template("{"y" * 60}"))', 100),
    "replaceall of replaceall": nested('replaceall(@, "y", "yyyyyyyy")', 4),
    "replaceall of what is written": nested('replaceall(@, "y", "yyyyyyyyyyyyyyyy")', 6, '"y"'),
    "replaceall by the text itself": onwards('replaceall(@, "a", @)', 2),
    "replaceall by a column": columns("replaceall(uri, method, userAgent)", 2),
    "replace of replace": nested('replace(@, "y", "z")', 9),
    "many of these": columns(nested('replace(@, "y", "z#")', 5)[len(TABLE) + 8 : -5], 90),
    "in a condition": f"{TABLE} where {' or '.join(f'{text} = uri' for text in GROWN)}",
    "in a choice": f'{TABLE} select decode(uri, "a", {", ".join([*GROWN, "uri"])}) as x',
    "in a set": f"{TABLE} where uri in {{{', '.join(GROWN)}}}",
    "in an array": f"{TABLE} select [{', '.join(GROWN)}] as x",
    "in keys of a group": f"{TABLE} group by {', '.join(GROWN)}",
    "in aggregates": f"{TABLE} group select {', '.join(f'max({t}) as m{n}' for n, t in enumerate(GROWN))}",
}


@pytest.mark.parametrize("kind", COSTLY)
def test_too_much_is_refused_before_it_runs(api: Any, caplog: pytest.LogCaptureFixture, kind: str) -> None:
    with caplog.at_level("INFO", "devo_sandbox"):
        response = api.query(COSTLY[kind])
    assert (response.status_code, response.json()["object"][1:]) == (
        500,
        ["Unable to Start Task: Query parsing error"],
    )
    assert "grow too large" in caplog.text or "grows too large" in caplog.text or "steps" in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        nested('subsall(@, re("[0-9]"), template("0"))', 40),
        nested('subsall(@, re("[aeiou]*"), template(""))', 40),
        nested('replaceall(@, "http://", "https://")', 20),
        nested('replaceall(replaceall(@, "<", "&lt;"), "&", "&amp;")', 1),
        nested("lower(upper(trim(reverse(@))))", 30),
        columns('matches(uri, re("^([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(%[a-z0-9]{1,16})?#$"))', 100),
        columns('matches(uri, re("^[!-~]{1,253}$"))', 40),
        f"{TABLE} where uri in {{{', '.join(WORDS)}}}, uri /= 'a' or not true",
        columns('split(uri, "/", #)', 300),
    ],
    ids=lambda text: text[:60],
)
def test_what_people_write_is_answered(api: Any, text: str) -> None:
    assert api.query(text).status_code == 200


@pytest.mark.parametrize(
    ("pattern", "steps"),
    [
        ("", 0),
        ("abc", 3),
        ("a{3}b", 4),
        ("a{0,5}", 5),
        ("a{2,}", 2),
        ("(ab){3}", 6),
        ("((a{2}b){3}c){4}", 40),
        (r"\pL{3}", 3 * 151),
        (r"[^\p{Lu}]]", 1 + 150),
        (r"\{9\}", 3),
        (r"\Q(((\E{3}", 2 * 3),
        (r"(a\Q)\E){3}", 3 * 3),
        ("((", 0),
        ("a{999}" * 9, 9 * 999),
        (f"{'(' * 40}a{'{9})' * 40}", regexps.ENDLESS),
    ],
)
def test_a_patterns_steps(pattern: str, steps: int) -> None:
    found = regexps.steps(pattern)
    assert steps <= found <= steps + steps // 2 + 2


def test_a_query_that_works_too_long_is_stopped(fresh: Callable[..., Any]) -> None:
    """Its client is told at once, though DuckDB notices later; others are answered meanwhile."""
    api = fresh(habits=Habits(keep_alive_s=0.05, most_s=0.05))
    events = "\n".join(
        json.dumps({"eventdate": 1767225600000 + n, "uri": f"/{n}" * 20}) for n in range(4_000)
    )
    api.post("/_sandbox/tables/demo.ecommerce.data/events", events.encode())
    answers: dict[str, Any] = {}

    def ask(mode: str) -> None:
        text = columns("shannonentropy(uri)", 200)
        answers[mode] = type(api)(api.sandbox).query(text, mode={"type": mode})

    asking = [threading.Thread(target=ask, args=(mode,)) for mode in ("json/simple/compact", "msgpack")]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    api.sandbox.tenant.queries.most_s = 60.0
    assert api.rows(f"{TABLE} group select count() as n") == [{"n": 4_000}]
    assert answers["json/simple/compact"].text.endswith('{"e":[500,"Error Processing Query"]}\r\n')
    refused = answers["msgpack"]
    assert (refused.status_code, refused.json()["object"]) == (500, ["Error Processing Query"])
