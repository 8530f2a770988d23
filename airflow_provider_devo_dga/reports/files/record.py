"""What the files say of one detection: the name, its strongest client as the report lists it, and the run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from airflow_provider_devo_dga.reports.evidence.client_evidence import ClientEvidence
from airflow_provider_devo_dga.reports.evidence.context import ReportContext
from airflow_provider_devo_dga.reports.evidence.detection import Detection
from airflow_provider_devo_dga.reports.evidence.figures import ClientHistory
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary
from airflow_provider_devo_dga.reports.evidence.witness import Statement, Witness, widely_asked_from


@dataclass(frozen=True, slots=True)
class Record:
    """A detection with what the report says around it.

    :param evidence: of the strongest client, None when the report does not list it by the model's evidence.
    :param history: of the strongest client, None when it does not stand out.
    """

    detection: Detection
    report: ReportSummary
    evidence: ClientEvidence | None
    history: ClientHistory | None

    @property
    def id(self) -> str:
        """Return what :func:`detection_id` gives."""
        return detection_id(self.report.context, self.detection.reg_domain)

    @property
    def is_widely_asked(self) -> bool:
        """Whether many clients asked for the name at once: an outbreak, or a popular legit name."""
        return self.detection.clients_n >= widely_asked_from(self.report.totals.clients)

    @property
    def rate_begun_with(self) -> str:
        """Return where the search for the rate of clean clients began: ``training``, say."""
        if self.report.null_windows:
            return "windows before"
        return "assumed" if self.report.rate_assumed else "training"

    def said_by(self, witness: Witness) -> Statement | None:
        """Return what a witness says of the strongest client; None when it did not speak."""
        said = self.evidence.witnesses if self.evidence else ()
        return next((each for each in said if each.witness is witness), None)


def records(report: ReportSummary) -> Iterator[Record]:
    """Yield every detection of a report, those of the strongest clients first."""
    evidence = {each.client: each for each in report.clients}
    histories = {each.client: each.history for each in (*report.alternative, *report.clients) if each.history}
    for detection in report.all_detections():
        client = detection.clients[0] if detection.clients else ""
        yield Record(detection, report, evidence.get(client), histories.get(client))


def detection_id(context: ReportContext, reg_domain: str) -> str:
    """Return an id that depends on the window, the domain and the model's version, and on nothing else.

    :return: 32 hexadecimal digits; the same when a report is made again.
    """
    window = instant(context.window_start), instant(context.window_end)
    parts = (*window, context.table, reg_domain, context.model_name, context.model_version)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def instant(moment: datetime) -> str:
    """``2026-01-05T08:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
