"""Every public call of devo-mlmodelmanager, unmodified, against the sandbox over TLS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import devo_ml.modelmanager as mlmm
import pytest
from devo_ml.modelmanager.auth import create_auth_from_token
from devo_ml.modelmanager.downloader import FileSystemDownloader
from devo_ml.modelmanager.error import ModelAlreadyExists, ModelManagerError, ModelNotFound, TokenError

from devo_sandbox.server import Sandbox

Make = Callable[..., Path]


def _token(devo: Sandbox, target: Path, **options: Any) -> Any:
    return mlmm.create_client_from_token(
        devo.mlmm_url, "a-token", download_path=str(target), verify=devo.ca_file, **options
    )


def _bearer(devo: Sandbox, target: Path) -> Any:
    return _token(devo, target, auth_type="bearer")


def _profile(devo: Sandbox, target: Path) -> Any:
    file = target / "mlmm.ini"
    file.write_text(
        f"[here]\nurl = {devo.mlmm_url}\ntoken = a-token\nauth_type = standalone\ndownload_path = {target}\n"
    )
    return mlmm.create_client_from_profile("here", path=str(file), verify=devo.ca_file)


def _legacy(devo: Sandbox, target: Path) -> Any:
    auth = create_auth_from_token("a-token", auth_type="standalone")
    downloader = FileSystemDownloader(str(target))
    return mlmm.LegacyClient(devo.mlmm_url, "self", auth, downloader=downloader, verify=devo.ca_file)


CLIENTS = {"token": _token, "bearer": _bearer, "profile": _profile, "legacy": _legacy}


@pytest.mark.parametrize("kind", CLIENTS)
def test_a_model_from_start_to_replace(devo: Sandbox, tmp_path: Path, onnx_file: Make, kind: str) -> None:
    client = CLIENTS[kind](devo, tmp_path)
    name = f"life of {kind}"
    assert client.url == devo.mlmm_url
    assert client.find_model(name) is None
    with pytest.raises(ModelNotFound):
        client.get_model(name)
    first, second = onnx_file("first"), onnx_file("second", bias=9.0)
    client.add_model(name, mlmm.engines.ONNX, str(first), description="first")
    with pytest.raises(ModelAlreadyExists):
        client.add_model(name, mlmm.engines.ONNX, str(second))
    made = client.get_model(name)
    assert (made["name"], made["engine"], made["description"]) == (name, "ONNX", "first")
    assert client.find_model(name) == made
    client.add_model(name, mlmm.engines.ONNX, str(second), force=True)
    replaced = client.get_model(name, download_file=True)
    assert Path(replaced.pop("file")).read_bytes() == second.read_bytes()
    assert replaced == made
    assert name in [model["name"] for model in client.get_models()]


def test_the_functions(
    devo: Sandbox, tmp_path: Path, onnx_file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(devo.ca_file))
    where = (devo.mlmm_url, "a-token")
    file = onnx_file()
    assert mlmm.find_model(*where, "functions") is None
    mlmm.add_model(*where, "functions", mlmm.engines.ONNX, str(file), description="d")
    assert mlmm.get_model(*where, "functions", auth_type="bearer")["description"] == "d"
    (tmp_path / "down").mkdir()
    found = mlmm.find_model(*where, "functions", download_path=str(tmp_path / "down"), timeout=10)
    assert Path(found["file"]).read_bytes() == file.read_bytes()
    assert "functions" in [model["name"] for model in mlmm.get_models(*where)]


def test_what_the_client_raises(devo: Sandbox, tmp_path: Path, onnx_file: Make) -> None:
    client = _token(devo, tmp_path)
    with pytest.raises(ModelManagerError, match=r"No enum constant .*\.NOPE"):
        client.add_model("nope", "NOPE", str(onnx_file()))
    broken = tmp_path / "broken"
    broken.write_bytes(b"broken")
    with pytest.raises(ModelManagerError, match="Invalid image"):
        client.add_model("broken", mlmm.engines.ONNX, str(broken))
    assert client.find_model("broken") is None
    with pytest.raises(TokenError):
        mlmm.create_client_from_token(devo.mlmm_url, "wrong", verify=devo.ca_file).get_models()
