"""Events against ECS's own list of fields: names, types, and which are lists."""

from __future__ import annotations

import csv
import ipaddress
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists, domains_of
from airflow_provider_devo_dga.reports.evidence.summary import summarise
from airflow_provider_devo_dga.reports.files.files import write_report
from tests.reports.evidence.test_alternative_use import row

OWN = re.compile(r"devo_dga(\.[a-z0-9_]+)+")
Event = dict[str, Any]


class Field(NamedTuple):
    kind: str
    is_list: bool


def published() -> dict[str, Field]:
    lines = Path(__file__).with_name("ecs_fields.csv").read_text("utf-8").splitlines()
    rows = csv.reader(line for line in lines if not line.startswith("#"))
    return {name: Field(kind, normalization == "array") for name, kind, normalization in rows}


def is_date(value: Any) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).utcoffset() == timedelta(0)


def is_address(value: Any) -> bool:
    return bool(ipaddress.ip_address(value))


FITS: dict[str, Callable[[Any], bool]] = {
    "date": is_date,
    "ip": is_address,
    "long": lambda value: type(value) is int and -(2**63) <= value < 2**63,
    "float": lambda value: type(value) in {int, float},
    "keyword": lambda value: isinstance(value, str) and value != "",
    "match_only_text": lambda value: isinstance(value, str),
}


def faults(event: Event) -> list[str]:
    """Return what of an event ECS would not have."""
    known, found = published(), []
    for name, value in event.items():
        if OWN.fullmatch(name):
            continue
        if (field := known.get(name)) is None:
            found.append(f"{name} is no field of ECS, and not below devo_dga")
        elif field.is_list is not isinstance(value, list):
            found.append(f"{name} is {'no' if field.is_list else 'a'} list")
        elif not all(FITS[field.kind](each) for each in (value if field.is_list else [value])):
            found.append(f"{name} is no {field.kind}: {value!r}")
    names = set(event)
    found += [
        f"{name} is a value and holds others"
        for name in names
        if any(n.startswith(f"{name}.") for n in names)
    ]
    return found


@pytest.fixture
def events(infected: Any, tmp_path: Path) -> list[Event]:
    """Events of every kind: flagged, watched, on an alternative root, with and without clients."""
    infected.schema = infected.schema.append(pa.field("failed_n", pa.int64()))
    for found in infected.rows:
        found["failed_n"] = found["events_n"]
    infected.add("xqlone.com", [], failed_n=0)
    infected.add("xqnamed.com", ["laptop-7"], failed_n=1)
    start = infected.context().window_start
    roots = [row(f"n{number}.bazar", start, "10.0.0.77") for number in range(4)]
    lists = DomainLists(watch=domains_of(["shop5.com"], "'watch'", hosts=True))
    context = infected.context(
        model_version="7",
        source_key="1a2b3c4d",
        suffix_policy="0123456789ab",
        code_field="rcode",
        failed_codes=("NXDOMAIN", "3"),
    )
    summary = summarise(infected.write(), context, lists=lists, alternative=roots)
    lines = write_report(summary, tmp_path).ecs.read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_every_field_is_ecs_own_or_ours(events: list[Event]) -> None:
    rules = {event["rule.category"] for event in events}
    assert rules == {"watch-list", "alternative-root", "dga"}
    assert [fault for event in events for fault in faults(event)] == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"threat.tactic.id": "TA0011"}, "threat.tactic.id is no list"),
        ({"rule.name": ["a"]}, "rule.name is a list"),
        ({"event.severity": "47"}, "event.severity is no long: '47'"),
        ({"client.hostname": "a"}, "client.hostname is no field of ECS, and not below devo_dga"),
        ({"devo_dga.Rate": 1}, "devo_dga.Rate is no field of ECS, and not below devo_dga"),
        ({"devo_dga.a": 1, "devo_dga.a.b": 1}, "devo_dga.a is a value and holds others"),
    ],
)
def test_a_wrong_field_is_seen(events: list[Event], changes: Event, fault: str) -> None:
    assert faults(events[0] | changes) == [fault]


def test_categories_are_of_the_allowed_values(events: list[Event]) -> None:
    """``threat`` expects the type ``indicator``: ECS 8, field reference of ``event.category``."""
    assert {event["event.kind"] for event in events} == {"alert"}
    assert all(
        (event["event.category"], event["event.type"]) == (["threat", "network"], ["indicator"])
        for event in events
    )


def test_own_fields_have_one_type_each(events: list[Event]) -> None:
    types: dict[str, set[type]] = {}
    for event in events:
        for name, value in event.items():
            types.setdefault(name, set()).add(
                float if type(value) is int and name.endswith("_p") else type(value)
            )
    assert {name: kinds for name, kinds in types.items() if len(kinds) > 1} == {}
