"""A link of a task leads where the task told, and nowhere before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_devo_dga.links.h2o_flow import H2OFlowLink
from airflow_provider_devo_dga.links.mlflow_run import MLflowRunLink
from airflow_provider_devo_dga.links.told_link import ToldLink
from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator
from airflow_provider_devo_dga.operators.promote_model import PromoteModelOperator
from airflow_provider_devo_dga.operators.record_training import RecordTrainingOperator

ADDRESS = "https://mlflow/#/experiments/1/runs/2"


class Told(dict[str, str]):
    """As much of a task instance as takes an XCom."""

    def xcom_push(self, key: str, value: str) -> None:
        self[key] = value


@pytest.mark.parametrize(("link", "key"), [(H2OFlowLink, "h2o_flow"), (MLflowRunLink, "mlflow_run_url")])
def test_it_leads_where_the_task_told(link: type[ToldLink], key: str) -> None:
    task: Any = SimpleNamespace()
    told = Told()
    assert link().get_link(task, ti_key=None) == ""  # type: ignore[arg-type]
    link.tell(task, {"ti": told}, ADDRESS)  # type: ignore[typeddict-item]
    # while it runs from the XCom, later from the task
    assert told == {key: ADDRESS}
    assert link().xcom_key == key
    assert link().get_link(task, ti_key=None) == ADDRESS  # type: ignore[arg-type]


def test_a_task_executed_by_hand_has_no_xcom() -> None:
    task: Any = SimpleNamespace()
    H2OFlowLink.tell(task, {}, ADDRESS)  # type: ignore[typeddict-item]
    assert H2OFlowLink().get_link(task, ti_key=None) == ADDRESS  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operator", "link"),
    [
        (H2OTrainOperator, H2OFlowLink),
        (PromoteModelOperator, MLflowRunLink),
        (RecordTrainingOperator, MLflowRunLink),
    ],
)
def test_operators_have_theirs(operator: Any, link: type[ToldLink]) -> None:
    assert [type(each) for each in operator.operator_extra_links] == [link]
