from __future__ import annotations

import pytest

from airflow_provider_devo_dga.reports.evidence.client_evidence import (
    Verdict,
    log10_probabilities,
    suspicious_from,
    verdict_of,
)


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
    assert verdict_of(flagged, log10_corrected) is verdict


def test_correction_multiplies_by_clients_and_stops_at_one() -> None:
    tail, corrected = log10_probabilities(5, 50, 0.01, 1000)
    assert corrected == pytest.approx(tail + 3)
    assert log10_probabilities(1, 200, 0.01, 1000)[1] == 0.0


def test_suspicious_from_is_the_first_count_below_the_bound() -> None:
    k = suspicious_from(200, 0.01, 1000)
    assert verdict_of(k, log10_probabilities(k, 200, 0.01, 1000)[1]) is not Verdict.CHANCE
    assert verdict_of(k - 1, log10_probabilities(k - 1, 200, 0.01, 1000)[1]) is Verdict.CHANCE


def test_one_lookup_can_never_be_suspicious() -> None:
    assert suspicious_from(1, 0.01, 1000) == 2
