"""What the pages show of one window: its report's figures, and its drift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from airflow_provider_devo_dga.drift.stability import LEAST_DOMAINS, stability_index
from airflow_provider_devo_dga.reports.shelf import StoredReport


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowDrift:
    """How a window's traffic differed from the model's training.

    :param domains: how many domains that were not flagged were compared.
    :param index: population stability index by feature, the largest first.
    :param share_flagged: of all domains of the window.
    :param expected_share: of legit names flagged when the model was trained; None when unknown.
    """

    domains: int
    index: dict[str, float]
    limit: float
    drifted: tuple[str, ...]
    alarm: bool
    model_version: str | None
    share_flagged: float
    expected_share: float | None

    @classmethod
    def of(cls, facts: dict[str, Any] | None) -> Self | None:
        """Read what ``WatchDriftOperator`` wrote; None for something else."""
        if facts is None:
            return None
        try:
            expected = facts.get("false_positive_rate")
            return cls(
                domains=int(facts["domains"]),
                index={str(name): float(index) for name, index in facts["index"].items()},
                limit=float(facts["limit"]),
                drifted=tuple(map(str, facts["drifted"])),
                alarm=bool(facts["alarm"]),
                model_version=facts["model_version"],
                share_flagged=float(facts["share_flagged"]),
                expected_share=None if expected is None else float(expected),
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            return None

    @property
    def too_few(self) -> bool:
        """Whether there were too few domains to speak of drift."""
        return self.domains < LEAST_DOMAINS

    @property
    def score_index(self) -> float | None:
        """Stability index of the scores, in the two bins that Devo tells apart: flagged and not."""
        if self.expected_share is None:
            return None
        then, now = self.expected_share, self.share_flagged
        return stability_index((then, 1 - then), (now, 1 - now))

    @property
    def worst(self) -> tuple[str, float] | None:
        """The feature that moved most, with its index."""
        return max(self.index.items(), key=lambda item: item[1], default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowFacts:
    """One report.

    :param slug: name of its folder.
    :param expected: domains that chance alone would flag.
    """

    slug: str
    start: datetime
    end: datetime
    clients: int
    infected: int
    suspicious: int
    domains: int
    flagged: int
    expected: float
    model_name: str
    model_version: str | None
    threshold: float | None
    false_positive_rate: float | None
    drift: WindowDrift | None

    @classmethod
    def of(cls, report: StoredReport) -> Self | None:
        """Read a report; None for one that says too little, as of another release."""
        try:
            context, totals = report.facts["context"], report.facts["totals"]
            return cls(
                slug=report.slug,
                start=datetime.fromisoformat(context["window_start"]),
                end=datetime.fromisoformat(context["window_end"]),
                clients=int(totals["clients"]),
                infected=int(totals["clients_infected"]),
                suspicious=int(totals["clients_suspicious"]),
                domains=int(totals["domains"]),
                flagged=int(totals["domains_flagged"]),
                expected=float(totals["domains_expected_false"]),
                model_name=str(context["model_name"]),
                model_version=context.get("model_version"),
                threshold=_number(context.get("threshold")),
                false_positive_rate=_number(context.get("false_positive_rate")),
                drift=WindowDrift.of(report.drift),
            )
        except (KeyError, TypeError, ValueError):
            return None

    @property
    def finding(self) -> str:
        """``infected``, ``suspicious``, ``empty`` or ``chance``."""
        if self.infected:
            return "infected"
        if self.suspicious:
            return "suspicious"
        return "chance" if self.domains else "empty"


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
