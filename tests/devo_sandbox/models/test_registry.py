"""The registry of models itself: what it keeps, what it refuses, and that it survives anything."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests

from devo_sandbox.api import model_api
from devo_sandbox.models.models import Models
from devo_sandbox.tenant import Habits
from tests.devo_sandbox import numbers

Make = Callable[..., Path]
LINEAR = (
    "from demo.ecommerce.data select"
    ' at(mlevalmodel("self", "m", [float4(1), float4(2)]), 0) as y where isnotnull(y)'
)


def call(api: Any, method: str, path: str, **options: Any) -> requests.Response:
    return requests.request(
        method,
        f"{api.sandbox.mlmm_url}{path}",
        headers={"standAloneToken": api.sandbox.token},
        verify=api.sandbox.ca_file,
        timeout=30,
        **options,
    )


def upload(api: Any, content: bytes, engine: str = "ONNX") -> requests.Response:
    return call(
        api, "POST", "/models/images/upload", data={"engine": engine}, files={"fileName": ("m.onnx", content)}
    )


def save(api: Any, number: int, name: str = "m", **fields: Any) -> requests.Response:
    return call(
        api, "POST", "/models", json={"name": name, "engine": "ONNX", "image": {"id": number}, **fields}
    )


def an_event(api: Any) -> None:
    api.load("demo.ecommerce.data", [{"eventdate": 1767225600000}])


def images(api: Any) -> Any:
    return requests.get(
        f"{api.sandbox.base_url}/_sandbox/images",
        headers={"Authorization": f"Bearer {api.sandbox.token}"},
        verify=api.sandbox.ca_file,
        timeout=10,
    ).json()


def test_an_upload_says_what_it_is(fresh: Any, onnx_file: Make) -> None:
    content = onnx_file().read_bytes()
    assert upload(fresh(), content).json() == {
        "valid": True,
        "errorDetail": None,
        "category": None,
        "outputType": "array(float4)",
        "fields": [{"id": None, "name": "x", "description": "", "type": "array(float4)"}],
        "clusters": [],
        "runtimeSize": 2 * len(content),
        "imageId": 41,
        "fileName": "m.onnx",
        "size": len(content),
    }


def test_with_and_without_the_image(fresh: Any, onnx_file: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_api, "PIECE", 30)
    api = fresh()
    content = onnx_file().read_bytes()
    number = upload(api, content).json()["imageId"]
    saved = save(api, number, description='a "quoted" \u0000 text', hidden=True).json()
    listed = {"id": number, "size": len(content)}
    assert saved["image"] == listed
    assert call(api, "GET", "/models").json() == [saved]
    for fast in ({}, {"fast": "True"}, {"fast": "true"}):
        assert call(api, "GET", "/models/m", params=fast).json() == saved
    whole = call(api, "GET", "/models/m", params={"fast": "False"}).json()
    assert base64.b64decode(whole["image"].pop("image")) == content
    assert whole == saved


def test_orphans_are_kept_and_listed_but_never_served(fresh: Any, onnx_file: Make) -> None:
    api = fresh()
    content = onnx_file().read_bytes()
    orphan, used = (upload(api, content).json()["imageId"] for _ in range(2))
    save(api, used)
    assert images(api) == [
        {"id": orphan, "engine": "ONNX", "size": len(content), "models": []},
        {"id": used, "engine": "ONNX", "size": len(content), "models": ["m"]},
    ]
    assert [model["image"]["id"] for model in call(api, "GET", "/models").json()] == [used]
    assert call(api, "GET", f"/models/{orphan}").status_code == 204


def test_a_replace_keeps_the_id(fresh: Any, onnx_file: Make) -> None:
    api = fresh()
    first, second = (upload(api, onnx_file(bias=bias).read_bytes()).json()["imageId"] for bias in (0, 9))
    other = save(api, first, "other").json()
    made = save(api, first).json()
    an_event(api)
    assert api.rows(LINEAR)[0]["y"] == 5.0
    replaced = save(api, second, id=made["id"]).json()
    assert (replaced["id"], replaced["image"]["id"]) == (made["id"], second)
    assert made["id"] != other["id"]
    assert api.rows(LINEAR)[0]["y"] == 14.0
    refused = save(api, second, id=other["id"])
    assert (refused.status_code, refused.json()["msg"]) == (400, "Invalid model")


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": ""},
        {"name": "a/b"},
        {"name": "a\nb"},
        {"name": "x" * 256},
        {"name": 7},
        {"image": {"id": 999}},
        {"image": {"id": True}},
        {"image": {}},
        {"engine": "H2O"},
        {"description": 7},
    ],
)
def test_what_cannot_be_saved(api: Any, onnx_file: Make, wanted: dict[str, Any]) -> None:
    number = upload(api, onnx_file().read_bytes()).json()["imageId"]
    body = {"name": "refused", "engine": "ONNX", "image": {"id": number}, **wanted}
    response = call(api, "POST", "/models", json=body)
    assert (response.status_code, response.json()["msg"]) == (400, "Invalid model")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"[" * 100_000])
def test_what_is_no_model(api: Any, body: bytes) -> None:
    assert call(api, "POST", "/models", data=body).status_code == 400


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("NOPE", "No enum constant com.devo.mlx.malevolo.common.enums.EngineType.NOPE"),
        ("CATBOOST", "The sandbox does not support the engine CATBOOST"),
    ],
)
def test_engines(api: Any, engine: str, message: str) -> None:
    response = upload(api, b"x", engine)
    assert (response.status_code, response.json()["msg"]) == (500, message)


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
@pytest.mark.parametrize("path", ["/models", "/models/m", "/domains/self/models/m"])
def test_no_delete_and_no_update(api: Any, method: str, path: str) -> None:
    response = call(api, method, path)
    assert (response.status_code, response.json()["code"]) == (405, 405)
    assert method in response.json()["msg"]


def test_another_domain(api: Any) -> None:
    assert call(api, "GET", "/domains/self/models").status_code == 200
    assert call(api, "GET", "/domains/other/models").status_code == 404


def test_too_large(fresh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_api, "MAX_IMAGE", 1000)
    api = fresh()
    for size in (1001, 1_000_000):
        with contextlib.suppress(requests.ConnectionError):
            assert upload(api, b"x" * size).status_code == 413
    assert upload(api, b"x" * 1000).json() == {"valid": False, "errorDetail": "Invalid image"}
    assert images(api) == []


@pytest.mark.parametrize(
    "form",
    [
        {"data": {"engine": "ONNX"}},
        {"data": {"engine": "ONNX"}, "files": {"other": ("m", b"x")}},
        {"data": {"engine": "ONNX", "fileName": "x"}, "files": {"other": ("m", b"x")}},
        {"files": {"fileName": ("m", b"x")}, "data": {"engine": "ONNX", **{f"f{n}": "" for n in range(30)}}},
    ],
)
def test_a_form_that_is_not_one(api: Any, form: dict[str, Any]) -> None:
    assert call(api, "POST", "/models/images/upload", **form).status_code == 400


@pytest.mark.slow
def test_a_replace_waits_its_delay(fresh: Any, onnx_file: Make) -> None:
    api = fresh(habits=Habits(model_delay_s=1.5))
    first, second, third = (
        upload(api, onnx_file(bias=bias).read_bytes()).json()["imageId"] for bias in (0, 9, 19)
    )
    save(api, first)
    an_event(api)
    assert api.rows(LINEAR)[0]["y"] == 5.0
    save(api, second)
    replaced = time.monotonic()
    save(api, third)
    assert call(api, "GET", "/models/m").json()["image"]["id"] == third
    assert api.rows(LINEAR)[0]["y"] == 5.0
    time.sleep(max(0.0, replaced + 2 - time.monotonic()))
    assert api.rows(LINEAR)[0]["y"] == 24.0


def test_a_query_keeps_the_model_of_its_start(fresh: Any, onnx_file: Make) -> None:
    api = fresh()
    first, second = (upload(api, onnx_file(bias=bias).read_bytes()).json()["imageId"] for bias in (0, 9))
    numbers.fill(api.sandbox, "many", 100_000, start_ms=1767225600000)
    save(api, first)
    text = 'from many select at(mlevalmodel("self", "m", [float4(n), float4(0)]), 0) - n as y group by y'
    said: list[Any] = []
    asking = threading.Thread(target=lambda: said.extend(api.rows(text)))
    asking.start()
    for number in (second, first) * 20:
        save(api, number)
    asking.join()
    assert [row["y"] for row in said] in ([0.0], [9.0])


WRITER = """
import hashlib, sys
from io import BytesIO
from pathlib import Path
from devo_sandbox.models.models import Models
models, contents = Models(Path(sys.argv[1])), [Path(file).read_bytes() for file in sys.argv[2:]]
print("ready", flush=True)
while True:
    for at, content in enumerate(contents):
        said = models.upload(BytesIO(content), "ONNX", "m.onnx")
        digest = hashlib.sha256(content).hexdigest()
        wanted = {"name": f"m{at}", "engine": "ONNX", "description": digest, "image": {"id": said["imageId"]}}
        models.save(wanted)
        print(said["imageId"], flush=True)
"""


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path: Path, onnx_file: Make) -> None:
    files = [str(onnx_file(f"m{bias}", bias=bias)) for bias in (0, 9)]
    directory = tmp_path / "data"
    told = 40
    for turn in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(directory), *files], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(0.05 + turn * 0.013)
        writer.send_signal(signal.SIGKILL)
        told = max([told, *map(int, writer.stdout.read().split("\n")[:-1])])
        writer.wait()
        models = Models(directory)
        assert max((image.number for image in models.images.all()), default=40) >= told
        for model in models.all():
            content = models.images[model["image"]["id"]].path.read_bytes()
            assert hashlib.sha256(content).hexdigest() == model["description"]
            assert models.evaluator("self", model["name"]) is not None
        assert not list(directory.rglob("*.partial"))
    assert told > 41
    assert json.loads((directory / "models" / "models.json").read_text())


def test_a_registry_that_cannot_be_written_changes_nothing(
    tmp_path: Path, onnx_file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from devo_sandbox.models import models as module

    models = Models(tmp_path / "data")
    first, second = (
        models.upload(BytesIO(onnx_file(bias=bias).read_bytes()), "ONNX", "m")["imageId"] for bias in (0, 9)
    )
    models.save({"name": "m", "engine": "ONNX", "image": {"id": first}})

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(module, "synced", full)
    with pytest.raises(OSError, match="no space"):
        models.save({"name": "m", "engine": "ONNX", "image": {"id": second}})
    assert models.all()[0]["image"]["id"] == first
    assert Models(tmp_path / "data").all() == models.all()
