"""Devo's answers agree with the MOJO's, be they labels or scores, or the first ones that do not are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import ModelRejectedError
from airflow_provider_devo_dga.features import reference
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.host import HostParts, split_host
from airflow_provider_devo_dga.models.mojo_scoring import MojoScore
from airflow_provider_devo_dga.promotion import probe
from airflow_provider_devo_dga.promotion.known_names import ProbeCase
from airflow_provider_devo_dga.promotion.probe import KnownNames, check_known_names, check_traffic

CASES = [
    ProbeCase((1.0,), MojoScore("legit.com", "0", 0.25)),
    ProbeCase((2.0,), MojoScore("dga.com", "1", 0.75)),
]
RIGHT = {"p0": "0", "p1": "1"}


@pytest.mark.parametrize("row", [RIGHT, {"p0": 0, "p1": 1}, {"p0": 0.25, "p1": 0.7500001}])
def test_labels_and_scores_agree(row: dict[str, Any]) -> None:
    check_known_names([row], CASES, model="m")


@pytest.mark.parametrize("answer", ["1", 1, 0.26, None, "0.25"])
def test_an_answer_that_differs_is_named(answer: object) -> None:
    with pytest.raises(
        ModelRejectedError, match=r"1 of 2 known names .*'legit\.com': .*label '0' with score"
    ):
        check_known_names([RIGHT | {"p0": answer}], CASES, model="m")


def known_names(
    monkeypatch: pytest.MonkeyPatch, *answers: list[dict[str, Any]]
) -> tuple[KnownNames, list[str]]:
    monkeypatch.setattr(probe, "_PAUSE", 0.0)
    monkeypatch.setattr(probe, "probe_cases", lambda *_: (CASES, 0))
    asked: list[str] = []

    def ask(query: str) -> list[dict[str, Any]]:
        asked.append(query)
        return answers[min(len(asked), len(answers)) - 1]

    return KnownNames(ask, Path("m.zip"), TUTORIAL_FEATURES, "a.b", "self"), asked


def test_a_model_may_answer_wrongly_until_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = [{"p0": "1", "p1": "1"}]
    names, asked = known_names(monkeypatch, wrong, wrong, [RIGHT])
    with pytest.raises(ModelRejectedError, match="answered by 'm' in Devo otherwise"):
        names.check("m", settle=-1.0)
    names.check("m", settle=60.0)
    assert len(asked) == 3


def test_a_window_without_events_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    names, asked = known_names(monkeypatch, [])
    with pytest.raises(ModelRejectedError, match="take a longer window"):
        names.check("m", settle=60.0)
    assert len(asked) == 1


def answer(domain: str, label: str) -> dict[str, Any]:
    parts = split_host(domain) or HostParts(domain, label, domain.rpartition(".")[2])
    values = reference.compute(TUTORIAL_FEATURES, parts)
    named = {f"f_{name}": value for name, value in zip(TUTORIAL_FEATURES.names, values, strict=True)}
    return {"reg_domain": domain, "sld": label, "malicious": "0", **named}


@pytest.fixture
def legit_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Score every name 0.25."""
    monkeypatch.setattr(
        probe, "score_mojo", lambda _, __, hosts: [MojoScore(host, "0", 0.25) for host in hosts]
    )


def test_a_name_that_training_would_not_read_is_left_out_and_named(
    legit_scores: None, caplog: pytest.LogCaptureFixture
) -> None:
    # an outsider can send any of them
    odd = [answer("example.retired", "example"), answer(f"{'a' * 260}.com", "a" * 260)]
    found = check_traffic([answer("example.com", "example"), *odd], Path("m"), TUTORIAL_FEATURES, at_least=1)
    assert found == (1, 0)
    assert "2 names that training does not, such as 'example.retired'" in caplog.text
    with pytest.raises(ModelRejectedError, match="Only 0 domains could be scored"):
        check_traffic(odd, Path("m"), TUTORIAL_FEATURES, at_least=1)


def test_another_domain_than_training_would_judge_is_named(legit_scores: None) -> None:
    with pytest.raises(ModelRejectedError, match=r"1 of 1 answers differ.*'d1\.cloudfront\.net': label 'd1'"):
        check_traffic([answer("d1.cloudfront.net", "d1")], Path("m"), TUTORIAL_FEATURES, at_least=1)
