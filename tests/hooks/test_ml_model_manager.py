"""MLModelManagerHook registers models in a real sandbox and believes only what it reads back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoResultError,
    DevoTransientError,
    FeatureError,
    ModelAlreadyExistsError,
    ModelNotFoundError,
    ModelRejectedError,
)
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from tests.model_files import onnx_bytes

pytestmark = pytest.mark.usefixtures("devo_connections")

Mojo = Callable[[float], Path]


@pytest.fixture
def mojo(glm_mojo: Any, tmp_path: Path) -> Mojo:
    """Return a maker of MOJO files, another one for each weight."""

    def make(weight: float) -> Path:
        file = tmp_path / f"model_{weight}.zip"
        file.write_bytes(glm_mojo(TUTORIAL_FEATURES.names, {"entropy": weight}, -3.0))
        return file

    return make


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Return a name of a model that no other test takes."""
    return f"m_{hashlib.sha256(request.node.name.encode()).hexdigest()[:12]}"


def uploads(devo: Any) -> int:
    return len(devo.asked(path="/models/images/upload"))


@pytest.mark.slow
def test_a_new_model_is_registered_and_read_back(devo: Any, mojo: Mojo, name: str, tmp_path: Path) -> None:
    hook, file = MLModelManagerHook(), mojo(1.0)
    added = hook.add_model(name, "H2O", file, description="a model")
    assert (added.name, added.engine, added.description) == (name, "H2O", "a model")
    assert added.fields == TUTORIAL_FEATURES.names
    assert added.image == file.read_bytes()
    assert hook.get_model(name).image is None
    assert hook.get_model(name).image_size == file.stat().st_size
    assert name in [model["name"] for model in hook.get_models()]
    hook.download_model(name, tmp_path / "back.zip")
    assert (tmp_path / "back.zip").read_bytes() == file.read_bytes()
    assert hook.test_connection()[1].startswith("The Model Manager answers, with ")


@pytest.mark.slow
def test_the_same_file_again_is_not_sent(devo: Any, mojo: Mojo, name: str) -> None:
    hook = MLModelManagerHook()
    first = hook.add_model(name, "H2O", mojo(1.0), description="a model")
    assert hook.add_model(name, "H2O", mojo(1.0), description="a model") == first
    assert hook.add_model(name, "H2O", mojo(1.0)) == first
    assert uploads(devo) == 1


@pytest.mark.slow
def test_another_description_is_saved_for_the_same_file(devo: Any, mojo: Mojo, name: str) -> None:
    hook = MLModelManagerHook()
    hook.add_model(name, "H2O", mojo(1.0), description="a model")
    hook.add_model(name, "H2O", mojo(1.0), description="the model")
    assert hook.get_model(name).description == "the model"


@pytest.mark.slow
def test_another_file_needs_leave_to_replace(devo: Any, mojo: Mojo, name: str) -> None:
    hook = MLModelManagerHook()
    hook.add_model(name, "H2O", mojo(1.0), description="the first")
    with pytest.raises(ModelAlreadyExistsError, match="the first"):
        hook.add_model(name, "H2O", mojo(2.0))
    assert uploads(devo) == 1
    assert hook.get_model(name, with_image=True).image == mojo(1.0).read_bytes()
    hook.add_model(name, "H2O", mojo(2.0), if_exists="replace")
    replaced = hook.get_model(name, with_image=True)
    assert replaced.image == mojo(2.0).read_bytes()
    assert replaced.description == "the first"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "content", "reason"),
    [("H2O", b"not a zip", "Invalid image"), ("NOPE", None, "No enum constant")],
)
def test_a_refused_replacement_leaves_the_former(
    devo: Any, mojo: Mojo, name: str, tmp_path: Path, engine: str, content: bytes | None, reason: str
) -> None:
    hook = MLModelManagerHook()
    hook.add_model(name, "H2O", mojo(1.0), description="the first")
    file = mojo(2.0)
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ModelRejectedError, match=reason) as caught:
        hook.add_model(name, engine, file, if_exists="replace")
    assert reason in caught.value.detail
    former = hook.get_model(name, with_image=True)
    assert (former.image, former.description) == (mojo(1.0).read_bytes(), "the first")


@pytest.mark.slow
def test_a_corrupt_first_model_leaves_nothing(devo: Any, name: str, tmp_path: Path) -> None:
    (tmp_path / "model.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ModelRejectedError, match="Invalid image"):
        MLModelManagerHook().add_model(name, "H2O", tmp_path / "model.zip")
    assert MLModelManagerHook().find_model(name) is None


# an empty archive is its end alone
OTHER_ZIP = b"PK\x05\x06" + bytes(18)


@pytest.mark.parametrize(
    ("engine", "content", "told", "logged"),
    [
        (
            "H2O",
            b"not a zip",
            "Invalid image. 'model.zip' is not a usable MOJO: File is not a zip file",
            "zip",
        ),
        ("H2O", b"PK\x03\x04 cut", "'model.zip' is not a usable MOJO: File is not a zip file", "zip"),
        ("H2O", OTHER_ZIP, "'model.zip' is not a usable MOJO: \"There is no item", "holds no model.ini"),
        ("ONNX", b"not a graph", "Invalid image", "Protobuf"),
    ],
)
def test_an_invalid_image_says_why_where_that_can_be_known(
    caplog: pytest.LogCaptureFixture,
    name: str,
    tmp_path: Path,
    engine: str,
    content: bytes,
    told: str,
    logged: str,
) -> None:
    (tmp_path / "model.zip").write_bytes(content)
    with pytest.raises(ModelRejectedError) as caught:
        MLModelManagerHook().add_model(name, engine, tmp_path / "model.zip")
    assert told in str(caught.value)
    (line,) = (
        text for text in caplog.messages if text.startswith(f"Invalid image 'model.zip' for {engine}: ")
    )
    assert logged in line.partition(": ")[2] != ""


def test_a_model_that_is_not_there(devo: Any, name: str, tmp_path: Path) -> None:
    hook = MLModelManagerHook()
    assert hook.find_model(name) is None
    with pytest.raises(ModelNotFoundError, match=f"no model '{name}'"):
        hook.get_model(name)
    with pytest.raises(ModelNotFoundError):
        hook.download_model(name, tmp_path / "model.zip")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "a/../b", 'a"b', "a b", "x" * 65, "d\u00e9j\u00e0"])
def test_a_name_that_is_none_is_never_sent(devo: Any, name: str, tmp_path: Path) -> None:
    (tmp_path / "model.zip").write_bytes(b"anything")
    with pytest.raises(FeatureError, match="not a usable model name"):
        MLModelManagerHook().get_model(name)
    with pytest.raises(FeatureError, match="not a usable model name"):
        MLModelManagerHook().add_model(name, "H2O", tmp_path / "model.zip")
    assert devo.asked(path="/mlmodelmanager") == []


@pytest.mark.parametrize(
    ("auth_type", "header", "shown"),
    [("bearer", "authorization", "Bearer ***"), ("standalone", "standalonetoken", "***")],
)
def test_two_ways_to_authenticate(
    devo: Any, connect: Any, name: str, auth_type: str, header: str, shown: str
) -> None:
    connect("either", "devo_mlmm", extra={"auth_type": auth_type})
    MLModelManagerHook("either").get_models()
    assert devo.asked(path="/models")[-1]["headers"][header] == shown
    assert MLModelManagerHook("either").find_model(name) is None
    assert devo.asked(path=f"/models/{name}")[-1]["headers"][header] == shown


CALLS: list[Callable[[MLModelManagerHook], object]] = [
    lambda hook: hook.get_models(),
    lambda hook: hook.get_model("a_model"),
    lambda hook: hook.add_model("a_model", "H2O", Path(__file__)),
]


@pytest.mark.parametrize("call", CALLS, ids=["list", "get", "add"])
def test_what_is_wrong_has_its_type(devo: Any, connect: Any, dead_port: int, call: Any) -> None:
    connect("wrong", "devo_mlmm", password="not-the-token")
    with pytest.raises(DevoAuthError, match="invalid or expired") as caught:
        call(MLModelManagerHook("wrong"))
    assert caught.value.code == 5
    assert len(devo.asked(path="/mlmodelmanager")) == 1
    connect("dead", "devo_mlmm", port=dead_port, extra={"retries": 0})
    with pytest.raises(DevoTransientError, match="No answer from"):
        call(MLModelManagerHook("dead"))
    connect("stranger", "devo_mlmm", extra={"verify": True})
    with pytest.raises(DevoConnectionConfigError, match="certificate is not trusted"):
        call(MLModelManagerHook("stranger"))
    connect("no_ca", "devo_mlmm", extra={"verify": "/no/such/ca.pem"})
    with pytest.raises(DevoConnectionConfigError, match=r"/no/such/ca\.pem"):
        call(MLModelManagerHook("no_ca"))


def test_a_server_that_is_no_model_manager(devo: Any, connect: Any) -> None:
    connect("elsewhere", "devo_mlmm", host=devo.sandbox.base_url + "/_sandbox")
    with pytest.raises((DevoResultError, DevoConnectionConfigError, ModelRejectedError)):
        MLModelManagerHook("elsewhere").get_models()
    with pytest.raises(DevoConnectionConfigError, match="no Devo API"):
        MLModelManagerHook("elsewhere").get_model("a_model")


@pytest.mark.parametrize(
    ("fields", "extra", "reason"),
    [
        ({"password": None}, {}, "no token"),
        ({"host": None}, {}, "no host"),
        ({"host": "http://127.0.0.1"}, {}, "must be an https address"),
        ({}, {"auth_type": "basic"}, "must be standalone or bearer"),
        ({}, {"verify": True}, "certificate is not trusted"),
        ({"password": "line\nbreak"}, {}, "token has a line break"),
    ],
)
def test_the_test_button_says_which_field(
    connect: Any, fields: dict[str, Any], extra: dict[str, Any], reason: str
) -> None:
    connect("odd", "devo_mlmm", extra=extra, **fields)
    well, told = MLModelManagerHook("odd").test_connection()
    assert not well
    assert told.startswith("The connection is not usable: ")
    assert reason in told


def test_the_test_button_tells_refusal_from_silence(connect: Any, dead_port: int) -> None:
    connect("wrong", "devo_mlmm", password="not-the-token")
    assert "refuses the token" in MLModelManagerHook("wrong").test_connection()[1]
    connect("dead", "devo_mlmm", port=dead_port, extra={"retries": 0})
    assert "cannot be reached" in MLModelManagerHook("dead").test_connection()[1]


@pytest.mark.parametrize("call", ["get_models", "find_model", "add_model"])
def test_a_fault_that_may_pass_is_asked_about_again(
    devo: Any, connect: Any, no_pauses: None, tmp_path: Path, call: str
) -> None:
    connect("twice", "devo_mlmm", extra={"retries": 1})
    file = tmp_path / "model.onnx"
    file.write_bytes(onnx_bytes(bias=3.0))
    name = f"again_{call}"
    arguments = {"get_models": (), "find_model": (name,), "add_model": (name, "ONNX", file)}[call]
    devo.fault("http_503", match="/mlmodelmanager", times=1)
    getattr(MLModelManagerHook("twice"), call)(*arguments)
    devo.fault("http_503", match="/mlmodelmanager", times=2)
    with pytest.raises(DevoTransientError):
        getattr(MLModelManagerHook("twice"), call)(*arguments)
