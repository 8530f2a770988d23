"""What Dag authors import, in the groups that the reference shows; each has a page of its own."""

from __future__ import annotations

from dataclasses import dataclass

from tests.docs.generated.place import PACKAGE


@dataclass(frozen=True)
class Entry:
    """One class or function.

    :param module: dotted, below the package.
    :param package: the package; the provider's unless said otherwise.
    """

    module: str
    name: str
    package: str = PACKAGE

    @property
    def imported(self) -> str:
        """The module as Python imports it."""
        return f"{self.package}.{self.module}"

    @property
    def path(self) -> str:
        """Where the source lies in the repository."""
        return f"{self.imported.replace('.', '/')}.py"

    @property
    def page(self) -> str:
        """The page's file in ``docs/reference``."""
        return f"{self.name}.md"


CATALOG: dict[str, tuple[Entry, ...]] = {
    "Hooks": (
        Entry("hooks.devo", "DevoHook"),
        Entry("hooks.devo_jobs", "DevoJobs"),
        Entry("hooks.devo_events", "DevoEventsHook"),
        Entry("hooks.ml_model_manager", "MLModelManagerHook"),
        Entry("hooks.h2o", "H2OHook"),
        Entry("hooks.mlflow", "MLflowHook"),
    ),
    "Operators": (
        Entry("operators.h2o_train", "H2OTrainOperator"),
        Entry("operators.record_training", "RecordTrainingOperator"),
        Entry("operators.backtest_model", "BacktestModelOperator"),
        Entry("operators.gate_model", "GateModelOperator"),
        Entry("operators.register_model", "RegisterModelOperator"),
        Entry("operators.probe_model", "ProbeModelOperator"),
        Entry("operators.promote_model", "PromoteModelOperator"),
        Entry("operators.devo_query", "DevoQueryOperator"),
        Entry("operators.devo_job", "DevoJobOperator"),
        Entry("operators.dga_report", "DGAReportOperator"),
        Entry("operators.send_detections", "SendDetectionsOperator"),
        Entry("operators.watch_drift", "WatchDriftOperator"),
        Entry("operators.check_linq", "CheckLinqOperator"),
    ),
    "Sensor and conditions": (
        Entry("sensors.devo_query", "DevoQuerySensor"),
        Entry("devo_api.condition", "RowsAtLeast"),
        Entry("devo_api.condition", "Scalar"),
        Entry("devo_api.condition", "NewerEvents"),
    ),
    "Triggers and links": (
        Entry("triggers.devo_query", "DevoQueryTrigger"),
        Entry("triggers.devo_job", "DevoJobTrigger"),
        Entry("links.h2o_flow", "H2OFlowLink"),
        Entry("links.mlflow_run", "MLflowRunLink"),
    ),
    "Features and queries": (
        Entry("features.feature_set", "Feature"),
        Entry("features.feature_set", "FeatureSet"),
        Entry("features.recipe", "Recipe"),
        Entry("features.recipe", "LearnedOdds"),
        Entry("features.legit_grams", "LegitGrams"),
        Entry("features.linq", "HostSource"),
        Entry("features.linq", "scoring_query"),
        Entry("models.scoring_plan", "scoring_plan"),
        Entry("models.scoring_plan", "ScoringPlan"),
    ),
    "In Dags": (
        Entry("task_groups.dga_report", "dga_report_tasks"),
        Entry("sources.source", "Source"),
        Entry("tasks.run_window", "run_window"),
        Entry("promotion.gate", "QualityGate"),
        Entry("models.provenance", "Provenance"),
    ),
    "Tests of your own": (Entry("server", "Sandbox", "devo_sandbox"),),
}


def entries() -> list[Entry]:
    """Return all of them, in order."""
    return [entry for group in CATALOG.values() for entry in group]


def entry_named(name: str) -> Entry:
    """Return one of them."""
    return next(entry for entry in entries() if entry.name == name)
