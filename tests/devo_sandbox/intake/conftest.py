"""A sandbox whose events are dated early, and the official client that sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme
from devo.sender import Sender, SenderConfigTCP

from devo_sandbox.server import Sandbox
from tests.devo_sandbox.conftest import TOKEN, Api
from tests.devo_sandbox.intake.arrivals import Send, address, late


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with Sandbox(token=TOKEN) as sandbox:
        yield late(Api(sandbox))


@pytest.fixture
def start(fresh: Any) -> Callable[..., Api]:
    """Start further sandboxes."""
    return lambda **settings: late(fresh(**settings))


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory, api: Api) -> dict[str, str]:
    """A client's certificate of any authority, and the sandbox's authority to trust."""
    directory = tmp_path_factory.mktemp("client")
    certificate = trustme.CA().issue_cert("client.example.com")
    certificate.private_key_pem.write_to_path(str(directory / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(directory / "cert.pem"))
    return {
        "key": str(directory / "key.pem"),
        "cert": str(directory / "cert.pem"),
        "chain": str(api.sandbox.ca_file),
    }


@pytest.fixture
def send(api: Api) -> Send:
    """Send events with the official client and wait until it has closed."""

    def sent(tag: str, *messages: Any, config: Any = None, **options: Any) -> None:
        sender = Sender(config or SenderConfigTCP(address(api)))
        for message in messages:
            sender.send(tag=tag.encode() if isinstance(message, bytes) else tag, msg=message, **options)
        sender.flush_buffer()
        sender.close()

    return sent
