"""Which domains of the hour look random? With functions only."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import CronDataIntervalTimetable, ObjectStoragePath, PokeReturnValue, dag, task

from airflow_provider_devo_dga.storage import default_store
from airflow_provider_devo_dga.tasks.retries import DEVO_RETRY_POLICY


@dag(
    schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=2,
    tags=["devo"],
    default_args={"owner": "security", "retries": 2, "retry_policy": DEVO_RETRY_POLICY},
    params={"table": "demo.ecommerce.data", "output_dir": f"{default_store()}/entropy"},
)
def entropy_taskflow():
    @task.sensor(poke_interval=60, timeout=timedelta(hours=1).total_seconds(), mode="reschedule")
    def wait(**context: Any) -> PokeReturnValue:
        from airflow_provider_devo_dga.features.quoting import table as quoted
        from airflow_provider_devo_dga.hooks.devo import DevoHook
        from airflow_provider_devo_dga.tasks.run_window import run_window

        window = run_window(context)
        if not window.is_over():
            return PokeReturnValue(is_done=False)
        # a param is text from outside: it is checked before it becomes LINQ
        table = quoted(context["params"]["table"])
        events = DevoHook().count(f"from {table}", from_=window.start, to=window.end)
        found = {"table": table, "from_": window.start.isoformat(), "to": window.end.isoformat()}
        return PokeReturnValue(is_done=events > 0, xcom_value=found | {"slug": window.slug})

    @task
    def score(found: dict[str, str]) -> dict[str, float]:
        from airflow_provider_devo_dga.features.host import split_host
        from airflow_provider_devo_dga.features.reference import shannon_entropy
        from airflow_provider_devo_dga.hooks.devo import DevoHook

        query = f"from {found['table']} select urihost(referralUri) as host group by host"
        rows = DevoHook().iter_rows(query, from_=found["from_"], to=found["to"])
        split = [parts for row in rows if row["host"] and (parts := split_host(str(row["host"])))]
        return {parts.registrable: shannon_entropy(parts.label) for parts in split}

    @task
    def report(scores: dict[str, float], found: dict[str, str], params: dict[str, Any]) -> None:
        path = ObjectStoragePath(params["output_dir"]) / f"{found['slug']}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dict(sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:100])))

    found = wait()
    report(score(found), found)


entropy_taskflow()
