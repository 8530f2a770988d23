"""Every public method of devo-sdk's client, in every format and with every processor, against the sandbox."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

import msgpack
import pytest
from click.testing import CliRunner
from devo.api import Client, ClientConfig
from devo.api.client import DevoClientException, DevoClientRequestException
from devo.api.processors import processors
from devo.api.scripts.client_cli import cli

from devo_sandbox.server import Sandbox
from tests.waiting import wait_until

QUERY = "from demo.ecommerce.data select uri, clientIpAddress limit 2"
WINDOW = {"from": 1767225600, "to": 1767229200}
TOKEN = {"token": "a-token"}
META = (
    '{"m":{"uri":{"type":"str","index":0},"clientIpAddress":{"type":"ip4","index":1}},'
    '"metadata":[{"name":"uri","type":"str"},{"name":"clientIpAddress","type":"ip4"}]}'
)
OBJECTS = [{"uri": f"/{at}", "clientIpAddress": 167838211} for at in range(2)]
ARRAYS = [[row["uri"], row["clientIpAddress"]] for row in OBJECTS]
LINES = {
    "json/simple": [json.dumps(row, separators=(",", ":")) for row in OBJECTS],
    "json/simple/compact": [META, *(json.dumps({"d": row}, separators=(",", ":")) for row in ARRAYS)],
    "csv": ["uri,clientIpAddress", "/0,167838211", "/1,167838211"],
    "tsv": ["uri\tclientIpAddress", "/0\t167838211", "/1\t167838211"],
}
WHOLE = ("json", "json/compact", "msgpack", "xls")


def client(devo: Sandbox, **config: Any) -> Client:
    return Client(
        address=devo.url, auth=TOKEN, config=ClientConfig(**config), verify=devo.ca_file, timeout=10
    )


def answered(devo: Sandbox, **config: Any) -> Any:
    return client(devo, **config).query(query=QUERY, dates=WINDOW)


def test_nothing_public_is_left_out() -> None:
    public = {name for name in vars(Client) if not name.startswith("_")}
    jobs = {"get_jobs", "get_job", "stop_job", "start_job", "remove_job"}
    assert public == {"query", "configurate", "stream_available", "verify_certificates", *jobs}
    assert {name for name in (*LINES, *WHOLE) if Client.stream_available(name)} == set(LINES)


@pytest.mark.parametrize("response", LINES)
def test_streamed(devo: Sandbox, response: str) -> None:
    assert list(answered(devo, response=response)) == LINES[response]
    as_bytes = list(answered(devo, response=response, processor="str_to_bytes"))
    assert as_bytes == [line.encode() for line in LINES[response]]
    assert list(answered(devo, response=response, processor="bytes_to_str")) == LINES[response]
    assert list(answered(devo, response=response, processor=lambda line: line[0])) == [
        line[0] for line in LINES[response]
    ]


@pytest.mark.parametrize("response", LINES)
def test_not_streamed(devo: Sandbox, response: str) -> None:
    assert answered(devo, response=response, stream=False).splitlines() == LINES[response]


@pytest.mark.parametrize("stream", [True, False])
def test_documents(devo: Sandbox, stream: bool) -> None:
    document = answered(devo, response="json", processor="json", stream=stream)
    assert (document["status"], document["object"]) == (0, OBJECTS)
    compact = answered(devo, response="json/compact", processor="json", stream=stream)
    assert compact["object"] == {**json.loads(META), "d": ARRAYS}
    assert answered(devo, response="json/compact", processor="jsoncompact_to_array") == ARRAYS
    for processor in ("default", "bytes_to_str"):
        assert json.loads(answered(devo, response="json", processor=processor))["object"] == OBJECTS
    assert json.loads(answered(devo, response="json", processor="str_to_bytes"))["object"] == OBJECTS


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("processor", ["default", "str_to_bytes", lambda data: data])
def test_binary_documents(devo: Sandbox, processor: Any, stream: bool) -> None:
    packed = answered(devo, response="msgpack", processor=processor, stream=stream)
    document = msgpack.unpackb(packed)
    assert (document["status"], document["object"]) == (0, OBJECTS)
    sheet = answered(devo, response="xls", processor=processor, stream=stream)
    with zipfile.ZipFile(io.BytesIO(sheet)) as archive:
        assert archive.testzip() is None
        assert b"<v>167838211</v>" in archive.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(
    ("processor", "response", "wanted"),
    [
        ("json", "json/simple", OBJECTS),
        ("json_simple", "json/simple", OBJECTS),
        ("json", "json/simple/compact", [json.loads(META), *({"d": row} for row in ARRAYS)]),
        ("jsoncompactsimple_to_obj", "json/simple/compact", OBJECTS),
        ("jsoncompactsimple_to_array", "json/simple/compact", ARRAYS),
    ],
)
def test_processors_of_rows(devo: Sandbox, processor: str, response: str, wanted: list[Any]) -> None:
    assert list(answered(devo, response=response, processor=processor)) == wanted


def test_every_processor_was_tried() -> None:
    tried = {"default", "bytes_to_str", "str_to_bytes", "json", "json_simple", "jsoncompact_to_array"}
    rows = {"jsoncompactsimple_to_obj", "jsoncompactsimple_to_array"}
    # The last is listed among them, but the client cannot make it.
    assert set(processors()) == tried | rows | {"json_compact_simple_names"}
    with pytest.raises(TypeError):
        ClientConfig(processor="json_compact_simple_names")


def test_no_future_for_binary_documents(devo: Sandbox) -> None:
    with pytest.raises(DevoClientException, match="future"):
        client(devo, response="xls").query(query=QUERY, dates={"from": "1h", "to": int(time.time()) + 600})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("token", "line"), [("", ",\n"), ("\n", "\n"), ("PING", "PING")], ids=["empty", "newline", "token"]
)
def test_keep_alives(devo: Sandbox, token: str, line: str) -> None:
    dates = {"from": "1h", "to": int(time.time()) + 2}
    text = "from demo.ecommerce.data group select count() as n, count() as m"
    waiting = client(devo, response="csv", keepAliveToken=token)
    assert list(waiting.query(query=text, dates=dates)) == ["n,m", "0,0"]


def test_query_id_offset_and_zone(devo: Sandbox) -> None:
    import requests

    requests.post(
        f"{devo.base_url}/_sandbox/queries/known",
        json={"query": "from demo.ecommerce.data select eventdate, clientIpAddress"},
        headers={"Authorization": "Bearer a-token"},
        verify=devo.ca_file,
        timeout=10,
    ).raise_for_status()
    lines = client(devo, response="csv").query(
        query_id="known",
        dates={**WINDOW, "timeZone": "GMT+2"},
        limit=1,
        offset=3,
        comment="a comment",
        ip_as_string=True,
    )
    assert list(lines)[1:] == ["2026-01-01 02:00:00.003,10.1.2.3"]


def test_configurate(devo: Sandbox) -> None:
    changed = client(devo)
    changed.verify_certificates(devo.ca_file)
    changed.configurate(processor="json_simple", response="json/simple")
    changed.config.set_user("someone")
    changed.config.set_app_name("something")
    assert list(changed.query(query=QUERY, dates=WINDOW)) == OBJECTS


def test_certificates_are_verified(devo: Sandbox) -> None:
    changed = client(devo)
    changed.verify_certificates(True)
    with pytest.raises(DevoClientException, match="connection"):
        list(changed.query(query=QUERY, dates=WINDOW))


@pytest.mark.parametrize("auth", [TOKEN, {"jwt": "a-token"}, {"key": "a-key", "secret": "a-secret"}])
def test_jobs(devo: Sandbox, auth: dict[str, str]) -> None:
    destination = {"type": "donothing", "params": {"friendlyName": "devo-sdk-api-test"}}
    asking = client(devo, stream=False, destination=destination, processor="json")
    asking.auth = auth
    text = "from demo.ecommerce.data select uri"
    # Not streamed, the client asks up to now: a job that follows needs a date to that it does not send.
    done = asking.query(query=text, dates=WINDOW)["object"]
    follows = asking.query(query=text, dates={"from": 1767225600, "to": 4102444800})["object"]
    assert (follows["type"], follows["friendlyName"]) == ("donothing", "devo-sdk-api-test")
    listed = asking.get_jobs()
    assert listed["status"] == 0
    assert {done["id"], follows["id"]} <= {job["id"] for job in listed["object"]}
    wait_until(lambda: asking.get_job(done["id"])["object"]["status"] != "RUNNING")
    told = asking.get_job(done["id"])["object"]
    assert (told["status"], told["eventsSent"], told["lastDatetime"]) == ("COMPLETED", 5, 1767225600004)
    # as devo-sdk's own tests of a live Devo have it, in which a short job may be over before it is stopped
    for ask, code in ((asking.stop_job, 108), (asking.start_job, 101)):
        refused = ask(done["id"])
        assert (refused["status"], refused["object"]) == (code, told)
    assert asking.stop_job(follows["id"])["object"]["status"] == "STOPPED"
    assert asking.start_job(follows["id"])["object"]["status"] == "RUNNING"
    for job in (done, follows):
        assert asking.remove_job(job["id"])["object"]["status"] == "REMOVED"
    assert asking.get_job(done["id"])["status"] == 100


def test_a_destination_that_cannot_be_reached(devo: Sandbox) -> None:
    with pytest.raises(DevoClientRequestException) as raised:
        client(devo, stream=False, destination={"type": "s3", "params": {}}).query(query=QUERY, dates=WINDOW)
    assert raised.value.status == 400


def test_the_command_line(devo: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(devo.ca_file))
    options = ["query", "--address", devo.url, "--query", QUERY, "--from", "2026-01-01", "--to", "2026-01-02"]
    signed = ["--key", "a-key", "--secret", "a-secret"]
    shown = CliRunner().invoke(cli, [*options, *signed, "--response", "csv", "--ip-as-string"])
    assert (shown.exit_code, shown.output.splitlines()) == (
        0,
        [LINES["csv"][0], "/0,10.1.2.3", "/1,10.1.2.3"],
    )
    kept = tmp_path / "answer.json"
    asked = [*options, "--token", "a-token", "--response", "json", "--output", str(kept)]
    result = CliRunner().invoke(cli, asked)
    assert (result.exit_code, result.output) == (0, "")
