"""No text crashes the sandbox, and nothing of a text reaches DuckDB but inside a quoted literal."""

from __future__ import annotations

import json
import re
import runpy
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from starlette.testclient import TestClient

from devo_sandbox.api.app import application
from devo_sandbox.auth import Credentials
from devo_sandbox.linq.functions import regexps
from devo_sandbox.linq.limits import MAX_DEPTH, MAX_LENGTH, MAX_NODES
from devo_sandbox.queries.answer import Answer
from devo_sandbox.tenant import Tenant
from tests.examples import examples

FUZZ = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))
MARK = FUZZ["MARK"]
LITERAL = re.compile(r"'(?:[^']|'')*'", re.DOTALL)
# What our SQL consists of, once its literals are gone.
PLAIN = re.compile(r"[\sA-Za-z0-9_(),.*+/%<>=&|:\[\]-]*")
CODES = {"2086000", "1101001", "1101002", "1101003"}
PARSING = "Unable to Start Task: Query parsing error"
QUICK = settings(
    max_examples=examples(400),
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
LONG = settings(QUICK, max_examples=examples(6_000))


class Guarded:
    """A sandbox of our own, and every statement that queries handed to DuckDB."""

    def __init__(self) -> None:
        self.tenant = Tenant(Credentials("token", None, None))
        self.client = TestClient(application(self.tenant), raise_server_exceptions=True)
        self.statements: list[str] = []

    def check(self, text: str) -> int:
        """Send a text; return the status, having checked answer and statements."""
        self.statements.clear()
        # Escaped, so that half a surrogate pair travels, too.
        body = json.dumps({"query": text, "from": 0, "to": 1, "mode": {"type": "json"}})
        headers = {"Authorization": "Bearer token"}
        response = self.client.post("/search/query", content=body, headers=headers)
        said = response.json()
        if response.status_code == 200:
            assert said["object"] is not None
            assert "error" not in said
        else:
            assert response.status_code == 500, said
            assert said["msg"] == "Error Launching Query"
            launch, message, *facts = said["object"]
            assert launch == "Error Launching Query"
            assert facts[0] in CODES if facts else message == PARSING
        for statement in self.statements:
            bare = LITERAL.sub("", statement)
            assert MARK not in bare, statement
            assert PLAIN.fullmatch(bare), statement
        return response.status_code


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    one = Guarded()
    patched = pytest.MonkeyPatch()
    made = Answer.statement

    def statement(*arguments: Any, **named: Any) -> str:
        text = made(*arguments, **named)
        one.statements.append(text)
        return text

    def tried(text: str, pattern: str) -> None:
        one.statements.append(text)
        judged(text, pattern)

    judged = regexps._try
    patched.setattr(Answer, "statement", statement)
    patched.setattr(regexps, "_try", tried)
    yield one
    patched.undo()
    one.tenant.close()


@QUICK
@given(FUZZ["TEXTS"])
def test_any_text(guarded: Guarded, text: str) -> None:
    guarded.check(text)


@pytest.mark.slow
@settings(QUICK, max_examples=examples(60))
@given(FUZZ["nested"]())
def test_any_depth(guarded: Guarded, text: str) -> None:
    began = time.perf_counter()
    guarded.check(text)
    assert time.perf_counter() - began < 20


@pytest.mark.slow
@LONG
@given(FUZZ["TEXTS"])
def test_many_texts(guarded: Guarded, text: str) -> None:
    guarded.check(text)


def test_valid_texts_are_answered_or_name_what_is_unknown(guarded: Guarded) -> None:
    assert {guarded.check(text) for text in FUZZ["VALID"]} == {200, 500}


@pytest.mark.parametrize(
    "text",
    [
        "a" * (MAX_LENGTH + 1),
        "(" * 100_000,
        '"' * 100_000,
        '"' + "\\" * 100_000,
        "'" + "a" * 100_000,
        "//" * 50_000,
        "from demo.ecommerce.data where " + "(" * (MAX_DEPTH + 1) + "true" + ")" * (MAX_DEPTH + 1),
        "from demo.ecommerce.data where " + "1 + " * (MAX_DEPTH + 2) + "1 = 1",
        "from demo.ecommerce.data where 1 in {" + "1, " * MAX_NODES + "1}",
        "from demo.ecommerce.data " + "where true " * 101,
        "from demo.ecommerce.data where " + "1 < " * 60 + "2",
        "from demo.ecommerce.data where uri ~ re('((((a{999}){999}){999}){999})')",
    ],
    ids=lambda text: text[:45],
)
def test_what_is_too_much_is_refused_soon(guarded: Guarded, text: str) -> None:
    began = time.perf_counter()
    assert guarded.check(text) == 500
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize("count", [1_000, 2_000])
def test_long_conditions_are_answered(guarded: Guarded, count: int) -> None:
    assert guarded.check("from demo.ecommerce.data where " + " or ".join(["true"] * count)) == 200
