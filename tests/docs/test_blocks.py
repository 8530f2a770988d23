"""Blocks of the docs that other software reads: YAML for Kubernetes, a connection, a deadline."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

DOCS = Path(__file__).resolve().parents[2] / "docs"
YAML = re.compile(r"^```ya?ml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def block(page: str, name: str) -> str:
    text = (DOCS / page).read_text("utf-8")
    found = re.search(rf"<!-- tested: {name} -->\s+```\w+\n(.*?)```", text, re.DOTALL)
    assert found, f"{page} has no block {name}"
    return found[1]


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_every_yaml_block_is_yaml(page: Path) -> None:
    for text in YAML.findall(page.read_text("utf-8")):
        assert all(yaml.safe_load_all(text))


def test_the_nodes_of_h2o_find_each_other() -> None:
    service, nodes = yaml.safe_load_all(block("deploying.md", "h2o"))
    [ingress] = yaml.safe_load_all(block("deploying.md", "ingress"))
    named = service["metadata"]
    template = nodes["spec"]["template"]
    [container] = template["spec"]["containers"]
    environment = {one["name"]: one["value"] for one in container["env"]}
    assert service["spec"]["clusterIP"] == "None"
    assert (
        service["spec"]["selector"]
        == nodes["spec"]["selector"]["matchLabels"]
        == template["metadata"]["labels"]
    )
    assert nodes["spec"]["serviceName"] == named["name"]
    assert (
        environment["H2O_KUBERNETES_SERVICE_DNS"] == f"{named['name']}.{named['namespace']}.svc.cluster.local"
    )
    assert environment["H2O_NODE_EXPECTED_COUNT"] == str(nodes["spec"]["replicas"])
    assert environment["H2O_KUBERNETES_API_PORT"] == str(container["readinessProbe"]["httpGet"]["port"])
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in template["spec"]["volumes"]
    }
    [rule] = ingress["spec"]["rules"]
    [path] = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": named["name"], "port": {"number": 54321}}
    assert path["path"] == f"/{container['args'][container['args'].index('-context_path') + 1]}"
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]


def test_the_connection_leads_to_the_ingress(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_provider_devo_dga.hooks.connections import h2o_cluster
    from airflow_provider_devo_dga.hooks.h2o import H2OHook

    found = re.fullmatch(r"export (\w+)='(.*)'\n", block("deploying.md", "connection"), re.DOTALL)
    assert found
    json.loads(found[2])
    monkeypatch.setenv(found[1], found[2])
    [ingress] = yaml.safe_load_all(block("deploying.md", "ingress"))
    [rule] = ingress["spec"]["rules"]
    asked = h2o_cluster(H2OHook.get_connection("h2o_default"))
    assert asked["url"] == f"https://{rule['host']}:443{rule['http']['paths'][0]['path']}"
    assert asked["verify"]


@pytest.mark.slow
async def test_a_late_report_is_told_of(
    airflow_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The rows and calls are those that the scheduler and the triggerer make; only time is put forward."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.deadline import Deadline
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.triggers.callback import CallbackTrigger
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType
    from sqlalchemy import select

    package = tmp_path / "my_company"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "alerts.py").write_text(block("operating.md", "callback"), "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    names: dict[str, Any] = {}
    exec(compile(block("operating.md", "deadline"), "operating.md", "exec"), names)  # noqa: S102 - our own page
    dag = names["DAG"]("my_hourly_report", deadline=names["LATE"])

    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag("/dev/null")
    bag.dags[dag.dag_id] = dag
    sync_bag_to_db(bag, "dags-folder", None)
    moment = datetime.now(UTC)
    with create_session() as session:
        known = SerializedDagModel.get(dag.dag_id, session=session)
        assert known
        run = known.dag.create_dagrun(
            run_id="asset__1",
            run_after=moment,
            logical_date=None,
            run_type=DagRunType.ASSET_TRIGGERED,
            triggered_by=DagRunTriggeredByType.ASSET,
            state=DagRunState.QUEUED,
            session=session,
        )
        session.flush()
        deadline = session.scalars(select(Deadline).where(Deadline.dagrun_id == run.id)).one()
        assert deadline.deadline_time - run.queued_at == timedelta(minutes=90)
        deadline.handle_miss(session)
        assert deadline.missed
        data = dict(deadline.callback.data)
    trigger = CallbackTrigger(data["path"], data["kwargs"])
    states = [str(event.payload["state"]) async for event in trigger.run()]
    assert states[-1] == "success"
    assert "asset__1 of my_hourly_report was due" in caplog.text
