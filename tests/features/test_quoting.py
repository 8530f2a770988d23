"""What enters LINQ is judged by a grammar that knows nothing of the quoting: the sandbox's."""

from __future__ import annotations

import importlib.util
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_devo_dga.devo_api.model_manager import RegisteredModel
from airflow_provider_devo_dga.devo_api.query import Query
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features import quoting
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.linq import HostSource, enough_events_query, scoring_query
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.models.scoring_plan import scoring_plan
from devo_sandbox.linq import tree
from devo_sandbox.linq.parse import parse
from tests.examples import examples

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
RESERVED = quoting.RESERVED.pattern.split("|")
WORDS = st.sampled_from(["count", "x", *RESERVED])
# Characters that mean something to LINQ come often; surrogates are no characters.
HOSTILE = st.text(
    st.one_of(st.sampled_from("\"'`\\/*;,(){}[]:=~-.\n\t _aZ0é\u2028"), st.characters(codec="utf-8"))
)
NAMES = st.one_of(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True), WORDS, HOSTILE)
TABLES = st.one_of(st.lists(NAMES, min_size=1, max_size=3).map(".".join), HOSTILE)
INJECTIONS = [
    'x" or true //',
    "x where true",
    "x`",
    "x\nlimit 1",
    "x) or (true",
    "x, y",
    "x //",
    "null",
    "true",
]


def selected(text: str) -> tree.Expression:
    """Return the one expression that a query selects."""
    query = parse(f"from t select {text} as v")
    (clause,) = query.clauses
    assert isinstance(clause, tree.Select)
    (item,) = clause.items
    assert (query.table, item.alias) == ("t", "v")
    return item.expression


@given(HOSTILE)
def test_a_string_is_read_as_it_was(value: str) -> None:
    if CONTROL.search(value):
        with pytest.raises(FeatureError):
            quoting.string(value)
    else:
        assert selected(quoting.string(value)) == tree.Constant(value)


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(HOSTILE.filter(lambda value: not CONTROL.search(value)), min_size=1, max_size=20))
def test_a_string_comes_back_as_it_was(devo: Any, devo_connections: None, values: list[str]) -> None:
    table = _one_row(devo)
    columns = ", ".join(f"{quoting.string(value)} as v{number}" for number, value in enumerate(values))
    (row,) = DevoHook().get_records(f"from {table} select {columns}", **devo.window)
    assert [*row.values()] == values
    test = " and ".join(f"{quoting.string(value)} = {quoting.string(value)}" for value in values)
    assert DevoHook().count(f"from {table} where {test}", **devo.window) == 1


def _one_row(devo: Any) -> str:
    if not hasattr(devo, "of_quoting"):
        devo.of_quoting = devo.table([{"n": 1}], n="int4")
    return str(devo.of_quoting)


@given(NAMES)
def test_a_name_is_read_as_it_was_or_refused(name: str) -> None:
    try:
        accepted = quoting.identifier(name)
    except FeatureError:
        # nothing is refused that would be an ordinary name, but for its length
        assert not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", name) or name in RESERVED
        return
    found = selected(accepted)
    assert isinstance(found, tree.Name)
    assert found.name == name
    aliased = parse(f"from t select 1 as {accepted}").clauses[0]
    assert isinstance(aliased, tree.Select)
    assert aliased.items[0].alias == name
    called = selected(f"f({accepted}, 1)")
    assert isinstance(called, tree.Call)
    assert len(called.arguments) == 2


@given(TABLES)
def test_a_table_is_read_as_it_was_or_refused(name: str) -> None:
    try:
        accepted = quoting.table(name)
    except FeatureError:
        return
    query = parse(f"from {accepted}\nwhere true")
    assert (query.table, len(query.clauses)) == (name, 1)


@given(TABLES, NAMES, NAMES, st.sampled_from(["uri", "host"]), HOSTILE, HOSTILE)
def test_whatever_a_run_is_given_the_query_keeps_its_shape(
    table: str, field: str, client: str, kind: Any, domain: str, model: str
) -> None:
    try:
        source = HostSource(table, field, client, kind)
        text = scoring_query(TUTORIAL_FEATURES, source, devo_domain=domain, model=model)
    except FeatureError:
        return
    assert _shape(text) == (table, *_shape(_plain(kind))[1:])


@pytest.mark.parametrize("value", INJECTIONS)
def test_no_param_of_a_run_changes_the_query(value: str) -> None:
    model = RegisteredModel("m", "H2O", "", "Binomial", "str", TUTORIAL_FEATURES.names, 1)
    plain = {"table": "t", "field": "f", "client_field": "c", "kind": "uri"}
    assert scoring_plan(model, HostSource(**plain), devo_domain="self").query  # type: ignore[arg-type]
    for name in plain:
        if (name, value) not in {("table", "null"), ("table", "true")}:
            with pytest.raises(FeatureError):
                HostSource(**(plain | {name: value}))  # type: ignore[arg-type]
    if not value.isalnum():
        with pytest.raises(FeatureError):
            scoring_plan(model, HostSource(**plain), devo_domain=value)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="invalid literal"):
        enough_events_query(HostSource(**plain), value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", INJECTIONS[:-2])
@pytest.mark.parametrize("file", ["dga_hourly_report", "dga_weekly_retrain"])
def test_a_run_with_such_a_param_does_not_start(file: str, value: str) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    path = Path(__file__).parents[2] / "dags" / f"{file}.py"
    spec = importlib.util.spec_from_file_location(f"checked_{file}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    params = module.dag.params
    for name in ("table", "field", "client_field", "field_kind", "model_name", "devo_domain"):
        with pytest.raises(ParamValidationError):
            params.get_param(name).resolve(value)
    if "code_field" in params:
        for name, given in (("code_field", value), ("failed_codes", [f"{value}|"]), ("failed_codes", [])):
            with pytest.raises(ParamValidationError):
                params.get_param(name).resolve(given)


@given(HOSTILE, HOSTILE)
def test_a_comment_for_the_audit_stays_one(run: str, task: str) -> None:
    window = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC))
    query = Query("from t where true", window, comments={"user": "airflow", "free": f"{task} {run}"})
    read = parse(json.loads(query.body())["query"])
    assert (read.table, len(read.clauses)) == ("t", 1)
    assert [name for name, _ in read.pragmas] == ["comment.user", "comment.free"]
    kept = read.pragmas[1][1]
    assert len(kept) == len(f"{task} {run}")


def _plain(kind: Any) -> str:
    source = HostSource("t", "f", "c", kind)
    return scoring_query(TUTORIAL_FEATURES, source, devo_domain="self", model="m")


def _shape(text: str) -> tuple[Any, ...]:
    """Return the table, and each clause with the operations and values that it nests, but not their names."""
    query = parse(text)
    return query.table, tuple((type(clause).__name__, _nested(clause)) for clause in query.clauses)


def _nested(clause: tree.Clause) -> tuple[Any, ...]:
    return tuple(map(_skeleton, tree.expressions(clause)))


def _skeleton(node: tree.Expression) -> tuple[Any, ...]:
    operation = node.operation if isinstance(node, tree.Call) else None
    return type(node).__name__, operation, tuple(map(_skeleton, tree.parts(node)))
