"""A client that hands out no MOJOs is found before training."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import MojoExportError
from airflow_provider_devo_dga.training.export import check_mojo_export

_enterprise: Any = None


def open_download(self: object, path: str) -> str:
    return path


def gated_download(self: object, path: str) -> str:
    _enterprise.block("MOJO export")
    return path


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(version: str, download: Any, product: str | None = None) -> None:
        names = ("h2o", "h2o.model", "h2o.model.model_base", "h2o._product")
        modules = {name: ModuleType(name) for name in names}
        modules["h2o"].__version__ = version  # type: ignore[attr-defined]
        modules["h2o.model.model_base"].ModelBase = type(  # type: ignore[attr-defined]
            "ModelBase", (), {"download_mojo": download}
        )
        if product is not None:
            modules["h2o._product"]._PRODUCT = product  # type: ignore[attr-defined]
        for name, module in modules.items():
            monkeypatch.setitem(sys.modules, name, module)

    return install


@pytest.mark.parametrize("version", ["3.46.0.10", "3.46.0.11"])
def test_earlier_open_clients_export(client: Any, version: str) -> None:
    client(version, open_download)
    check_mojo_export()


@pytest.mark.parametrize("version", ["3.46.0.11", "3.46.0.12", "3.48.0.1"])
def test_a_client_whose_download_calls_the_gate_is_refused(client: Any, version: str) -> None:
    client(version, gated_download, "h2o-3-oss")
    with pytest.raises(MojoExportError, match=r"pip install 'h2o>=3\.46\.0\.10,<3\.46\.0\.12'"):
        check_mojo_export()


@pytest.mark.parametrize("product", [None, "h2o-3-oss"])
def test_a_later_open_client_is_refused_by_version(client: Any, product: str | None) -> None:
    client("3.46.0.12", open_download, product)
    with pytest.raises(MojoExportError, match=r"3\.46\.0\.12 does not export"):
        check_mojo_export()


def test_a_licensed_client_exports(client: Any) -> None:
    client("3.46.0.12", open_download, "h2o-3-secure")
    check_mojo_export()


def test_no_client_is_an_error_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h2o", None)
    with pytest.raises(MojoExportError, match=r"pip install .*\[h2o\]"):
        check_mojo_export()
