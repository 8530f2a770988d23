"""DevoQueryOperator runs a rendered query and publishes a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from airflow.sdk import DAG

from airflow_provider_devo_dga.errors import DevoPermanentError, DevoQueryError, DevoWindowError
from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator


@pytest.fixture
def table(devo: Any, devo_connections: None) -> str:
    return devo.table([{"n": 1, "word": "a"}, {"n": 2}], n="int4", word="str")


def operator(folder: Path, **changes: Any) -> DevoQueryOperator:
    arguments = {
        "query": "from {{ params.table }} select n, word",
        "from_": "{{ params.start }}",
        "to": "2026-01-01T09:00:00+00:00",
        "output_path": folder.as_uri() + "/{{ params.table }}/rows.parquet",
    }
    with DAG(
        "a_dag",
        schedule=None,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        template_searchpath=[str(folder)],
    ):
        return DevoQueryOperator(task_id="ask", **(arguments | changes))


def run(task: DevoQueryOperator, context: dict[str, Any], **params: Any) -> dict[str, Any]:
    context["params"] = {"start": "2026-01-01T08:00:00+00:00", **params}
    task.resolve_template_files()
    task.render_template_fields(context)
    return task.execute(context)


def test_the_file_holds_the_rows_and_the_answer_tells_of_it(
    devo: Any, table: str, context: Any, tmp_path: Path
) -> None:
    told = run(operator(tmp_path), context, table=table)
    file = tmp_path / table / "rows.parquet"
    assert told == {
        "path": file.as_uri(),
        "rows": 2,
        "bytes": file.stat().st_size,
        "columns": {"n": "int4", "word": "str"},
        "window": {"from": "2026-01-01T08:00:00+00:00", "to": "2026-01-01T09:00:00+00:00"},
    }
    assert pq.read_table(file).to_pylist() == [{"n": 1, "word": "a"}, {"n": 2, "word": None}]
    assert 'pragma comment.free:\\"a_dag ask\\"' in devo.asked(table)[-1]["body"]


def test_a_second_run_replaces_the_file(devo: Any, table: str, context: Any, tmp_path: Path) -> None:
    run(operator(tmp_path), context, table=table)
    devo.load(table, [{"n": 3}])
    assert run(operator(tmp_path), context, table=table)["rows"] == 3
    assert [file.name for file in (tmp_path / table).iterdir()] == ["rows.parquet"]


def test_the_query_may_be_a_file(devo: Any, table: str, context: Any, tmp_path: Path) -> None:
    (tmp_path / "ask.linq").write_text("from {{ params.table }} where n = 2 select n")
    assert run(operator(tmp_path, query="ask.linq"), context, table=table)["rows"] == 1


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    [
        ({"query": "from nowhere.at.all"}, DevoQueryError, "Unknown table"),
        ({"query": "{{ params.nothing }}"}, DevoQueryError, "empty"),
        ({"from_": "{{ params.nothing }}"}, DevoWindowError, "not an ISO 8601"),
        ({"file_format": "xlsx"}, DevoPermanentError, "Unknown file format"),
        ({"max_rows": 1}, DevoPermanentError, "more than max_rows=1"),
    ],
)
def test_what_cannot_be_done_leaves_no_file(
    devo: Any,
    table: str,
    context: Any,
    tmp_path: Path,
    changes: dict[str, Any],
    kind: type[Exception],
    reason: str,
) -> None:
    with pytest.raises(kind, match=reason):
        run(operator(tmp_path, **changes), context, table=table, nothing="")
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
