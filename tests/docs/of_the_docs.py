"""What the examples of the docs find: the default connections, and events in the sandbox."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import requests
import trustme

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from devo_sandbox.server import Sandbox


def load(sandbox: Sandbox, table: str, lines: bytes | str) -> int:
    """Load events, NDJSON, into a table; return how many."""
    answer = requests.post(
        f"{sandbox.base_url}/_sandbox/tables/{table}/events",
        data=lines,
        headers={"Authorization": f"Bearer {sandbox.token}"},
        verify=sandbox.ca_file,
        timeout=60,
    )
    assert answer.ok, answer.text
    return int(answer.json()["inserted"])


def connect(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, folder: Path | None = None) -> None:
    """Define ``devo_default`` and ``devo_mlmm_default``; with a folder for keys ``devo_events_default``."""
    web: dict[str, Any] = {"port": sandbox.port, "extra": {"verify": sandbox.ca_file}}
    defined = {"devo": web, "devo_mlmm": web}
    if folder:
        pair = trustme.CA().issue_cert("client.example.com")
        pair.private_key_pem.write_to_path(key := f"{folder}/key.pem")
        pair.cert_chain_pems[0].write_to_path(cert := f"{folder}/cert.pem")
        assert sandbox.syslog
        own = {"key": key, "cert": cert, "chain": str(sandbox.ca_file)}
        defined["devo_events"] = {"port": sandbox.syslog["port"], "extra": own}
    for name, fields in defined.items():
        connection = {"conn_type": name, "host": sandbox.host, "password": sandbox.token, **fields}
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}_DEFAULT", json.dumps(connection))
