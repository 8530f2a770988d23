"""The history's models beside those that scored, also where the two disagree."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.sdk import ObjectStoragePath

from airflow_provider_devo_dga.history.known_models import KnownModel
from airflow_provider_devo_dga.plugins.model_rows import mismatch, model_rows
from airflow_provider_devo_dga.plugins.stored_windows import stored_windows
from airflow_provider_devo_dga.reports.shelf import ReportShelf
from tests.plugins.stored_hours import put, put_drift
from tests.plugins.stored_reports import DAG

OLD, NEW, STRANGE = "20260105T030000Z", "20260112T030000Z", "20260101T000000Z"


def known(version: str, roles: tuple[str, ...]) -> KnownModel:
    return KnownModel(1, version, roles, None, 0.8, 0.9, 0.01, 0.99, "passed")


@pytest.mark.parametrize(("newest", "said"), [(NEW, False), (OLD, True), (STRANGE, True)])
def test_a_champion_that_does_not_score_is_told(tmp_path: Path, newest: str, said: bool) -> None:
    put(tmp_path, 8, version=OLD)
    put_drift(tmp_path, put(tmp_path, 9, version=newest), entropy=0.1)
    windows = stored_windows(DAG, ReportShelf(ObjectStoragePath(tmp_path.as_uri())), 9).windows
    rows = model_rows([known(NEW, ("champion",)), known(OLD, ())], windows)
    sentence = mismatch(rows)
    assert (sentence is not None) is said
    assert sentence is None or (newest in sentence and NEW in sentence)
    assert [row.model.version for row in rows] == [NEW, OLD, *([STRANGE] if newest == STRANGE else [])]
    assert [row.model.version for row in rows if row.newest] == [newest]
    assert [row.model.number for row in rows if row.model.version == STRANGE] == [0] * (newest == STRANGE)
    assert {row.model.version: row.scored for row in rows}[OLD] == 1 + (newest == OLD)
