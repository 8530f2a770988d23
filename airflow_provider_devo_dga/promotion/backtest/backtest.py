"""A candidate and the champion on the same stored windows: whom each would have named, and by which names."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.documents import DocumentKind
from airflow_provider_devo_dga.errors import DocumentError, MojoExportError, ReportError
from airflow_provider_devo_dga.promotion.backtest.labels import Labels, labels_of
from airflow_provider_devo_dga.promotion.backtest.own_traffic import clean_names
from airflow_provider_devo_dga.promotion.backtest.replay import Contender, Replay, replay
from airflow_provider_devo_dga.promotion.backtest.stored_windows import StoredWindow
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger(__name__)

SHOWN = 10
NAMES_MOST = 1_000_000
"""Distinct names of all windows together; the windows before are left out. Some 40 MB for each model."""

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What one model would have told.

    :param clients: distinct clients that would have stood out.
    :param alarms: windows of which people would have been told.
    """

    version: str
    clients: int
    alarms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientChange:
    """A client, and in how many windows either model would have named it."""

    client: str
    windows: int
    champion_windows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTraffic:
    """Names that clean clients asked for.

    :param highest: of the flagged ones, with their scores.
    """

    names: int
    flagged: int
    highest: list[tuple[str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What came out; of each list the first :data:`SHOWN` stand here, of those that are counted.

    :param windows: that were replayed.
    :param stored: that are stored; those with too many names, and damaged ones, are not replayed.
    :param seconds: that they span together.
    :param champion: None where nothing serves, or it cannot be compared with.
    :param only_candidate: clients that it alone would have named; ``only_champion`` likewise.
    :param newly: names that it alone flags, highest score first; ``no_longer`` the champion alone.
    """

    version: str
    windows: int
    stored: int = 0
    seconds: float = 0
    candidate: Replayed | None = None
    champion: Replayed | None = None
    only_candidate: int = 0
    only_champion: int = 0
    clients: list[ClientChange] = field(default_factory=list)
    newly_n: int = 0
    newly: list[str] = field(default_factory=list)
    no_longer_n: int = 0
    no_longer: list[str] = field(default_factory=list)
    own: OwnTraffic = field(default_factory=lambda: OwnTraffic(names=0, flagged=0))

    def a_week(self, count: int) -> float:
        """Return how many that is a week at most, of what was counted in the windows."""
        return count / self.weeks

    @property
    def weeks(self) -> float:
        """How many weeks the windows span, one at least: what few hours show is never scaled up."""
        return max(1.0, self.seconds / _WEEK.total_seconds())

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values, for XCom."""
        import msgspec

        found: dict[str, Any] = msgspec.json.decode(BACKTEST.write(self))
        return found


BACKTEST = DocumentKind("backtest", Backtest, 1)


def backtest(
    windows: Sequence[StoredWindow],
    candidate: Contender,
    champion: Contender | None,
    lists: DomainLists,
    source_key: str,
) -> Backtest:
    """Replay the windows by both models and compare.

    A window whose files are damaged or gone is a gap. A champion that cannot be scored is left out.

    :param windows: the latest first; those before :data:`NAMES_MOST` names is reached are used.
    :raises ReportError: rows cannot become a report.
    :raises MojoExportError: the candidate's file cannot be scored.
    """
    used, names, suspects = _within(windows)
    version = candidate.trained.version
    if not used:
        return Backtest(version=version, windows=0, stored=len(windows))
    labels = labels_of(names, candidate.mojo, candidate.features)
    told = replay(used, candidate, labels, lists, source_key)
    other: dict[str, Any] = {}
    if champion is not None and (other_labels := _labels_of_champion(names, champion)) is not None:
        other_told = replay(used, champion, other_labels, lists, source_key)
        suspects |= set(other_told.clients)
        other = _compared(told, other_told) | _moved(labels, other_labels)
        other["champion"] = _replayed(champion, other_told)
    return Backtest(
        version=version,
        windows=len(used),
        stored=len(windows),
        seconds=sum((stored.window.end - stored.window.start).total_seconds() for stored in used),
        candidate=_replayed(candidate, told),
        own=_own(labels, clean_names(used, lists, suspects)),
        **other,
    )


def _labels_of_champion(names: pa.Array, champion: Contender) -> Labels | None:
    try:
        return labels_of(names, champion.mojo, champion.features)
    except MojoExportError as error:
        log.warning("The champion %s is not replayed: %s", champion.trained.version, error)
        return None


def _within(windows: Sequence[StoredWindow]) -> tuple[list[StoredWindow], pa.Array, set[str]]:
    """Return the windows that are used, oldest first, their distinct names, and who stood out in them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    used: list[StoredWindow] = []
    names, suspects = pa.array([], pa.string()), set[str]()
    for stored in windows:
        try:
            its_names, stood_out = stored.names(), stored.stood_out()
        except (DocumentError, ReportError, FileNotFoundError) as error:
            log.warning("The stored windows have a gap, %s: %s", stored.slug, error)
            continue
        more = pc.unique(pa.chunked_array([names, its_names], pa.string()))
        if len(more) > NAMES_MOST:
            break
        used.insert(0, stored)
        names, suspects = more, suspects | stood_out
    return used, names, suspects


def _replayed(contender: Contender, told: Replay) -> Replayed:
    return Replayed(version=contender.trained.version, clients=len(told.clients), alarms=told.alarms)


def _compared(told: Replay, other: Replay) -> dict[str, Any]:
    changed = [
        ClientChange(
            client=client,
            windows=told.clients.get(client, 0),
            champion_windows=other.clients.get(client, 0),
        )
        for client in sorted({*told.clients, *other.clients})
        if told.clients.get(client, 0) != other.clients.get(client, 0)
    ]
    changed.sort(key=lambda each: -abs(each.windows - each.champion_windows))
    return {
        "only_candidate": len({*told.clients} - {*other.clients}),
        "only_champion": len({*other.clients} - {*told.clients}),
        "clients": changed[:SHOWN],
    }


def _moved(labels: Labels, other: Labels) -> dict[str, Any]:
    import pyarrow.compute as pc

    newly = pc.and_(labels.flagged, pc.invert(other.flagged))
    no_longer = pc.and_(other.flagged, pc.invert(labels.flagged))
    return {
        "newly_n": pc.sum(newly).as_py() or 0,
        "newly": [name for name, _ in _highest(labels, newly)],
        "no_longer_n": pc.sum(no_longer).as_py() or 0,
        "no_longer": [name for name, _ in _highest(other, no_longer)],
    }


def _own(labels: Labels, clean: pa.Array) -> OwnTraffic:
    import pyarrow.compute as pc

    flagged = pc.and_(labels.flagged, pc.is_in(labels.names, value_set=clean))
    return OwnTraffic(
        names=len(clean), flagged=pc.sum(flagged).as_py() or 0, highest=_highest(labels, flagged)
    )


def _highest(labels: Labels, mask: pa.Array) -> list[tuple[str, float]]:
    import pyarrow as pa

    found = pa.table({"name": labels.names, "score": labels.scores}).filter(mask)
    found = found.sort_by([("score", "descending"), ("name", "ascending")]).slice(0, SHOWN)
    return [(row["name"], round(row["score"], 4)) for row in found.to_pylist()]
