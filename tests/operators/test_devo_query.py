"""DevoQueryOperator runs a rendered query and publishes a file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_devo_dga.errors import (
    DevoLimitError,
    DevoPermanentError,
    DevoQueryError,
    DevoWindowError,
    StorageError,
)
from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from tests.last_line import last_line


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
    devo: Any, table: str, context: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(operator(tmp_path), context, table=table)
    file = tmp_path / table / "rows.parquet"
    assert " 2 rows in " in (said := last_line(capsys))
    assert f"{told['bytes']} bytes, complete, at {told['path']}" in said
    assert told == {
        "path": file.as_uri(),
        "rows": 2,
        "bytes": file.stat().st_size,
        "columns": {"n": "int4", "word": "str"},
        "window": {"from": "2026-01-01T08:00:00+00:00", "to": "2026-01-01T09:00:00+00:00"},
    }
    assert pq.read_table(file).to_pylist() == [{"n": 1, "word": "a"}, {"n": 2, "word": None}]


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
        ({"from_": "{{ params.nothing }}"}, DevoWindowError, "both from_ and to"),
        ({"from_": "now()-1*hour()"}, DevoWindowError, "write window=timedelta"),
        ({"timeout": "{{ 2 - 2 }}"}, DevoPermanentError, "timeout must be above 0"),
        ({"file_format": "CSV"}, DevoPermanentError, "write 'csv'"),
        ({"file_format": "xlsx"}, DevoPermanentError, "Unknown file format"),
        ({"query": 5}, DevoQueryError, "what does its template render to"),
        ({"output_path": "rows.parquet"}, StorageError, "whole address of a file"),
        ({"max_rows": -1}, DevoLimitError, "more than max_rows=-1"),
        ({"max_rows": 1}, DevoLimitError, "more than max_rows=1"),
        ({"max_bytes": 100}, DevoLimitError, "larger than max_bytes=100"),
        # params are text unless the Dag renders natively
        ({"max_rows": "{{ 2 - 1 }}"}, DevoLimitError, "more than max_rows=1"),
        ({"max_bytes": "{{ 10 * 10 }}"}, DevoLimitError, "larger than max_bytes=100"),
        ({"max_rows": "{{ params.nothing }}x"}, DevoPermanentError, "max_rows must be a whole number"),
        ({"completeness": "maybe"}, DevoPermanentError, "completeness is auto or count or framing"),
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


def test_a_window_that_is_not_over_is_refused_or_waited_for(
    devo: Any, table: str, context: Any, tmp_path: Path
) -> None:
    end = datetime.now(UTC).replace(microsecond=0)
    bounds = {"from_": end - timedelta(hours=1), "to": end, "lateness": timedelta(minutes=5)}
    with pytest.raises(DevoWindowError, match="for late events"):
        run(operator(tmp_path, **bounds), context, table=table)
    with pytest.raises(TaskDeferred) as caught:
        run(operator(tmp_path, **bounds, deferrable=True), context, table=table)
    assert caught.value.method_name == "execute_complete"
    assert caught.value.trigger.moment == end + timedelta(minutes=5, seconds=1)
    assert devo.asked(table) == []


def test_after_the_wait_it_reads(devo: Any, table: str, context: Any, tmp_path: Path) -> None:
    task = operator(tmp_path, deferrable=True)
    context["params"] = {"start": "2026-01-01T08:00:00+00:00", "table": table}
    task.render_template_fields(context)
    assert task.execute_complete(context, None)["rows"] == 2


def test_an_answer_that_broke_off_is_read_again_into_a_new_file(
    devo: Any, table: str, context: Any, no_pauses: None, tmp_path: Path
) -> None:
    devo.fault("cut_chunked", after_rows=1)
    devo.fault("cut_row", after_rows=1)
    told = run(operator(tmp_path), context, table=table)
    assert told["rows"] == 2
    assert pq.read_table(told["path"].removeprefix("file://")).column("n").to_pylist() == [1, 2]
    assert [file.name for file in (tmp_path / table).iterdir()] == ["rows.parquet"]
    # cut; cut and counted; whole and counted
    assert len(devo.asked(table)) == 5


def test_without_a_window_it_reads_the_runs_own_and_names_the_file_by_it(
    devo: Any, table: str, context: Any, tmp_path: Path
) -> None:
    context["data_interval_start"], context["data_interval_end"] = devo.window.values()
    asked = operator(tmp_path, from_=None, to=None, output_path=f"{tmp_path.as_uri()}/{{window}}.parquet")
    told = run(asked, context, table=table)
    assert told["path"] == (tmp_path / "20260101T080000Z_3600s.parquet").as_uri()
    assert told["rows"] == 2
    del context["data_interval_start"], context["data_interval_end"]
    told = run(operator(tmp_path, from_=None, to=None, window=timedelta(hours=1)), context, table=table)
    assert told["window"] == {"from": "2026-01-05T02:00:00+00:00", "to": "2026-01-05T03:00:00+00:00"}
    assert told["rows"] == 0
