"""The Model Manager's faults, for each call of the hook: the rows M1 to M9 of the contract.

The call is done and its effect is there, or there is a typed error and what was there before is there still.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoError,
    DevoResultError,
    DevoThrottledError,
    DevoTransientError,
    ModelAlreadyExistsError,
    ModelNotFoundError,
    ModelRejectedError,
)
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.models.provenance import Provenance
from tests.faults.ledger import Cell, Ledger
from tests.model_files import onnx_bytes

FORMER, NEWER = onnx_bytes(bias=1.0), onnx_bytes(bias=2.0)
EVERYWHERE = "/mlmodelmanager"
IMAGE, SAVE = "/mlmodelmanager/models/images/upload$", "/mlmodelmanager/models$"
Call = Callable[[MLModelManagerHook, str, Path], object]


def newer(folder: Path) -> Path:
    file = folder / "newer.onnx"
    file.write_bytes(NEWER)
    return file


CALLS: Mapping[str, Call] = {
    "get_models": lambda hook, name, folder: hook.get_models(),
    "get_model": lambda hook, name, folder: hook.get_model(name),
    "download": lambda hook, name, folder: hook.download_model(name, folder / "out" / "model.onnx"),
    "add_model": lambda hook, name, folder: hook.add_model(f"{name}_new", "ONNX", newer(folder)),
    "replace": lambda hook, name, folder: hook.add_model(name, "ONNX", newer(folder), if_exists="replace"),
}
WRITES = ("add_model", "replace")


@dataclass(frozen=True)
class Fault:
    """A fault, and its outcome by call; a call that is not named is not struck by it.

    :param more: further fields of the sandbox's fault.
    """

    row: str
    name: str
    errors: Mapping[str, type[DevoError]]
    label: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


def each(error: type[DevoError], *calls: str) -> dict[str, type[DevoError]]:
    return dict.fromkeys(calls or CALLS, error)


FAULTS = (
    Fault("M1", "login_200", each(ModelRejectedError, *WRITES)),
    Fault("M1", "image_altered", each(ModelRejectedError, "download", "add_model")),
    Fault("M2", "models_html_200", each(DevoResultError)),
    Fault("M2", "models_html_200", each(DevoResultError, *WRITES), "upload", {"match": IMAGE}),
    Fault("M2", "models_empty_object", each(DevoResultError)),
    Fault("M2", "models_empty_object", each(ModelRejectedError, *WRITES), "upload", {"match": IMAGE}),
    Fault("M2", "login_302", each(DevoConnectionConfigError), more={"match": EVERYWHERE}),
    Fault("M2", "login_302", each(DevoConnectionConfigError, *WRITES), "upload", {"match": IMAGE}),
    Fault("M4", "save_fails", each(ModelRejectedError, *WRITES)),
    Fault("M4", "http_503", each(DevoTransientError, *WRITES), "upload", {"match": IMAGE}),
    Fault("M4", "http_503", each(DevoTransientError, *WRITES), "save", {"match": SAVE, "method": "POST"}),
    Fault("M4", "refuse", each(DevoTransientError, *WRITES), "save", {"match": SAVE, "method": "POST"}),
    Fault("M7", "http_503", each(DevoTransientError), more={"match": EVERYWHERE}),
    Fault("M7", "http_429", each(DevoThrottledError), more={"match": EVERYWHERE}),
    Fault("M7", "html_502", each(DevoTransientError), more={"match": EVERYWHERE}),
    Fault("M7", "refuse", each(DevoTransientError), more={"match": EVERYWHERE}),
    Fault("M7", "reset", each(DevoTransientError), more={"match": EVERYWHERE}),
    Fault("M7", "auth", each(DevoAuthError), more={"match": EVERYWHERE}),
    Fault("M7", "auth_401", each(DevoAuthError), more={"match": EVERYWHERE}),
    Fault("M7", "stall_headers", each(DevoTransientError, *WRITES), "upload", {"match": IMAGE}),
    Fault("M7", "slow_upload", each(DevoTransientError, *WRITES), more={"delay_s": 30}),
)


@pytest.fixture
def name(devo: Any, devo_connections: None, request: pytest.FixtureRequest) -> str:
    """Register a model of this test's own."""
    name = f"f{_sha256(request.node.nodeid.encode())[:16]}"
    told = Provenance("1", _sha256(FORMER), "any", "any").describe("the former")
    hook = MLModelManagerHook()
    file = request.getfixturevalue("tmp_path") / "former.onnx"
    file.write_bytes(FORMER)
    hook.add_model(name, "ONNX", file, description=told)
    devo.mark()
    return name


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("fault", "call"),
    [
        pytest.param(
            fault,
            call,
            id="-".join(filter(None, (fault.name, fault.label, call))),
            marks=[pytest.mark.slow] * (number > 0 or fault.name in {"stall_headers", "slow_upload"}),
        )
        for fault in FAULTS
        for number, call in enumerate(fault.errors)
    ],
)
def test_each_fault_for_each_call(
    devo: Any,
    no_pauses: None,
    ledger: Ledger,
    name: str,
    tmp_path: Path,
    caplog: Any,
    capfd: Any,
    fault: Fault,
    call: str,
) -> None:
    timeout = 1.0 if fault.name in {"stall_headers", "slow_upload"} else 30.0
    (tmp_path / "out").mkdir()
    devo.fault(fault.name, times=50, **fault.more)
    with pytest.raises(DevoError) as caught:
        CALLS[call](MLModelManagerHook(timeout=timeout), name, tmp_path)
    asked = len(devo.asked(path="/mlmodelmanager"))
    assert type(caught.value) is fault.errors[call], caught.value
    said = "".join([caplog.text, *capfd.readouterr()])
    error: BaseException | None = caught.value
    while error is not None:
        said += f"{error} {error!r}"
        error = error.__cause__ or error.__context__
    assert devo.sandbox.token not in said
    assert not [*(tmp_path / "out").iterdir()]
    label = f"{fault.name} ({fault.label})" if fault.label else fault.name
    ledger.note(Cell("models", fault.row, label, call, True, type(caught.value).__name__, asked))

    # once it has passed: what was there is there still, and the same call does its work
    devo.no_fault()
    hook = MLModelManagerHook()
    if fault.name != "image_altered":
        assert hook.get_model(name, with_image=True).image == FORMER
    CALLS[call](hook, name, tmp_path)
    if call in WRITES:
        held = hook.get_model(f"{name}_new" if call == "add_model" else name, with_image=True)
        assert held.image == NEWER
    if call == "download":
        assert (tmp_path / "out" / "model.onnx").read_bytes() == FORMER


def test_a_replacement_that_came_altered_is_put_back(devo: Any, name: str, tmp_path: Path) -> None:
    """Row M3: there are no versions in the Model Manager, so the former file is the only way back."""
    hook = MLModelManagerHook()
    former = hook.get_model(name, with_image=True)
    upload, strikes = hook._upload, iter([1])

    def spoilt(name: str, engine: str, file: Path, description: str | None) -> None:
        # what is uploaded differs from what is compared, once: a fault between us and the Model Manager
        other = tmp_path / "other.onnx"
        other.write_bytes(onnx_bytes(bias=9.0))
        upload(name, engine, other if next(strikes, 0) else file, description)

    hook._upload = spoilt  # type: ignore[method-assign]
    with pytest.raises(ModelRejectedError, match="holds another file"):
        hook.add_model(name, "ONNX", newer(tmp_path), description="newer", if_exists="replace")
    held = MLModelManagerHook().get_model(name, with_image=True)
    assert (held.image, held.description) == (FORMER, former.description)


def test_a_redirection_is_not_followed_with_the_token(
    devo: Any, connect: Any, devo_connections: None, tmp_path: Path
) -> None:
    """A redirection of requests keeps every header but ``Authorization``."""
    devo.fault("login_302", times=50, match=EVERYWHERE)
    for auth_type in ("standalone", "bearer"):
        connect("either", "devo_mlmm", extra={"auth_type": auth_type})
        for call in CALLS.values():
            with pytest.raises(DevoConnectionConfigError, match="no Devo API at this address"):
                call(MLModelManagerHook("either"), "a_model", tmp_path)
    assert len(devo.asked(path=EVERYWHERE)) == 2 * len(CALLS)


def test_what_is_there_is_left_alone(devo: Any, name: str, tmp_path: Path) -> None:
    """Row M6: another file under the name is seen before anything is uploaded."""
    with pytest.raises(ModelAlreadyExistsError, match="the former"):
        MLModelManagerHook().add_model(name, "ONNX", newer(tmp_path))
    with pytest.raises(ModelNotFoundError):
        MLModelManagerHook().get_model(f"{name}_no")
    assert devo.asked(path="/models/images/upload") == []


def test_each_thread_has_its_client(devo: Any, name: str) -> None:
    """Row M5: the official client keeps the method of a call in a state that threads would share."""
    hook = MLModelManagerHook()
    assert hook.get_conn() is not hook.get_conn()
    with ThreadPoolExecutor(4) as threads:
        lists = [*threads.map(lambda _: hook.get_models(), range(12))]
    assert all(name in [model["name"] for model in models] for models in lists)


def test_a_folder_that_is_not_there_is_made(name: str, tmp_path: Path) -> None:
    """Rows M8 and M9: the official client raises; and its model has no size to compare."""
    model = MLModelManagerHook().download_model(name, tmp_path / "a" / "b" / "model.onnx")
    assert (tmp_path / "a" / "b" / "model.onnx").read_bytes() == FORMER
    assert model.image_size == len(FORMER)
