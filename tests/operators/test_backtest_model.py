"""BacktestModelOperator replays what the hourly report left, and the gate decides by it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_devo_dga.errors import DocumentError, MojoExportError, ReportError
from airflow_provider_devo_dga.operators.backtest_model import BacktestModelOperator
from airflow_provider_devo_dga.operators.gate_model import GateModelOperator
from tests.stored_network import NAME, SOURCE, Network, network  # noqa: F401 - a fixture

OLD, NEW = "20260101T030000Z", "20260105T030000Z"


@pytest.fixture(autouse=True)
def _started(context: Any) -> None:
    assert context["dag_run"].start_date == datetime(2026, 1, 5, 3, tzinfo=UTC)


def operator(world: Network, new: int, budget: float = 0.005, **changes: Any) -> BacktestModelOperator:
    world.model(OLD, 14)
    arguments: dict[str, Any] = {
        "trained": world.model(NEW, new, budget),
        "name": NAME,
        "models_dir": world.models.as_uri(),
        "reports_dir": world.reports.as_uri(),
        "source": SOURCE.to_dict(),
        "champion": {"version": OLD, "sha256": "c" * 64, "reason": None},
    }
    return BacktestModelOperator(task_id="backtest", **(arguments | changes))


def gate(tried: BacktestModelOperator, found: Any, **changes: Any) -> GateModelOperator:
    # the champion is compared by the backtest alone here
    return GateModelOperator(task_id="gate", trained=tried.trained, name=NAME, backtest=found, **changes)


def test_a_backtest_changes_what_the_gate_decides(network: Network, context: Any) -> None:  # noqa: F811
    tried = operator(network, new=12)
    found = json.loads(json.dumps(tried.execute(context)))
    assert (found["windows"], found["newly_n"], found["own"]["flagged"]) == (3, 60, 60)
    assert gate(tried, None).execute(context)["version"] == NEW
    with pytest.raises(AirflowFailException) as refused:
        gate(tried, found).execute(context)
    assert "it flags 2.44" in str(refused.value)
    assert "more than 3 times its budget of 0.5" in str(refused.value)
    assert found["own"]["highest"][0][0].replace(".", "[.]") in str(refused.value)
    told = gate(tried, found, max_own_factor="10").execute(context)["summary"]
    assert "| recall" not in told
    assert "60 names are flagged anew, 0 no longer" in told


def test_a_model_that_misses_an_infected_client_is_refused(network: Network, context: Any) -> None:  # noqa: F811
    tried = operator(network, new=17)
    found = tried.execute(context)
    with pytest.raises(AirflowFailException, match="it would not name 1 clients that the champion names"):
        gate(tried, found, max_fewer_clients="0").execute(context)
    told = gate(tried, found).execute(context)["summary"]
    assert "| `10.0.0.99` | 0 | 3 |" in told


def test_without_a_champion_or_windows_the_model_is_replayed_alone(
    network: Network,  # noqa: F811
    context: Any,
) -> None:
    found = operator(network, new=14, champion={"version": OLD, "reason": "another file"}).execute(context)
    assert (found["champion"], found["candidate"]["clients"]) == (None, 1)
    tried = operator(network, new=14, windows="0")
    found = tried.execute(context)
    assert (found["windows"], found["candidate"]) == (0, None)
    assert "not tried on your own traffic" in gate(tried, found).execute(context)["summary"]


def test_lists_are_those_of_the_report(network: Network, context: Any, tmp_path: Any) -> None:  # noqa: F811
    (tmp_path / "no_alarm.txt").write_text("10.0.0.0/24  # scanners\n")
    file = (tmp_path / "no_alarm.txt").as_uri()
    found = operator(network, new=14, no_alarm_file=file).execute(context)
    assert (found["own"]["names"], found["candidate"]["clients"]) == (0, 0)
    with pytest.raises(ReportError, match="Entry 1 of 'allow'"):
        operator(network, new=14, allow=["no domain"]).execute(context)


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("zip", None, "is not in"),
        ("json", b"{", "no JSON"),
        ("json", None, "is not in"),
        ("features", None, "fingerprint"),
    ],
)
def test_a_champion_that_cannot_be_read_is_left_out(
    network: Network,  # noqa: F811
    context: Any,
    capsys: pytest.CaptureFixture[str],
    file: str,
    content: bytes | None,
    told: str,
) -> None:
    tried = operator(network, new=14)
    place = network.models / OLD / f"{NAME}.{'json' if file == 'features' else file}"
    if file == "features":
        found = json.loads(place.read_bytes())
        found["feature_set"]["fingerprint"] = "0" * 16
        content = json.dumps(found).encode()
    place.unlink()
    if content is not None:
        place.write_bytes(content)
    found = tried.execute(context)
    assert (found["windows"], found["champion"]) == (3, None)
    [warning] = [line for line in capsys.readouterr().out.splitlines() if "is not replayed" in line]
    assert f"The champion {OLD} is not replayed: " in warning
    assert told in warning
    with pytest.raises(AirflowFailException, match=r"was not compared with.*compare_with_champion"):
        gate(tried, found, champion=tried.champion).execute(context)


def test_what_is_not_there_is_said(network: Network, context: Any) -> None:  # noqa: F811
    tried = operator(network, new=14)
    (network.models / NEW / f"{NAME}.zip").unlink()
    with pytest.raises(MojoExportError, match=f"of version {NEW} of 'dga_classifier' is not in"):
        tried.execute(context)
    found = operator(network, new=14, champion=None).execute(context)
    with pytest.raises(DocumentError, match="backtest is that of version"):
        gate(tried, found | {"version": OLD}).execute(context)
