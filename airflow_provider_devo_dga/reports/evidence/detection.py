"""One flagged registrable domain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from airflow_provider_devo_dga.reports.evidence.client_evidence import Verdict

CLIENTS_NAMED = 10
"""Clients that a detection names; the others are counted."""


@dataclass(frozen=True, kw_only=True)
class Detection:
    """A registrable domain that the model flagged and the allow-list does not hold, or that is watched.

    :param reg_domain: the domain as the events have it; hostile text is possible.
    :param form: what its label looks like, see :class:`~.label_form.LabelForm`.
    :param flagged: False when it is here only because the watch-list holds it.
    :param watched: whether the watch-list holds it.
    :param reasons: what spoke for DGA, in words; ``""`` when it was not asked, or no words say it.
    :param clients_n: distinct clients that asked for it.
    :param clients_standing_out_n: those of them with evidence, listed in ``no_alarm`` or not.
    :param clients: up to :data:`CLIENTS_NAMED` of them, strongest evidence first.
    :param verdict: the strongest verdict among its clients; chance when it has none.
    :param no_answer: whether none of its events got an answer; None when the rows do not tell.
    :param score: the model's score, None when rows carry labels only.
    """

    reg_domain: str
    first_seen: datetime
    last_seen: datetime
    events_n: int
    clients_n: int
    clients: tuple[str, ...]
    verdict: Verdict
    score: float | None
    form: str
    flagged: bool = True
    watched: bool = False
    no_answer: bool | None = None
    clients_standing_out_n: int = 0
    reasons: str = ""
