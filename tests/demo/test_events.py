from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import urlsplit

import orjson
import pytest

from demo.events import hour_of_events, infections, write_events
from demo.families import FAMILIES
from demo.infections import generated_hosts

START = datetime(2026, 1, 1, tzinfo=UTC)
START_MS = 1_767_225_600_000
COLUMNS = {
    "eventdate": int,
    "timestamp": str,
    "clientIpAddress": str,
    "userAgent": str,
    "cookie": (str, type(None)),
    "uri": str,
    "referralUri": (str, type(None)),
    "method": str,
    "protocol": str,
    "statusCode": int,
    "bytesTransferred": int,
    "timeTaken": int,
}
SMALL = {"events": 8_000, "clients": 60}


@pytest.fixture(scope="module")
def hour():
    return list(hour_of_events(START, **SMALL))


def host_of(event):
    return urlsplit(event["referralUri"] or "").hostname


def test_columns_and_their_types(hour):
    assert all(list(event) == list(COLUMNS) for event in hour)
    for name, kind in COLUMNS.items():
        assert all(isinstance(event[name], kind) for event in hour), name
    assert min(event["bytesTransferred"] for event in hour) == 0
    assert max(event["timeTaken"] for event in hour) < 2**31


def test_events_lie_within_the_hour_in_order(hour):
    dates = [event["eventdate"] for event in hour]
    assert len(dates) == 8_000
    assert dates == sorted(dates)
    assert dates[0] >= START_MS
    assert dates[-1] < START_MS + 3_600_000


def test_own_time_is_before_the_event_date(hour):
    for event in hour:
        own = datetime.strptime(event["timestamp"], "%d/%b/%Y:%H:%M:%S %z")
        assert own.timestamp() * 1000 <= event["eventdate"]


def test_clients_are_nobodys_addresses(hour):
    addresses = {event["clientIpAddress"] for event in hour}
    assert 50 < len(addresses) <= 60
    assert all(ipaddress.ip_address(address).is_private for address in addresses)


def test_infections_are_of_different_families_one_of_words():
    found = infections(START, 11)
    assert len(found) in (5, 6)
    assert len({infection.client for infection in found}) == len(found)
    assert len({infection.family for infection in found}) == len(found)
    assert sum(FAMILIES[infection.family].dictionary for infection in found) == 1
    assert all(30 <= infection.lookups <= 200 for infection in found)


def test_infected_clients_try_their_names_and_nobody_else_does(hour):
    for infection in infections(START, 11):
        generated = set(generated_hosts(infection, START))
        tried = [event for event in hour if host_of(event) in generated]
        assert len(generated) == infection.lookups
        assert {host_of(event) for event in tried} == generated
        assert {event["clientIpAddress"] for event in tried} == {infection.client}


def test_tries_mostly_fail_empty(hour):
    generated = {host for infection in infections(START, 11) for host in generated_hosts(infection, START)}
    tried = [event for event in hour if host_of(event) in generated]
    failed = [
        event for event in tried if event["statusCode"] in (502, 503) and event["bytesTransferred"] == 0
    ]
    assert len(failed) > 0.85 * len(tried)


def test_infected_clients_do_ordinary_things_too(hour):
    for infection in infections(START, 11):
        own = [event for event in hour if event["clientIpAddress"] == infection.client]
        assert len(own) > infection.lookups


def test_most_traffic_is_legit():
    events = list(hour_of_events(START, events=20_000))
    infected = {host for infection in infections(START, 11) for host in generated_hosts(infection, START)}
    assert 0.01 < sum(host_of(event) in infected for event in events) / len(events) < 0.1


def test_referrals_hold_what_parsers_stumble_over(hour):
    referrals = [event["referralUri"] for event in hour]
    assert 0.1 < referrals.count(None) / len(referrals) < 0.3
    assert "" in referrals
    texts = "\n".join(referral for referral in referrals if referral)
    odd = (
        "mailto:",
        "://www.shop.example/",
        "://10.20.0.",
        ":8443/",
        "WWW.EXAMPLE",
        "://xn--",
        '"x"',
        "://[",
    )
    for piece in odd:
        assert piece in texts, piece


def test_same_hour_in_another_zone_is_the_same(hour):
    elsewhere = START.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert list(hour_of_events(elsewhere, **SMALL)) == hour


def test_another_hour_differs(hour):
    assert list(hour_of_events(START + timedelta(hours=1), **SMALL)) != hour


def test_more_clients_have_the_same_infections():
    addresses = {event["clientIpAddress"] for event in hour_of_events(START, events=3_000, clients=30)}
    assert {infection.client for infection in infections(START, 11)} <= addresses


def test_after_end():
    events = list(hour_of_events(START, events=2_000, after_end=50))
    late = [event for event in events if event["eventdate"] >= START_MS + 3_600_000]
    assert (len(events), len(late)) == (2_050, 50)
    assert events[-50:] == late


@pytest.mark.parametrize(
    ("start", "options", "message"),
    [
        (START.replace(tzinfo=None), {}, "time zone"),
        (START, {"clients": 19}, "at least 20"),
        (START, {"events": 10}, "infected clients' lookups"),
    ],
)
def test_refusals(start, options, message):
    with pytest.raises(ValueError, match=message):
        hour_of_events(start, **options)


def test_write_events(tmp_path):
    path = tmp_path / "hour.ndjson"
    assert write_events(path, START, events=2_000) == 2_000
    lines = path.read_bytes().splitlines()
    assert [orjson.loads(line) for line in lines] == list(hour_of_events(START, events=2_000))
