"""Response codes of a table, asked of the sandbox, and columns that hold something else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DevoQueryError, DevoResultError
from airflow_provider_devo_dga.features.linq import HostSource
from airflow_provider_devo_dga.features.response_codes import (
    CODES_MOST,
    EVENTS_ENOUGH,
    check_codes,
    codes_query,
    sample_query,
)
from airflow_provider_devo_dga.hooks.devo import DevoHook

SOURCE = HostSource("dns.all", "name", "client", kind="host", code_field="rcode")


def rows(**counts: int) -> list[dict[str, Any]]:
    return [{"code": code or None, "events_n": count} for code, count in counts.items()]


def test_counts() -> None:
    found = [*rows(noerror=3000, nxdomain=200), {"code": None, "events_n": 40}, {"code": "3", "events_n": 5}]
    assert check_codes(SOURCE, "NOERROR", found) == {"events": 3205, "failed": 205, "without a code": 40}


def test_a_failed_code_in_two_spellings_counts_once() -> None:
    source = replace(SOURCE, failed_codes=("NXDOMAIN", "nxdomain"))
    assert check_codes(source, "NOERROR", rows(noerror=3000, nxdomain=2000))["failed"] == 2000


def test_few_events_prove_nothing() -> None:
    assert check_codes(SOURCE, None, [])["failed"] == 0
    assert check_codes(SOURCE, "NOERROR", rows(noerror=EVENTS_ENOUGH - 1))["failed"] == 0
    assert (
        check_codes(SOURCE, 3, [{"code": "3", "events_n": EVENTS_ENOUGH - 1}])["failed"] == EVENTS_ENOUGH - 1
    )


@pytest.mark.parametrize(
    ("sample", "found", "words"),
    [
        (3.0, [], "numbers with a fraction"),
        ("a", [{"code": f"a{n}", "events_n": 1} for n in range(CODES_MOST + 1)], "more than 200 distinct"),
        (None, [{"code": None, "events_n": 12}], "empty in all 12 events"),
        (
            "No Error",
            [{"code": "no error", "events_n": 2000}, {"code": "non-existent domain", "events_n": 90}],
            "None of 2090 events has one of the failed codes nxdomain, 3; .* 'no error' 2000",
        ),
        ("NXDOMAIN", rows(nxdomain=2000, noerror=100), "2000 of 2100 events .* nearly all"),
    ],
)
def test_what_is_no_column_of_codes(sample: Any, found: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(DevoResultError, match=words):
        check_codes(SOURCE, sample, found)


def test_the_queries_in_the_sandbox(devo: Any, devo_connections: None) -> None:
    codes = [{"statusCode": code} for code in (200, 200, 503, None)]
    table = devo.table(codes, statusCode="int4")
    source = HostSource(table, "referralUri", "clientIpAddress", code_field="statusCode", failed_codes=[503])
    hook = DevoHook()
    sample = hook.get_records(sample_query(source), limit=1, **devo.window)
    found = hook.get_records(codes_query(source), **devo.window)
    assert check_codes(source, sample[0]["code"], found) == {"events": 3, "failed": 1, "without a code": 1}
    wrong = HostSource(table, "referralUri", "clientIpAddress", code_field="nosuch")
    with pytest.raises(DevoQueryError, match="nosuch"):
        hook.get_records(codes_query(wrong), **devo.window)
