"""SendDetectionsOperator brings each detection into Devo once, whatever happens on the way."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import trustme
from airflow.sdk.exceptions import AirflowSkipException

from airflow_provider_devo_dga.devo_api.events import EventsEndpoint, send_events
from airflow_provider_devo_dga.errors import DevoConnectionConfigError, DevoTransientError, ReportError
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.operators.send_detections import SendDetectionsOperator
from airflow_provider_devo_dga.reports.files.files import write_report
from devo_sandbox.server import Sandbox
from tests.reports.conftest import Hour

_TABLES = count()


@pytest.fixture(autouse=True)
def _dated_earlier(sandbox: Sandbox) -> Iterator[None]:
    """Date events so that a window that has just closed holds them."""
    sandbox.tenant.intake.late_s = 60
    yield
    sandbox.tenant.intake.late_s = 0


@pytest.fixture
def table() -> str:
    return f"my.app.dga.t{next(_TABLES)}x{time.time_ns()}"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the report of an hour with 40 domains of an infected client and one false alarm."""
    folder = tmp_path_factory.mktemp("written")
    hour = Hour(folder / "rows.parquet")
    for number in range(40):
        hour.add(f"xq{number}zk.ru", ["10.0.0.9"], minute=number / 2)
    for number in range(300):
        hour.add(f"shop{number}.com", ["10.0.0.1"], "1" if number == 3 else "0")
    return write_report(hour.summary(), folder / "report").ecs


@pytest.fixture
def report(written: Path, tmp_path: Path) -> dict[str, str]:
    """Give a test a copy of its own: what was sent is noted beside the report."""
    shutil.copytree(written.parent, tmp_path / "report")
    return {"ecs": (tmp_path / "report" / written.name).as_uri()}


Build = Callable[..., SendDetectionsOperator]


@pytest.fixture
def build(sandbox: Sandbox, connect: Any, certificate: dict[str, str], report: Any, table: str) -> Build:
    assert sandbox.syslog is not None
    connect("devo_default")
    connect(
        "devo_events_default",
        "devo_events",
        host=sandbox.syslog["host"],
        port=sandbox.syslog["port"],
        password=None,
        extra=certificate,
    )
    return lambda **changes: SendDetectionsOperator(
        **{"task_id": "send", "report": report, "table": table, "settle_seconds": 0} | changes
    )


def events(table: str) -> list[dict[str, Any]]:
    now = datetime.now(UTC).replace(microsecond=0)
    rows = DevoHook().get_records(f"from {table} select message", from_=now - timedelta(minutes=30), to=now)
    return [json.loads(str(row["message"])) for row in rows]


def test_what_stands_out_is_sent_once(build: Build, context: Any, table: str, tmp_path: Path) -> None:
    told = build().execute(context)
    assert (told["sent"], told["there_before"], told["detections"]) == (40, 0, 40)
    found = events(table)
    assert {event["dns.question.registered_domain"] for event in found} == {
        f"xq{number}zk.ru" for number in range(40)
    }
    assert {tuple(event["threat.technique.subtechnique.id"]) for event in found} == {("T1568.002",)}
    again = build().execute(context)
    assert (again["sent"], again["there_before"]) == (0, 40)
    assert len(events(table)) == 40
    assert json.loads((tmp_path / "report" / f"sent_{table}.json").read_text())["state"] == "sent"


def test_all_is_a_wish(build: Build, context: Any, table: str) -> None:
    assert build(which="all").execute(context)["sent"] == 41
    with pytest.raises(ReportError, match="which"):
        build(which="some").execute(context)


@pytest.mark.parametrize("arrived", [0, 1, 25, 40])
def test_a_try_that_died_is_ended_by_the_next(
    build: Build, context: Any, table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrived: int
) -> None:
    """Die after so many events: some are in Devo, the marker says only that sending began."""
    from airflow_provider_devo_dga.hooks import devo_events

    def dies(endpoint: EventsEndpoint, name: str, lines: Iterator[str], _: object) -> int:
        send_events(endpoint, name, [line for _, line in zip(range(arrived), lines, strict=False)])
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(devo_events, "send_events", dies)
        with pytest.raises(KeyboardInterrupt):
            build().execute(context)
    assert json.loads((tmp_path / "report" / f"sent_{table}.json").read_text())["state"] == "sending"
    told = build().execute(context)
    assert (told["sent"], told["there_before"]) == (40 - arrived, arrived)
    identifiers = [event["event.id"] for event in events(table)]
    assert len(identifiers) == len(set(identifiers)) == 40


@pytest.mark.parametrize("taken", [0, 1, 39])
def test_what_a_polite_collector_did_not_take_is_sent_again(
    build: Build, context: Any, table: str, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    """Take so many events of the first send, and close as if it were all."""
    from airflow_provider_devo_dga.hooks import devo_events

    sends: list[int] = []

    def loses(endpoint: EventsEndpoint, name: str, lines: Iterator[str], _: object) -> int:
        given = list(lines)
        send_events(endpoint, name, given if sends else given[:taken])
        sends.append(len(given))
        return len(given)

    monkeypatch.setattr(devo_events, "send_events", loses)
    assert build().execute(context)["sent"] == 40
    assert sends == [40, 40 - taken]
    identifiers = [event["event.id"] for event in events(table)]
    assert len(identifiers) == len(set(identifiers)) == 40


def test_what_never_arrives_is_never_called_sent(
    build: Build, context: Any, table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow_provider_devo_dga.hooks import devo_events

    monkeypatch.setattr(devo_events, "send_events", lambda *given: len(list(given[2])))
    with pytest.raises(DevoTransientError, match=r"Devo shows 0 of 40 detections in .* after 3 sends"):
        build().execute(context)
    assert json.loads((tmp_path / "report" / f"sent_{table}.json").read_text())["state"] == "sending"


def test_an_event_that_shows_late_is_waited_for(
    build: Build, context: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, asked = SendDetectionsOperator._there, count(1)
    monkeypatch.setattr(
        SendDetectionsOperator,
        "_there",
        lambda *given: there(*given) if next(asked) > 2 else frozenset(),
    )
    assert build(settle_seconds=30).execute(context)["sent"] == 40
    assert len(events(table)) == 40


def test_a_report_that_was_made_again_sends_what_is_new(
    build: Build, context: Any, table: str, tmp_path: Path
) -> None:
    build().execute(context)
    hour = Hour(tmp_path / "rows.parquet")
    for number in range(42):
        hour.add(f"xq{number}zk.ru", ["10.0.0.9"], minute=number / 2)
    write_report(hour.summary(), tmp_path / "report")
    told = build().execute(context)
    assert (told["sent"], told["there_before"]) == (2, 40)


def test_events_of_others_in_the_table_do_not_matter(
    build: Build, context: Any, table: str, sandbox: Sandbox, certificate: dict[str, str], tmp_path: Path
) -> None:
    assert sandbox.syslog is not None
    endpoint = EventsEndpoint(sandbox.syslog["host"], sandbox.syslog["port"], **certificate)
    send_events(endpoint, table, ["no json 2026-11-24T14:00:00.000Z", '["2026-11-24T14:00:00.000Z"]', "{}"])
    (tmp_path / "report" / f"sent_{table}.json").write_text(
        json.dumps({"state": "sending", "table": table, "began": datetime.now(UTC).isoformat()})
    )
    assert build().execute(context)["sent"] == 40


def test_no_table_is_a_skip_and_connects_to_nothing(context: Any) -> None:
    for nothing in (None, ""):
        with pytest.raises(AirflowSkipException):
            SendDetectionsOperator(task_id="send", report={}, table=nothing).execute(context)


@pytest.mark.parametrize(
    "name", ["demo.ecommerce.data", "my.app.x", "my.app.a b.c", "my.app.a.b\nc", "my.app.a.b.c"]
)
def test_a_table_that_is_not_custom(build: Build, context: Any, name: str) -> None:
    with pytest.raises(DevoConnectionConfigError, match="custom table"):
        build(table=name).execute(context)


def test_a_quiet_hour_sends_nothing(build: Build, context: Any, table: str, tmp_path: Path) -> None:
    write_report(Hour(tmp_path / "rows.parquet").summary(), tmp_path / "report")
    assert build().execute(context)["sent"] == 0


def test_a_collector_that_is_not_there(
    build: Build, connect: Any, certificate: Any, dead_port: int, context: Any, tmp_path: Path, table: str
) -> None:
    connect(
        "gone",
        "devo_events",
        host="127.0.0.1",
        port=dead_port,
        password=None,
        extra={**certificate, "retries": 0},
    )
    with pytest.raises(DevoTransientError, match=r"could not be sent to 127\.0\.0\.1"):
        build(events_conn_id="gone").execute(context)
    assert build().execute(context)["sent"] == 40


def test_a_collector_of_another_authority(
    build: Build, connect: Any, certificate: Any, sandbox: Sandbox, context: Any, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    assert sandbox.syslog is not None
    connect(
        "other",
        "devo_events",
        host=sandbox.syslog["host"],
        port=sandbox.syslog["port"],
        password=None,
        extra={**certificate, "chain": str(other)},
    )
    with pytest.raises(DevoConnectionConfigError, match="'chain'"):
        build(events_conn_id="other").execute(context)


@pytest.mark.parametrize("lacking", ["private_key", "cert", "chain"])
def test_a_connection_that_lacks_a_file(
    build: Build, connect: Any, certificate: Any, context: Any, lacking: str, tmp_path: Path
) -> None:
    for value in ("", "/no/such/file.pem"):
        extra = {**certificate, "private_key": certificate["key"], "key": None, lacking: value}
        connect("lacking", "devo_events", host="127.0.0.1", port=1, password=None, extra=extra)
        with pytest.raises(DevoConnectionConfigError, match=f"'{lacking}'"):
            build(events_conn_id="lacking").execute(context)
    assert not list((tmp_path / "report").glob("sent_*"))


def test_the_key_reaches_no_log(
    build: Build, context: Any, certificate: dict[str, str], caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    build().execute(context)
    key = "".join(Path(certificate["key"]).read_text().splitlines()[1:-1])
    said = caplog.text + "".join(capfd.readouterr())
    assert key[:40] not in said
    assert "xq0zk" not in said


@pytest.mark.parametrize("many", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_many_events_arrive_whole(
    sandbox: Sandbox, certificate: dict[str, str], table: str, devo_connections: None, many: int
) -> None:
    assert sandbox.syslog is not None
    endpoint = EventsEndpoint(sandbox.syslog["host"], sandbox.syslog["port"], **certificate)
    lines = (json.dumps({"n": number, "pad": "x" * 200}) for number in range(many))
    assert send_events(endpoint, table, lines) == many
    found = [event["n"] for event in events(table)]
    assert sorted(found) == list(range(many))
