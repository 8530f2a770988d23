"""Whom the hourly Dag tells: nobody unless an address is set, and no headline becomes markup."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.example_dags_path import example_dags_path

if TYPE_CHECKING:
    import pytest

FILE = str(example_dags_path() / "dga_hourly_report.py")


class Task:
    def xcom_pull(self, task_id: str) -> dict[str, str]:
        assert task_id == "report"
        return {
            "headline": "<b>10.0.0.9</b> is infected",
            "news": "New: <i>.",
            "html": "file:///r/report.html",
        }


def test_nobody_is_told_unless_an_address_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEVO_DGA_MAIL_TO", raising=False)
    assert runpy.run_path(FILE)["notifiers"]() == []


def test_a_headline_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVO_DGA_MAIL_TO", "soc@example.com")
    found = runpy.run_path(FILE)
    [mail] = found["notifiers"]()
    context: dict[str, Any] = {"ti": Task()}
    mail.render_template_fields(context)
    assert mail.to == ["soc@example.com"]
    assert mail.subject == "DGA report: <b>10.0.0.9</b> is infected"
    told = "<p>&lt;b&gt;10.0.0.9&lt;/b&gt; is infected</p><p>New: &lt;i&gt;.</p><p>file:///r/report.html</p>"
    assert mail.html_content == told
    assert found["dag"].get_task("tell").on_success_callback
