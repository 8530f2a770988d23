"""An error comes out of a trigger's event as it went in."""

from __future__ import annotations

import json

import pytest

from airflow_provider_devo_dga.errors import DevoDgaError, DevoQueryError, DevoThrottledError
from airflow_provider_devo_dga.tasks.events import error_event, error_in


@pytest.mark.parametrize("error", [DevoQueryError("no such table"), DevoThrottledError("later")])
def test_it_keeps_its_type_and_text(error: DevoDgaError) -> None:
    found = error_in(json.loads(json.dumps(error_event(error))))
    assert (type(found), str(found)) == (type(error), str(error))


@pytest.mark.parametrize("name", ["KeyError", "Any", "annotations", "no_such"])
def test_what_is_no_error_of_ours_is_only_told(name: str) -> None:
    found = error_in({"status": "error", "error": name, "message": "odd"})
    assert (type(found), str(found)) == (DevoDgaError, f"{name}: odd")


@pytest.mark.parametrize("event", [None, {}, {"status": "success"}, {"status": "error", "error": 1}])
def test_no_event_is_an_error_too(event: object) -> None:
    assert "no known event" in str(error_in(event))
