"""Say what the demo found, against the truth that it made up, and where to look."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

from airflow_provider_devo_dga.models.summary import SUMMARY, TrainingSummary
from airflow_provider_devo_dga.reports.evidence.client_evidence import Verdict
from demo.console import say
from demo.roles import Role
from demo.world import World


def tell(world: World, *, seconds: float) -> None:
    """Print the summary of a finished demo."""
    report: dict[str, Any] = json.loads((world.root / "report.json").read_text())
    summary = world.root / "dga_classifier.json"
    model = SUMMARY.read(summary.read_bytes(), summary)
    _tell_model(model)
    _tell_hour(report)
    say(f"\nThe report: {headline(world.root / 'report.html')}")
    _tell_clients(world, report)
    say(f"\nDone in {seconds:.0f} s. Open {world.root / 'report.html'}")
    say("  how good the model is: model_card.html beside it")
    say(f"  also there: report.json, report.csv, rows.parquet, {model.model_id}.zip and .json, logs/")
    say("  next: `make ui` shows the Dags in Airflow; docs/connections.md leads to a real Devo account\n")


def headline(page: Path) -> str:
    """Return the sentence that a report begins with, as the page has it."""
    found = re.search(r"<h1>(.*?)</h1>", page.read_text(encoding="utf-8"), re.DOTALL)
    return unescape(found[1]) if found else "it has no headline"


def _tell_model(model: TrainingSummary) -> None:
    judged, rows = model.judged, model.rows
    say(f"\nModel {model.version}: H2O GBM, {len(model.features)} features")
    say(f"  trained on    {rows.train:,} names, held out {(rows.valid or 0) + (rows.test or 0):,}")
    say(f"  AUC           {judged.auc:.3f} on names of the same made-up kinds")
    say(f"  recall        {judged.recall:.1%} at {judged.false_positive_rate:.2%} false positives")
    say("  A demo model: it knows the families of this package only. Train on your own data for production.")


def _tell_hour(report: dict[str, Any]) -> None:
    totals = report["totals"]
    say("\nThe hour, scored inside Devo by LINQ")
    events = report["context"]["events_in_window"]
    say(f"  events        {events:,}, of which {totals['events_scored']:,} name a host that can be judged")
    say(f"  domains       {totals['domains']:,} distinct, {totals['domains_flagged']:,} flagged")
    say(f"  by chance     about {totals['domains_expected_false']:.0f} would be flagged in a clean hour")


def _tell_clients(world: World, report: dict[str, Any]) -> None:
    found = standing_out(report)
    parts = {part.client: part for part in world.parts}
    families = {infection.client: infection.family for infection in world.infections}
    infected = [part for part in world.parts if part.role.is_infected]
    say(f"\nClients: {len(infected)} of {report['totals']['clients']} are infected, and the report says")
    for part in world.parts:
        what, verdict = families.get(part.client, str(part.role)), found.get(part.client, "no alarm")
        say(f"  {part.client:<15} {what:<28} {len(part.hosts):>4} names   {verdict}")
    say("\nBy role                         clients   found")
    for role in Role:
        clients = [part.client for part in world.parts if part.role is role]
        told = sum(client in found for client in clients)
        say(
            f"  {role:<28} {len(clients):>8} {told:>7}"
            + ("" if role.is_infected else "   accused, must be 0")
        )
    others = report["totals"]["clients"] - len(parts)
    accused = sum(client not in parts for client in found)
    say(f"  {'all others, with CDN names':<28} {others:>8} {accused:>7}   accused, must be 0")


def standing_out(report: dict[str, Any]) -> dict[str, str]:
    """Return the clients that a report tells people of, each with the verdict and why.

    :param report: what ``report.json`` says.
    """
    found = {
        use["client"]: f"{use['names_n']} names on alternative roots"
        for use in report["alternative"]
        if use["alarm"]
    }
    for client in report["clients"]:
        if Verdict(client["verdict"]).is_alarm:
            said = min(client["witnesses"], key=lambda statement: statement["log10_tail"])
            why = f"{said['counted']} {said['witness']}, {said['expected']:.1g} expected"
            found[client["client"]] = f"{client['verdict']}: {why}"
    return found
