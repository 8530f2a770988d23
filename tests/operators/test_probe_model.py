"""ProbeModelOperator trusts a model only when Devo and the MOJO agree on every domain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DevoQueryError, FeatureError, ModelRejectedError
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.operators.probe_model import ProbeModelOperator
from tests.last_line import last_line

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("devo_connections")]


@pytest.fixture
def table(devo: Any) -> str:
    from demo.families import FAMILIES
    from demo.legit import legit_hosts

    names = FAMILIES["necurs"].generate(devo.window["from_"].date())
    hosts = legit_hosts(60, seed=3) + [next(names) for _ in range(60)]
    events = [{"referralUri": f"https://www.{host}:8443/x", "clientIpAddress": "10.0.0.1"} for host in hosts]
    return devo.table(events, referralUri="str", clientIpAddress="ip4")


def operator(devo: Any, table: str, model: str, file: Path, **changes: Any) -> ProbeModelOperator:
    arguments = {
        "name": model,
        "model_file": file.as_uri(),
        "source": {"table": table, "field": "referralUri", "client_field": "clientIpAddress", "kind": "uri"},
        **devo.window,
    }
    return ProbeModelOperator(task_id="probe", **(arguments | changes))


def test_devo_and_the_trained_mojo_agree(
    devo: Any, table: str, context: Any, tiny_mojo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    MLModelManagerHook().add_model("probed", "H2O", tiny_mojo)
    told = operator(devo, table, "probed", tiny_mojo).execute(context)
    assert told["compared"] == 120
    assert 20 < told["flagged"] < 80
    assert f"All 120 answers of 'probed' agree with the MOJO; {told['flagged']} flagged" in last_line(capsys)


def test_another_model_in_devo_is_found_out(
    devo: Any, table: str, context: Any, glm_mojo: Any, tmp_path: Path
) -> None:
    file = tmp_path / "model.zip"
    file.write_bytes(glm_mojo(TUTORIAL_FEATURES.names, {"entropy": 3.0}, -10.0))
    MLModelManagerHook().add_model("tampered", "H2O", file)
    assert operator(devo, table, "tampered", file, feature_set="tutorial").execute(context)["flagged"] > 0
    # the same model with another threshold: only labels near the cut differ
    file.write_bytes(glm_mojo(TUTORIAL_FEATURES.names, {"entropy": 3.0}, -10.0, threshold=0.9))
    with pytest.raises(ModelRejectedError, match=r"\d+ of 120 answers differ between Devo and the MOJO"):
        operator(devo, table, "tampered", file, feature_set="tutorial").execute(context)


def test_a_feature_set_can_be_handed_over(
    devo: Any, table: str, context: Any, tiny_mojo: Path, tiny_features: FeatureSet
) -> None:
    MLModelManagerHook().add_model("probed", "H2O", tiny_mojo)
    told = operator(devo, table, "probed", tiny_mojo, feature_set=tiny_features).execute(context)
    assert told["compared"] == 120


def test_a_model_without_its_summary_is_not_probed(
    devo: Any, table: str, context: Any, tiny_mojo: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "dga_classifier.zip"
    alone.write_bytes(tiny_mojo.read_bytes())
    with pytest.raises(FeatureError, match=r"no summary of the model at .*dga_classifier\.json"):
        operator(devo, table, "probed", alone).execute(context)
    assert devo.asked() == []


def test_few_domains_prove_nothing(devo: Any, table: str, context: Any, tiny_mojo: Path) -> None:
    MLModelManagerHook().add_model("probed", "H2O", tiny_mojo)
    with pytest.raises(ModelRejectedError, match="Only 120 domains could be scored in Devo, 121 are needed"):
        operator(devo, table, "probed", tiny_mojo, min_domains=121).execute(context)


def test_at_most_so_many_domains_are_compared(devo: Any, table: str, context: Any, tiny_mojo: Path) -> None:
    MLModelManagerHook().add_model("probed", "H2O", tiny_mojo)
    assert operator(devo, table, "probed", tiny_mojo, max_domains=30).execute(context)["compared"] == 30


def test_a_model_that_devo_does_not_have(devo: Any, table: str, context: Any, tiny_mojo: Path) -> None:
    with pytest.raises(DevoQueryError, match="nowhere"):
        operator(devo, table, "nowhere", tiny_mojo).execute(context)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": 'a"b'},
        {"devo_domain": 'self", "x'},
        {"feature_set": "mine"},
        {"feature_set": "dga"},
        {"source": {"table": "t where 1=1", "field": "a", "client_field": "b", "kind": "uri"}},
        {"source": {"table": "t", "field": 'a"', "client_field": "b", "kind": "uri"}},
    ],
)
def test_hostile_arguments_are_never_sent(
    devo: Any, context: Any, tmp_path: Path, changes: dict[str, Any]
) -> None:
    arguments = {"feature_set": "tutorial", **changes}
    with pytest.raises(FeatureError):
        operator(devo, "t", "probed", tmp_path / "model.zip", **arguments).execute(context)
    assert devo.asked() == []
