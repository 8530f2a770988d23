"""What Airflow asks of every operator and sensor here: templates, connections, and a quiet constructor."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DevoPermanentError
from airflow_provider_devo_dga.operators.backtest_model import BacktestModelOperator
from airflow_provider_devo_dga.operators.check_linq import CheckLinqOperator
from airflow_provider_devo_dga.operators.devo_job import DevoJobOperator
from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.operators.dga_report import DGAReportOperator
from airflow_provider_devo_dga.operators.gate_model import GateModelOperator
from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator
from airflow_provider_devo_dga.operators.probe_model import ProbeModelOperator
from airflow_provider_devo_dga.operators.promote_model import PromoteModelOperator
from airflow_provider_devo_dga.operators.record_training import RecordTrainingOperator
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from airflow_provider_devo_dga.operators.send_detections import SendDetectionsOperator
from airflow_provider_devo_dga.operators.watch_drift import WatchDriftOperator
from airflow_provider_devo_dga.provider_info import get_provider_info
from airflow_provider_devo_dga.sensors.devo_query import DevoQuerySensor
from airflow_provider_devo_dga.tasks.wired import WiredOperator

OPERATORS = [
    BacktestModelOperator,
    CheckLinqOperator,
    DevoJobOperator,
    DevoQueryOperator,
    DGAReportOperator,
    GateModelOperator,
    H2OTrainOperator,
    ProbeModelOperator,
    PromoteModelOperator,
    RecordTrainingOperator,
    RegisterModelOperator,
    SendDetectionsOperator,
    WatchDriftOperator,
    DevoQuerySensor,
]
_watched: list[str] = []
_watching = False


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event.partition(".")[0] in {"open", "socket", "subprocess", "os", "shutil"}:
        _watched.append(f"{event} {arguments!r}")


sys.addaudithook(_audit)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collect what the process asks of files, sockets and processes."""
    global _watching  # noqa: PLW0603 - an audit hook cannot be taken out
    _watched.clear()
    _watching = True
    try:
        yield _watched
    finally:
        _watching = False


def own_parameters(operator: type) -> list[inspect.Parameter]:
    parameters = inspect.signature(operator.__init__).parameters.values()
    return [p for p in parameters if p.kind is p.KEYWORD_ONLY and p.name not in {"task_id"}]


def arguments_of(operator: type) -> dict[str, Any]:
    """Return a value for each parameter: a template wherever one may stand."""
    return {
        p.name: f"{{{{ params.{p.name} }}}}" if p.name in operator.template_fields else p.default
        for p in own_parameters(operator)
    }


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_constructor_keeps_templates_as_they_are(operator: Any) -> None:
    arguments = arguments_of(operator)
    built = operator(task_id="a_task", **arguments)
    assert {name: getattr(built, name) for name in arguments} == arguments


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_template_field_is_a_parameter(operator: Any) -> None:
    assert set(operator.template_fields) <= {p.name for p in own_parameters(operator)}


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_connection_is_templated(operator: Any) -> None:
    connections = {p.name for p in own_parameters(operator) if p.name.endswith("conn_id")}
    assert connections
    assert connections <= set(operator.template_fields)


@pytest.mark.parametrize("operator", OPERATORS)
def test_no_template_field_is_named_like_a_secret(operator: Any) -> None:
    from airflow.sdk._shared.secrets_masker import should_hide_value_for_key

    # what Airflow would hide by its name would be shown among the rendered templates by its value
    assert [name for name in operator.template_fields if should_hide_value_for_key(name)] == []


# what has to be known when the Dag is parsed, or is no plain value
NOT_TEMPLATED = {
    "cancel_on_kill",
    "check_labels",
    "compare_tutorial",
    "completeness",
    "condition",
    "deferrable",
    "durable",
    "in_a_row",
    "job_timeout",
    "max_poll_faults",
    "poll_interval",
    "ratios",
    "settle_seconds",
    "width",
}


@pytest.mark.parametrize("operator", OPERATORS)
def test_whatever_may_come_from_params_is_templated(operator: Any) -> None:
    plain = {p.name for p in own_parameters(operator)} - set(operator.template_fields)
    assert plain <= NOT_TEMPLATED


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_constructor_touches_nothing(operator: Any) -> None:
    arguments = arguments_of(operator)
    operator(task_id="first", **arguments)
    with watched() as touched:
        operator(task_id="a_task", **arguments)
    assert touched == []


@pytest.mark.parametrize("operator", OPERATORS)
def test_parameters_are_typed_and_told_of(operator: Any) -> None:
    for parameter in own_parameters(operator):
        assert parameter.annotation is not parameter.empty, parameter.name
        told = f":param {parameter.name}:" in operator.__doc__
        assert told, f"{operator.__name__} does not tell of {parameter.name}"
    for name in operator.template_fields:
        line = operator.__doc__.partition(f":param {name}:")[2].partition(":param")[0]
        assert "(templated)" in line, name


@pytest.mark.parametrize("operator", OPERATORS)
def test_two_parses_give_one_and_the_same_task(operator: Any) -> None:
    from airflow.sdk import DAG
    from airflow.serialization.serialized_objects import DagSerialization

    def parsed() -> str:
        with DAG("a_dag", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
            operator(task_id="a_task", **arguments_of(operator))
        return repr(DagSerialization.serialize_dag(dag))

    assert parsed() == parsed()


WIRED = [operator for operator in OPERATORS if issubclass(operator, WiredOperator)]


@pytest.mark.parametrize("operator", WIRED)
def test_each_output_can_be_had_by_its_name(operator: Any) -> None:
    from airflow.sdk import DAG

    with DAG("a_dag", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):
        built = operator(task_id="a_task", **arguments_of(operator))
        mapped = operator.partial(task_id="mapped", **arguments_of(operator)).expand(pool=["a"])
    assert built.multiple_outputs
    assert built.output["path"].key == "path"
    assert mapped.unmap({"pool": "a"}).multiple_outputs
    assert not operator(task_id="one", multiple_outputs=False, **arguments_of(operator)).multiple_outputs


@pytest.mark.parametrize("operator", WIRED)
def test_what_a_template_makes_of_none_is_none(operator: Any, context: Any) -> None:
    built = operator(task_id="a_task", **arguments_of(operator))
    context["params"] = dict.fromkeys(built.template_fields)
    built.render_template_fields(context)
    built.pre_execute(context)
    assert {name: getattr(built, name) for name in built.template_fields} == context["params"]


def test_all_but_the_check_and_the_sensor_return_several_values() -> None:
    assert set(OPERATORS) - set(WIRED) == {CheckLinqOperator, DevoQuerySensor}


def test_none_is_missing_from_what_airflow_discovers() -> None:
    info = get_provider_info()
    listed = [
        module
        for kind in ("operators", "sensors")
        for entry in info[kind]
        for module in entry["python-modules"]
    ]
    assert sorted(listed) == sorted(operator.__module__ for operator in OPERATORS)
    for module in listed:
        import_module(module)


ROWS = {"path": "file:///rows.parquet", "window": {"from": "2026-01-01", "to": "2026-01-02"}}
HANDED_OVER = [
    (RegisterModelOperator, {"name": "m", "trained": "train"}, "trained=task.output"),
    (RecordTrainingOperator, {"name": "m", "trained": "[1]"}, "trained=task.output"),
    (
        BacktestModelOperator,
        {"name": "m", "trained": None, "models_dir": "m", "reports_dir": "r", "source": {}},
        "trained=task.output",
    ),
    (GateModelOperator, {"name": "m", "trained": None}, "trained=task.output"),
    (
        PromoteModelOperator,
        {"name": "m", "candidate": "c", "models_dir": "file:///m", "table": "t", "trained": ""},
        "trained=task.output",
    ),
    (ProbeModelOperator, {"name": "m", "model_file": "m", "source": {"table": "t"}}, "without field, client"),
    (DGAReportOperator, {"rows": "rows.parquet", "plan": {}, "source": {}, "output_dir": "o"}, "rows=task"),
    (DGAReportOperator, {"rows": ROWS, "plan": {}, "source": {}, "output_dir": "o"}, "plan=task.output"),
    (WatchDriftOperator, {"rows": {}, "plan": {}, "models_dir": "m", "output_dir": "o"}, "without path"),
    (SendDetectionsOperator, {"report": {"html": "a"}, "table": "my.app.a.b"}, "without ecs"),
]


@pytest.mark.parametrize(("operator", "arguments", "reason"), HANDED_OVER)
def test_what_no_task_has_returned_is_refused_with_what_to_write(
    operator: Any, arguments: dict[str, Any], reason: str, context: Any
) -> None:
    with pytest.raises(DevoPermanentError, match=reason):
        operator(task_id="a_task", **arguments).execute(context)
