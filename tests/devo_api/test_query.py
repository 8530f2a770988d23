"""The request is held byte for byte against the official client's."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from devo.api import Client, ClientConfig

from airflow_provider_devo_dga.devo_api.access import Credentials, Endpoint
from airflow_provider_devo_dga.devo_api.query import Query, QueryExchange
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoQueryError,
    DevoThrottledError,
    DevoTransientError,
)

WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC))
URL = "https://devo.example/search/query"
STAMP = 1767229200000
LINQ = 'from demo.ecommerce.data where uri = "/ñ\\"x"'
WAYS = [
    Credentials(token="a-token"),
    Credentials(jwt="a.jwt"),
    Credentials(api_key="a-key", api_secret="a-secret"),
    Credentials(token="a-token", api_key="a-key", api_secret="a-secret"),
]


def exchange(
    query: str = LINQ, credentials: Credentials = WAYS[0], limit: int | None = None
) -> QueryExchange:
    comments = {"id": "airflow", "user": "me"}
    return QueryExchange(Query(query, WINDOW, limit, comments), Endpoint(URL, credentials))


@pytest.fixture
def sdk_request(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What devo-sdk would have sent."""
    sent: dict[str, Any] = {}

    def post(url: str, data: str, headers: dict[str, str], **_: Any) -> None:
        sent.update(url=url, body=data.encode(), headers=headers)
        raise ConnectionError("nothing is sent in this test")

    monkeypatch.setattr("devo.api.client.requests.post", post)
    monkeypatch.setattr("devo.api.client.time.time", lambda: STAMP / 1000)

    def ask(credentials: Credentials, limit: int | None) -> dict[str, Any]:
        config = ClientConfig(pragmas={"app_name": "airflow", "user": "me"})
        client = Client(address=URL, auth=credentials.for_sdk(), config=config)
        rows = client.query(
            query=LINQ,
            dates={"from": WINDOW.start_seconds, "to": WINDOW.end_seconds},
            limit=limit,
            ip_as_string=True,
        )
        with pytest.raises(Exception):  # noqa: B017, PT011 - its own error for "nothing is sent"
            next(iter(rows))
        return sent

    return ask


@pytest.mark.parametrize("credentials", WAYS, ids=["token", "jwt", "key", "key wins"])
@pytest.mark.parametrize("limit", [None, 7])
def test_the_request_equals_devo_sdks(sdk_request: Any, credentials: Credentials, limit: int | None) -> None:
    theirs = sdk_request(credentials, limit)
    ours = exchange(credentials=credentials, limit=limit).request
    assert (ours.url, ours.body, ours.headers) == (theirs["url"], theirs["body"], theirs["headers"])


def test_pragma_values_cannot_leave_their_string() -> None:
    query = Query("from t", WINDOW, comments={"free": 'x" where evil() //\n'})
    assert 'comment.free:"x_ where evil() //_"' in query.body().encode().decode("unicode_escape")


def test_no_secret_is_in_a_repr() -> None:
    sent = exchange(credentials=Credentials(token="hunter2", api_key="hunter3", api_secret="hunter4"))
    assert "hunter" not in repr(sent.request) + repr(Credentials(token="hunter2"))


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_means_no_limit_is_refused(limit: int) -> None:
    with pytest.raises(DevoQueryError, match="at least 1"):
        exchange(limit=limit)


@pytest.mark.parametrize("written", ["{window}", "{windw}", "{ Window }", "{windows}"])
def test_a_window_is_no_placeholder_of_a_query(written: str) -> None:
    told = re.escape(f"The query holds {written}, which nobody fills in: window, or from_ and to, bound")
    with pytest.raises(DevoQueryError, match=told) as caught:
        Query(f"from a.b where {written} select c", WINDOW)
    assert caught.value.query


@pytest.mark.parametrize(
    "text",
    [
        'from a.b where weakhas(c, "{window}")',
        "from a.b where c = '{windw}'",
        'from a.b where matches(c, re("[a-z]{2,3}"))',
        "from a.b where d in {200, 404}",
        "from a.b where d in {status}",
        "from a.b // {window} by hand",
        'from a.b pragma comment.free:"{window}"',
        "from a.b select c as `{window}`",
    ],
)
def test_other_braces_of_a_query_are_its_own(text: str) -> None:
    assert Query(text, WINDOW).text == text


def test_an_empty_query_is_refused() -> None:
    with pytest.raises(DevoQueryError, match="empty"):
        exchange("  \n")


@pytest.mark.parametrize("fields", [{"api_key": "k"}, {"api_secret": "s"}, {}])
def test_half_credentials_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(DevoConnectionConfigError):
        Credentials(**fields)


LAUNCH = (
    b'{"msg":"Error Launching Query","status":500,"cid":"c1","object":'
    b'["Error Launching Query","Unknown table `x`","2086000","MISSING_RESOURCE","MANUAL"]}'
)


@pytest.mark.parametrize(
    ("status", "body", "kind", "text"),
    [
        (401, b'{"code":12,"msg":"Invalid signature"}', DevoAuthError, "Invalid signature"),
        (403, b'{"code":5,"msg":"Token invalid or expired","cid":"c1"}', DevoAuthError, "expired"),
        (
            400,
            b'{"error":"Bad parameters","object":["406 : Date"],"status":400}',
            DevoQueryError,
            "406 : Date",
        ),
        (500, LAUNCH, DevoQueryError, "Unknown table `x`"),
        (500, b'{"msg":"The table T is not found","code":624}', DevoQueryError, "not found"),
        (500, b'{"msg":"Internal"}', DevoTransientError, "Internal"),
        (500, b"[1]", DevoTransientError, "begins"),
        (502, b"<html>Bad gateway</html>", DevoTransientError, "<html>Bad"),
        (503, b"", DevoTransientError, "cannot answer now"),
        (404, b"<html>", DevoConnectionConfigError, "no Devo API"),
        (302, b"", DevoConnectionConfigError, "no Devo API"),
        (400, b'{"error":{"code":1},"object":[null]}', DevoQueryError, "code"),
    ],
)
def test_each_status_has_its_error(status: int, body: bytes, kind: type[Exception], text: str) -> None:
    asked = exchange()
    asked.head(status, {})
    assert asked.feed(body) == []
    with pytest.raises(kind) as caught:
        asked.finish()
    assert text in str(caught.value)
    assert caught.value.status == status


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("soon", None), ("", None)])
def test_throttling_tells_how_long_to_wait(value: str, seconds: float | None) -> None:
    asked = exchange()
    asked.head(429, {"retry-after": value})
    with pytest.raises(DevoThrottledError) as caught:
        asked.finish()
    assert caught.value.retry_after == seconds


def test_a_refused_query_is_kept_with_its_error() -> None:
    asked = exchange()
    asked.head(500, {})
    asked.feed(LAUNCH)
    with pytest.raises(DevoQueryError) as caught:
        asked.finish()
    assert (caught.value.query, caught.value.cid) == (LINQ, "c1")


COMMENTS = {"id": "me", "free": "a task"}
OURS = ' pragma comment.id:"me" pragma comment.free:"a task"'


def sent(text: str, *, counting: bool = False) -> str:
    query = Query(text, WINDOW, comments=COMMENTS)
    body = (query.counting() if counting else query).body()
    return str(json.loads(body)["query"])


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("from t.u", f"from t.u{OURS}"),
        ("\ufefffrom t.u", f"from t.u{OURS}"),
        ("from t.u // all of it", f"from t.u // all of it\n{OURS[1:]}"),
        ("from t.u // all of it\n", f"from t.u // all of it\n{OURS}"),
        ("// why\nfrom t.u", f"// why\nfrom t.u{OURS}"),
        ('from t.u where a = "http://b"', f'from t.u where a = "http://b"{OURS}'),
        ("from t.u where a = 'http://b", f"from t.u where a = 'http://b\n{OURS[1:]}"),
        ('from t.u where a = "b\\"//c"', f'from t.u where a = "b\\"//c"{OURS}'),
        ('from t.u // "', f'from t.u // "\n{OURS[1:]}'),
        ('from t.u pragma comment.x:"//"', f'from t.u pragma comment.x:"//"{OURS}'),
    ],
)
def test_our_comments_stand_behind_those_of_the_query(text: str, asked: str) -> None:
    assert sent(text) == asked


COUNT = "\ngroup\nselect count() as rows_n"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("from t.u", f"from t.u{COUNT}{OURS}"),
        ("\ufefffrom t.u", f"from t.u{COUNT}{OURS}"),
        ("from t.u // all of it", f"from t.u // all of it{COUNT}{OURS}"),
        ('from t.u pragma a.b:"c"', f'from t.u{COUNT}\npragma a.b:"c"{OURS}'),
        ('from t.u\n  pragma a:"1" pragma b : "2"', f'from t.u{COUNT}\npragma a:"1" pragma b : "2"{OURS}'),
        ('from t.u // pragma a:"1"', f'from t.u // pragma a:"1"{COUNT}{OURS}'),
        ("from t.u where x = 'pragma a:1'", f"from t.u where x = 'pragma a:1'{COUNT}{OURS}"),
        ("from t.u select pragma, t.pragma", f"from t.u select pragma, t.pragma{COUNT}{OURS}"),
        ('from t.u pragma a:"1" // why', f'from t.u{COUNT}\npragma a:"1" // why\n{OURS[1:]}'),
    ],
)
def test_a_count_groups_the_query_and_keeps_its_pragmas_at_the_end(text: str, asked: str) -> None:
    assert sent(text, counting=True) == asked
