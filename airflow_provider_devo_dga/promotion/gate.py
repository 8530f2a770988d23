"""The quality gate: is a trained model fit to be registered, and no worse than the one in service?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_devo_dga.models.summary import TrainingSummary

_FAMILIES = 5
_BYPASS = "or let it pass without a comparison (compare_with_champion)"


@dataclass(frozen=True, slots=True)
class QualityGate:
    """What a model must reach on names that it was not trained on, alone and against the champion.

    The comparison is at the same false-positive budget, on the same held-out names, each model with its own
    threshold for that budget.

    :param min_auc: area under the ROC curve.
    :param min_recall: share of DGA names flagged at the model's threshold.
    :param max_false_positive_rate: share of legit names flagged at that threshold.
    :param min_rows: held-out names of the figures; fewer prove nothing.
    :param max_recall_loss: share of DGA names that it may flag less than the champion.
    :param max_family_loss: the same, for each family with ``min_family_rows`` held-out names.
    :param min_family_rows: a family with fewer names is left to chance.
    """

    min_auc: float = 0.8
    min_recall: float = 0.3
    max_false_positive_rate: float = 0.02
    min_rows: int = 500
    max_recall_loss: float = 0.02
    max_family_loss: float = 0.15
    min_family_rows: int = 30

    def reasons_against(
        self, trained: TrainingSummary, champion: Mapping[str, Any] | None = None
    ) -> list[str]:
        """Return why the model must not pass; an empty list lets it through.

        Figures that are missing are reasons too: the gate fails closed.

        :param trained: its test figures count, else the validation ones.
        :param champion: what serves now: ``{"version", "sha256", "reason"}``, with a reason when it cannot be
            compared with. None when nothing serves yet, or nothing is to be compared.
        """
        judged = trained.judged
        figures = (
            ("AUC", judged.auc, self.min_auc, True),
            ("recall", judged.recall, self.min_recall, True),
            ("false-positive rate", judged.false_positive_rate, self.max_false_positive_rate, False),
            ("held-out names", trained.held_out, self.min_rows, True),
        )
        reasons = [reason for figure in figures if (reason := _reason(*figure))]
        return reasons + (self._against_champion(trained, champion) if champion else [])

    def _against_champion(self, trained: TrainingSummary, champion: Mapping[str, Any]) -> list[str]:
        version = champion.get("version")
        if champion.get("reason"):
            return [f"the champion cannot be compared with: {champion['reason']}, {_BYPASS}"]
        if trained.sha256 == champion.get("sha256"):
            return []  # it serves already
        duel = trained.against_champion(str(version))
        if duel is None:
            reason = f"the champion {version} was not compared with; the log of the training says why"
            return [f"{reason}. Train again when it can be read, {_BYPASS}"]
        if duel.rows < self.min_rows:
            return [f"the comparison with the champion is on {duel.rows} names, less than {self.min_rows}"]
        reasons = []
        loss = duel.other_recall - duel.recall
        if not loss <= self.max_recall_loss:
            reasons.append(
                f"recall at a budget of {duel.budget:.4g} is {duel.recall:.4g},"
                f" {loss:.4g} less than that of the champion"
                f" {version} (at most {self.max_recall_loss:.4g})"
            )
        return reasons + [
            f"recall of family {family.name} ({family.rows} names) falls from"
            f" {family.other_recall:.4g} to {family.recall:.4g} (by at most {self.max_family_loss:.4g})"
            for family in duel.families
            if family.rows >= self.min_family_rows
            and not family.other_recall - family.recall <= self.max_family_loss
        ]


def gate_report(trained: TrainingSummary, champion: str | None) -> str:
    """Return the figures of a model that passed, beside the champion's, as Markdown."""
    auc, rest = str(trained.judged).split(", ")
    lines = [f"Version **{trained.version}** passes the gate.", "", f"- {auc}", f"- {rest}"]
    duel = trained.against_champion(champion) if champion else None
    if duel is None:
        return "\n".join([*lines, "", "It was compared with no champion."])
    lines += [
        "",
        f"Against champion **{champion}**, both at a budget of {duel.budget:.3%}:",
        "",
        "| | new | champion |",
        "| --- | --- | --- |",
        _row("recall", duel.recall, duel.other_recall),
        _row("false positives", duel.false_positive_rate, duel.other_false_positive_rate),
    ]
    lines += [
        _row(f"family {family.name} ({family.rows})", family.recall, family.other_recall)
        for family in duel.families[:_FAMILIES]
    ]
    return "\n".join(lines)


def _row(name: str, *shares: float | None) -> str:
    told = " | ".join("not known" if share is None else f"{share:.2%}" for share in shares)
    return f"| {name} | {told} |"


def _reason(name: str, value: float | None, bound: float, at_least: bool) -> str | None:
    if value is None:
        return f"{name} is not known"
    if (value >= bound) if at_least else (value <= bound):
        return None
    return f"{name} is {value:.4g}, {'less' if at_least else 'more'} than {bound:.4g}"
