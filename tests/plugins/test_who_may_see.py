"""The plugin in Airflow's own server: who sees its pages, who does not, and that no path leads elsewhere."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.plugins.airflow_scene import PATIENCE, REPORTS_TAB, SECRET, Scene, in_browser, new_page
from tests.plugins.stored_reports import DAG

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@in_browser
@pytest.mark.parametrize("tab", ["run", "task", "navigation"])
def test_who_is_not_logged_in_is_sent_to_the_login(browser: Browser, scene: Scene, tab: str) -> None:
    address = {
        "run": f"{scene.run}/plugin/dga-report",
        "task": f"{scene.run}/tasks/report/plugin/dga-report-of-task",
        "navigation": f"{scene.ui.url}{REPORTS_TAB}",
    }[tab]
    page = new_page(browser)
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks it
    page.goto(address)
    expect(page.locator("input[name=password]")).to_be_visible(timeout=PATIENCE)
    assert urlsplit(page.url).path == "/auth/login"
    assert [answer.url for answer in answers if "/devo-dga/" in answer.url and answer.ok] == []
    assert "10.0.0.66" not in page.content()
    page.context.close()


def test_every_endpoint_refuses_who_has_no_right(scene: Scene) -> None:
    from airflow_provider_devo_dga.plugins.pages import pages

    endpoints = scene.endpoints()
    assert endpoints.keys() == {route.path for route in pages().routes}, "an endpoint is not tried here"
    for path in endpoints.values():
        answers = {user: scene.ask(path, user) for user in (None, "outsider", "narrow", "analyst", "boss")}
        statuses = {user: answer.status_code for user, answer in answers.items()}
        assert statuses == {None: 401, "outsider": 403, "narrow": 403, "analyst": 200, "boss": 200}, path
        for user in (None, "outsider", "narrow"):
            assert answers[user].headers["Content-Type"] == "application/json"
            assert answers[user].json().keys() == {"detail"}
    # the right is asked for Dag by Dag
    assert scene.ask("/dags/dga_smoke/reports", "narrow").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        f"/devo-dga/dags/{DAG}/reports/..",
        f"/devo-dga/dags/{DAG}/reports/../../../../report.html",
        f"/devo-dga/dags/{DAG}/reports/..%2f..%2freport.html",
        f"/devo-dga/dags/{DAG}/reports/%2e%2e%2f%2e%2e",
        f"/devo-dga/dags/{DAG}/reports/..%5c..%5creport.html",
        f"/devo-dga/dags/{DAG}/reports/%00",
        f"/devo-dga/dags/{DAG}/reports/drift",
        "/devo-dga/dags/..%2f..%2f..%2fetc%2fpasswd/reports",
        "/devo-dga/dags/%2e%2e/reports/%2e%2e",
        f"/devo-dga/run?dag_id={DAG}&run_id=..%2f..%2freport.html",
    ],
)
def test_no_path_leads_out_of_the_folder(scene: Scene, path: str) -> None:
    # requests and browsers would tidy the path before they send it
    address = urlsplit(scene.ui.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Bearer {scene.ui.token('boss')}"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status < 500
    assert SECRET not in text
    assert "root:" not in text
    assert "10.0.0.66" not in text
