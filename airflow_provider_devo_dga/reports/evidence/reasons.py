"""Why the model flagged a name, as somebody told who has its file; the report itself never opens a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from airflow_provider_devo_dga.reports.evidence.detection import Detection
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary

NAMES_MOST = 1_000
"""Names that are asked about, those of the strongest clients first; some milliseconds each."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """What was told of some names.

    :param words: by registrable domain; without those of which nothing can be told.
    :param untold: why nothing at all could be; ``""`` when it could.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    untold: str = ""


Explain = Callable[[Sequence[str]], Reasons]
"""Tells the reasons for some registrable domains."""


def explained(summary: ReportSummary, explain: Explain) -> ReportSummary:
    """Return the summary with reasons for :data:`NAMES_MOST` of its flagged names.

    Those of clients that stand out come first, then watched ones, then the others in their order.
    """
    of_clients = (name.detection for names in summary.client_names.values() for name in names)
    shown = (*of_clients, *summary.watched, *summary.detections)
    names = list(dict.fromkeys(found.reg_domain for found in shown if found.flagged))
    if not names:
        return summary
    reasons = explain(names[:NAMES_MOST])

    def given(detections: Sequence[Detection]) -> tuple[Detection, ...]:
        return tuple(replace(each, reasons=reasons.words.get(each.reg_domain, "")) for each in detections)

    return replace(
        summary,
        client_names={
            client: tuple(
                replace(name, detection=found)
                for name, found in zip(kept, given([name.detection for name in kept]), strict=True)
            )
            for client, kept in summary.client_names.items()
        },
        detections=given(summary.detections),
        watched=given(summary.watched),
        reasons_untold=reasons.untold,
    )
