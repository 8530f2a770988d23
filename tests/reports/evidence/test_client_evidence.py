from __future__ import annotations

import pytest

from airflow_provider_devo_dga.reports.evidence.client_evidence import Verdict, suspicious_from, verdict_of
from airflow_provider_devo_dga.reports.evidence.null_rate import NullRate
from airflow_provider_devo_dga.reports.evidence.witness import Statement, Witness, share_of, strongest

NULL = NullRate(0.01, 0.004)


@pytest.mark.parametrize(
    ("flagged", "log10_corrected", "verdict"),
    [
        (40, -60.0, Verdict.INFECTED),
        (5, -6.1, Verdict.INFECTED),
        (4, -60.0, Verdict.SUSPICIOUS),
        (40, -5.9, Verdict.SUSPICIOUS),
        (40, -1.9, Verdict.CHANCE),
        (0, 0.0, Verdict.CHANCE),
    ],
)
def test_verdicts(flagged: int, log10_corrected: float, verdict: Verdict) -> None:
    assert verdict_of(flagged, log10_corrected, log10_corrected) is verdict


def test_names_that_fail_make_nobody_more_than_suspicious() -> None:
    assert verdict_of(40, -60.0, -5.9) is Verdict.SUSPICIOUS
    assert verdict_of(40, -60.0, -0.1) is Verdict.SUSPICIOUS


def said(k: int, n: int) -> Statement:
    return Statement(Witness.FLAGGED, k, n, n * NULL.mean, NULL.log10_tail(k, n))


def test_correction_multiplies_by_clients_and_witnesses_and_stops_at_one() -> None:
    tail, corrected = strongest((said(9, 50), said(2, 50)), 500)
    assert tail == said(9, 50).log10_tail
    assert corrected == pytest.approx(tail + 3)
    assert strongest((said(1, 200),), 1000)[1] == 0.0


def test_suspicious_from_is_the_first_count_below_the_bound() -> None:
    k = suspicious_from(200, NULL, 1000)
    enough, fewer = (strongest((said(counted, 200),), 1000)[1] for counted in (k, k - 1))
    assert verdict_of(k, enough, enough) is not Verdict.CHANCE
    assert verdict_of(k - 1, fewer, fewer) is Verdict.CHANCE


def test_one_lookup_can_never_be_suspicious() -> None:
    assert suspicious_from(1, NULL, 1000) == 2


def test_a_name_counts_less_the_more_clients_ask_for_it() -> None:
    shares = [share_of(clients, 100_000) for clients in (1, 2, 32, 1000)]
    assert shares[:3] == pytest.approx([1, 5 / 6, 1 / 2])
    assert shares == sorted(shares, reverse=True)
