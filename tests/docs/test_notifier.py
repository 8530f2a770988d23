"""The notifier that the docs show can be built, and renders a headline without letting it become markup."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "hourly-reports.md"


def test_the_example_renders() -> None:
    pytest.importorskip("airflow.providers.smtp")
    found = re.search(r"<!-- tested: notifier -->\s+```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(compile(found[1], str(PAGE), "exec"), names)  # noqa: S102 - it is our own page

    class Task:
        def xcom_pull(self, task_id: str) -> dict[str, str]:
            assert task_id == "report"
            return {"headline": "<b>10.0.0.9</b> is infected", "html": "file:///r/report.html"}

    notifier = names["mail_the_report"]
    notifier.render_template_fields({"ti": Task()})
    assert notifier.html_content == "<p>&lt;b&gt;10.0.0.9&lt;/b&gt; is infected</p>"
    assert notifier.files == ["/r/report.html"]
