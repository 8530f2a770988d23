"""DGAReportOperator tells what spoke for a flagged name, wherever it tells of the name."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.operators.report_tasks import PLAN, operator, rows_file
from tests.test_reasons import PLACE, published


@pytest.fixture
def table(devo: Any, devo_connections: None) -> str:
    return str(devo.table([{"host": "a"}], host="str", client="ip4"))


def test_what_spoke_for_a_name_is_in_every_file(devo: Any, table: str, context: Any, tmp_path: Path) -> None:
    published(tmp_path / "models")
    report = operator(tmp_path, table, rows_file(tmp_path, {"xkqjzwvbnmtr.ru": "1", "aaaa.com": "1"}))
    report.models_dir = (tmp_path / "models").as_uri()
    report.plan = PLAN | {"summary": PLACE, "sha256": None}
    told = {name: Path(str(file).removeprefix("file://")) for name, file in report.execute(context).items()}
    page, why = told["html"].read_text(), "few vowels; long"
    assert f'<td class="looks">random letters <small>{why}</small></td>' in page
    assert "not proof" in page
    with told["csv"].open(newline="") as file:
        assert {row["reg_domain"]: row["reasons"] for row in csv.DictReader(file)} == {
            "xkqjzwvbnmtr.ru": why,
            "aaaa.com": "",
        }
    events = {line["dns.question.registered_domain"]: line for line in map(json.loads, told["ecs"].open())}
    assert events["xkqjzwvbnmtr.ru"]["event.reason"] == why
    assert "event.reason" not in events["aaaa.com"]
    table_of = pq.read_table(told["parquet"]).to_pylist()
    assert {row["reg_domain"]: row["reasons"] for row in table_of}["xkqjzwvbnmtr.ru"] == why
    (found, _) = sorted(
        json.loads(told["json"].read_text())["detections"], key=lambda each: -len(each["reasons"])
    )
    assert found["reasons"] == why


def test_a_report_is_made_without_the_models_file_and_says_so(
    devo: Any, table: str, context: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = operator(tmp_path, table, rows_file(tmp_path, {"xkqjzwvbnmtr.ru": "1"}))
    report.models_dir = (tmp_path / "models").as_uri()
    report.plan = PLAN | {"summary": PLACE}
    page = Path(report.execute(context)["html"].removeprefix("file://")).read_text()
    assert "What spoke for a name is not told: There is no summary of the model" in page
    assert "There is no summary of the model" in capsys.readouterr().out
