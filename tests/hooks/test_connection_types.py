"""A connection is of its hook's type, and has the extra fields of that type; else it is refused by name."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_devo_dga.devo_api.query import Query
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import DevoConnectionConfigError, DevoDgaError
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.devo_events import DevoEventsHook
from airflow_provider_devo_dga.hooks.devo_jobs import secret_params_of
from airflow_provider_devo_dga.hooks.extra import known_fields
from airflow_provider_devo_dga.hooks.h2o import H2OHook
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.hooks.mlflow import MLflowHook
from airflow_provider_devo_dga.provider_info import get_provider_info
from airflow_provider_devo_dga.triggers.shared_access import shared_access
from tests.conftest import FROM, TO
from tests.hooks.ways import is_permanent

SECRET = "hush-4d1f0a77c2"
HOOKS: dict[str, Callable[[str], Any]] = {
    "devo": DevoHook,
    "devo_events": DevoEventsHook,
    "devo_mlmm": MLModelManagerHook,
    "h2o": H2OHook,
    "mlflow": MLflowHook,
}


def opened(kind: str) -> None:
    """Read the connection as a task does, before anything is sent."""
    hook = HOOKS[kind]("chosen")
    if kind == "h2o":
        hook.__enter__()
    elif kind == "devo_mlmm":
        hook.get_models()
    elif kind == "devo":
        hook.get_records("from a.b", from_=FROM, to=TO)
    else:
        hook.get_conn()


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Define a connection in which every field of every type is well, to a port where nobody listens."""

    def connection(**fields: Any) -> None:
        whole = {"host": "127.0.0.1", "port": 9, "login": "somebody", "password": SECRET, **fields}
        monkeypatch.setenv("AIRFLOW_CONN_CHOSEN", json.dumps(whole))

    return connection


def test_every_type_of_the_provider_is_tried() -> None:
    assert set(HOOKS) == {one["connection-type"] for one in get_provider_info()["connection-types"]}
    assert set(HOOKS) == set(known_fields())


@pytest.mark.parametrize("kind", HOOKS)
@pytest.mark.parametrize("found", [*HOOKS, "http", "generic"])
def test_a_connection_of_another_type_is_refused(choose: Any, kind: str, found: str) -> None:
    choose(conn_type=found)
    wanted = f"'chosen' is of the type '{found}', where one of the type '{kind}' is wanted"
    if found == kind:
        passed, told = HOOKS[kind]("chosen").test_connection() if kind != "mlflow" else (False, "")
        assert (passed, wanted in told) == (False, False)  # nobody listens, or there is no key
        return
    with pytest.raises(DevoDgaError) as caught:
        opened(kind)
    assert (wanted in str(caught.value), is_permanent(caught.value)) == (True, True), caught.value
    passed, told = HOOKS[kind]("chosen").test_connection()
    assert (passed, wanted in told, SECRET in told) == (False, True, False)


def test_a_trigger_refuses_it_too(choose: Any) -> None:
    async def ask() -> object:
        async with shared_access("chosen") as access:
            return await access.whole(Query("from a.b", Window(FROM, TO)))

    choose(conn_type="devo_mlmm")
    with pytest.raises(DevoConnectionConfigError, match="'devo_mlmm', where one of the type 'devo' is"):
        asyncio.run(ask())


def test_a_connection_that_tells_no_type_is_taken(connect: Any) -> None:
    connect("untold", conn_type="")
    assert DevoHook("untold").test_connection()[0] is True


@pytest.mark.parametrize("kind", HOOKS)
def test_secrets_of_our_own_connections_are_no_params_of_a_destination(choose: Any, kind: str) -> None:
    choose(conn_type=kind, extra={"api_secret": SECRET})
    with pytest.raises(DevoConnectionConfigError, match="of the type 'generic'") as caught:
        secret_params_of("chosen")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        ("devo", "verfy", "verify"),
        ("devo", "Verify", "verify"),
        ("devo", "verify_ssl", "verify"),
        ("devo", "apikey", "api_key"),
        ("devo", "api-secret", "api_secret"),
        ("devo", "time_out", "timeout"),
        ("devo", "retires", "retries"),
        ("devo_mlmm", "authtype", "auth_type"),
        ("devo_events", "privat_key", "private_key"),
        ("h2o", "contextpath", "context_path"),
        ("mlflow", "verfiy", "verify"),
    ],
)
def test_a_misspelt_extra_is_refused_with_the_field_it_is_near(
    choose: Any, kind: str, written: str, meant: str
) -> None:
    choose(conn_type=kind, extra={written: SECRET})
    with pytest.raises(DevoDgaError, match=f"has no field '{written}'; is '{meant}' meant") as caught:
        opened(kind)
    assert is_permanent(caught.value)
    assert SECRET not in str(caught.value)


def test_an_extra_like_no_other_is_told_once(connect: Any, caplog: pytest.LogCaptureFixture) -> None:
    connect("labelled", extra={"team": SECRET, "jwt": ""})
    caplog.set_level(logging.WARNING)
    for _ in range(2):
        assert DevoHook("labelled").test_connection()[0] is True
    told = [line for line in caplog.messages if "'labelled' has the extra field 'team'" in line]
    assert len(told) == 1
    assert "knows api_key, api_secret" in told[0]
    assert SECRET not in caplog.text


@pytest.mark.parametrize("kind", HOOKS)
def test_an_extra_that_is_no_json_is_refused(choose: Any, kind: str) -> None:
    choose(conn_type=kind, extra=f'{{"verify": "{SECRET}",}}')
    with pytest.raises(DevoDgaError, match=r"extra is no JSON: .*line 1, column") as caught:
        opened(kind)
    assert SECRET not in str(caught.value)
