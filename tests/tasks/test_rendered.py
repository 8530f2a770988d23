"""Numbers as templates give them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DevoPermanentError
from airflow_provider_devo_dga.tasks.rendered import whole, whole_or_none


@pytest.mark.parametrize("value", [5, "5", " 5 "])
def test_a_number_may_be_text(value: int | str) -> None:
    assert whole(value, "n") == whole_or_none(value, "n") == 5


@pytest.mark.parametrize("value", [None, "", "None"])
def test_none_may_be_text(value: str | None) -> None:
    assert whole_or_none(value, "n") is None


@pytest.mark.parametrize("value", [None, "", "None", "five", "5.5", [5]])
def test_what_is_no_number_is_told_by_its_name(value: Any) -> None:
    with pytest.raises(DevoPermanentError, match="max_rows must be a whole number"):
        whole(value, "max_rows")
