"""Whatever answers in the Model Manager's place, over real sockets: a typed error, or what it says."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DevoError, DevoResultError, ModelRejectedError
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from tests.hooks.raw_server import RawServer, reply

MODEL = {"name": "m", "engine": "H2O", "description": "d", "image": {"size": 3, "image": "YWJj"}}
ODD: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \r\n ",
    "null": b"null",
    "a number": b"7",
    "a huge number": b"9" * 5000,
    "NaN": b"NaN",
    "a text": b'"m"',
    "a page": b"<html>Log in</html>",
    "half of it": b'{"name": "m", "eng',
    "no object": b"{}",
    "no models": b"[]",
    "a list of numbers": b"[1, 2]",
    "a list of lists": b"[[]]",
    "models without a name": b'[{"engine": "H2O"}]',
    "too deep": b"[" * 100_000,
    "objects too deep": b'{"name":' * 100_000,
    "UTF-16": json.dumps(MODEL).encode("utf-16"),
    "Latin-1": b'{"name": "m\xe9"}',
    "half a surrogate": b'{"name": "\\ud800"}',
    "a byte-order mark": b"\xef\xbb\xbf{}",
    "control characters": b'{"msg": "\\u0000\\u001b[2J", "code": 7}',
    "two documents": b"{}{}",
    "valid, and nothing more": b'{"valid": true}',
    "valid as a text": b'{"valid": "yes", "imageId": [], "fields": 7}',
    "refused with an object": b'{"valid": false, "errorDetail": {"a": [1]}}',
    "refused without a word": b'{"valid": false, "errorDetail": null}',
    **{
        f"a model whose {field} is {told!r}": json.dumps(MODEL | {field: told}).encode()
        for field, told in (
            ("name", None),
            ("name", 7),
            ("name", ["m"]),
            ("name", "another"),
            ("engine", {}),
            ("description", [1]),
            ("category", 1.5),
            ("outputType", True),
            ("fields", "length"),
            ("fields", [7]),
            ("fields", [{"type": "float8"}]),
            ("image", []),
            ("image", "YWJj"),
            ("image", {"size": "3", "image": "YWJj"}),
            ("image", {"size": 3, "image": "%%%"}),
            ("image", {"size": 3, "image": 7}),
        )
    },
}
# Where an answer that looks odd says something all the same.
SAYS: dict[tuple[str, str], object] = {
    ("get_models", "no models"): [],
    ("find_model", "nothing"): None,
    ("find_model", "blanks"): None,
}


Said = dict[bytes, bytes]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RawServer, Said]]:
    """Return a server, and what it answers to a request that begins so; to others that there is no model."""
    said: Said = {}

    def answer(connection: socket.socket, request: bytes) -> None:
        found = [told for beginning, told in said.items() if request.startswith(beginning)]
        connection.sendall(found[0] if found else reply(b""))

    with RawServer(answer, tmp_path_factory.mktemp("odd")) as running:
        yield running, said


@pytest.fixture
def said(server: tuple[RawServer, Said]) -> Said:
    server[1].clear()
    return server[1]


@pytest.fixture
def hook(server: tuple[RawServer, Said], connect: Any) -> MLModelManagerHook:
    extra = {"verify": str(server[0].ca_file), "retries": 0}
    connect("odd", "devo_mlmm", host="127.0.0.1", port=server[0].port, extra=extra)
    return MLModelManagerHook("odd")


def outcome(call: Callable[[], object]) -> object:
    try:
        return call()
    except DevoError as error:
        return type(error) if str(error).isprintable() else str(error)


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_answer_is_told_as_such(
    hook: MLModelManagerHook, said: Said, tmp_path: Path, odd: str
) -> None:
    said[b"GET"] = reply(ODD[odd])
    calls = {"get_models": hook.get_models, "find_model": lambda: hook.find_model("m", with_image=True)}
    assert {name: outcome(call) for name, call in calls.items()} == {
        name: SAYS.get((name, odd), DevoResultError) for name in calls
    }
    said[b"GET"] = reply(ODD[odd], status="500 Error")
    for call in calls.values():
        kind = outcome(call)
        assert isinstance(kind, type)
        assert issubclass(kind, DevoError)

    file = tmp_path / "model.zip"
    file.write_bytes(b"anything")
    odd_kinds = {DevoResultError, ModelRejectedError}
    said.clear()
    said[b"POST /mlmodelmanager/models/images/upload"] = reply(ODD[odd])
    assert outcome(lambda: hook.add_model("m", "H2O", file)) in odd_kinds
    said[b"POST /mlmodelmanager/models/images/upload"] = reply(b'{"valid": true, "imageId": 1}')
    said[b"POST"] = reply(ODD[odd])
    assert outcome(lambda: hook.add_model("m", "H2O", file)) in odd_kinds


def test_two_models_of_one_name_are_two(hook: MLModelManagerHook, said: Said) -> None:
    said[b"GET"] = reply(json.dumps([MODEL, MODEL]).encode())
    assert [model["name"] for model in hook.get_models()] == ["m", "m"]
