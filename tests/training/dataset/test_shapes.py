"""Each shape of the table is read with all its names, or refused with what to write."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.training.dataset.files import opened_sources
from airflow_provider_devo_dga.training.dataset.prepare import prepare_sources
from tests.training.dataset.shapes import BAD, GOOD, SHAPES, Shape, lines


def prepare(folder: Path, dataset: Any) -> Dataset:
    sources = json.loads(json.dumps(dataset).replace("@", str(folder)))
    return prepare_sources(opened_sources(sources, Path), folder / "prepared.csv", min_rows_per_class=1)


def written(folder: Path, shape: Shape) -> list[Any]:
    """Write the files of a shape; return its dataset, with a list of the class that it lacks."""
    for name, content in shape.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    class_ = shape.dataset.get("class") if isinstance(shape.dataset, dict) else None
    (folder / "more.txt").write_text(lines(f"more{n}.com" for n in range(40)))
    (folder / "other.txt").write_text(lines(GOOD if class_ == "dga" else BAD))
    other = {"uri": "@/other.txt", "class": "legit" if class_ == "dga" else "dga", "family": "other"}
    return [shape.dataset, other] if class_ else [shape.dataset]


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_read_whole_or_refused_with_what_to_write(tmp_path: Path, name: str) -> None:
    shape = SHAPES[name]
    dataset = written(tmp_path, shape)
    if shape.refused:
        with pytest.raises(DatasetError) as caught:
            prepare(tmp_path, dataset)
        assert shape.refused in str(caught.value)
        return
    report = prepare(tmp_path, dataset)
    assert (report.legit, report.dga, report.malformed, report.skipped) == (40, 40, 0, 0)
    expected = {"other"} if report.sources[0].kind == "legit" else shape.families
    assert set(report.families) == expected
    assert all(source.form for source in report.sources)


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if '"' in shape.refused])
def test_each_line_that_an_error_proposes_is_an_answer(tmp_path: Path, name: str) -> None:
    dataset = written(tmp_path, SHAPES[name])
    with pytest.raises(DatasetError) as caught:
        prepare(tmp_path, dataset)
    proposed = [json.loads(line) for line in re.findall(r"\{.*?\}(?=;|$)", str(caught.value))]
    assert len(proposed) > 1
    for source in proposed:
        if "…" not in str(source):
            other = "legit" if source.get("class") == "dga" else "dga"
            prepare(tmp_path, [source, {"uri": f"{tmp_path}/more.txt", "class": other}])
