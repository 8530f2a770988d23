"""Whom the hourly Dag tells: nobody unless an address is set, and no headline becomes markup or template."""

from __future__ import annotations

import runpy
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.example_dags_path import example_dags_path

if TYPE_CHECKING:
    import pytest
    from aiosmtpd.smtp import Envelope

FILE = str(example_dags_path() / "dga_hourly_report.py")
HEADLINE = "<b>10.0.0.9</b> {{ 6 * 7 }} is infected"


class Task:
    """The task that tells, of a source or of a Dag with one."""

    task_id = "source.tell"
    map_index = 3

    def __init__(self, mail_to: list[str]) -> None:
        self.told = {"headline": HEADLINE, "news": "New: <i>.", "html": "file:///r/report.html"}
        self.told_to = mail_to

    def xcom_pull(self, task_id: str, *, map_indexes: int) -> dict[str, Any]:
        assert (task_id, map_indexes) == (self.task_id, self.map_index)
        return {**self.told, "mail_to": self.told_to}


def test_nobody_is_told_unless_an_address_is_set(
    mailbox: list[Envelope], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEVO_DGA_MAIL_TO")
    runpy.run_path(FILE)["mail"]({"ti": Task([])})
    assert mailbox == []


def test_a_headline_is_text_and_a_source_has_people_of_its_own(mailbox: list[Envelope]) -> None:
    mail = runpy.run_path(FILE)["mail"]
    mail({"ti": Task([])})
    mail({"ti": Task(["soc-lima@example.com"])})
    first, second = mailbox
    assert first.rcpt_tos == ["soc@example.com", "duty@example.com"]
    assert second.rcpt_tos == ["soc-lima@example.com"]
    text = message_from_bytes(first.content, policy=default)
    assert text["Subject"] == f"DGA report: {HEADLINE}"
    assert text.get_body(("html",)).get_content().strip() == (
        "<p>&lt;b&gt;10.0.0.9&lt;/b&gt; {{ 6 * 7 }} is infected</p>"
        "<p>New: &lt;i&gt;.</p><p>file:///r/report.html</p>"
    )
