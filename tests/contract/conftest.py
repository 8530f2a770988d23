"""A sandbox for the vendor's own clients, which are used as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from devo_sandbox.server import Sandbox
from devo_sandbox.tenant import Habits


@pytest.fixture(scope="session")
def devo() -> Iterator[Sandbox]:
    with Sandbox(
        token="a-token", api_key="a-key", api_secret="a-secret", habits=Habits(poll_s=0.02)
    ) as running:
        events = [
            {"eventdate": 1767225600000 + at, "method": "GET", "uri": f"/{at}", "clientIpAddress": "10.1.2.3"}
            for at in range(5)
        ]
        response = requests.post(
            f"{running.base_url}/_sandbox/tables/demo.ecommerce.data/events",
            data="\n".join(map(json.dumps, events)),
            headers={"Authorization": "Bearer a-token"},
            verify=running.ca_file,
            timeout=10,
        )
        assert response.json() == {"inserted": 5}
        yield running
