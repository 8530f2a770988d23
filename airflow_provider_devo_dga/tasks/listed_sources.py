"""The sources of a whole installation: a file or an Airflow Variable; the last good list serves meanwhile."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass

from airflow.sdk import ObjectStoragePath, Variable

from airflow_provider_devo_dga.errors import SourcesError, StorageError
from airflow_provider_devo_dga.redaction import heard, shown_uri
from airflow_provider_devo_dga.sources.source import Source
from airflow_provider_devo_dga.sources.source_list import read_sources
from airflow_provider_devo_dga.storage import default_store, publish, read
from airflow_provider_devo_dga.tasks.rendered import address

ENVIRONMENT = "DEVO_DGA_SOURCES"
_VARIABLE = "variable:"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListedSources:
    """A list of sources.

    :param sources: in the list's order.
    :param problem: why the list of now cannot be used and the last good one serves; empty when it can.
    """

    sources: tuple[Source, ...]
    problem: str = ""


def listed_sources(place: str | None = None) -> ListedSources | None:
    """Return the sources that are listed at a place; None when there is no place.

    A list that can be used is kept in the store. When it cannot be read or used later, the kept one is
    returned with the problem, so that a slip in it stops no report.

    :param place: URI of a YAML or JSON file, or ``variable:<name>`` for an Airflow Variable with such a text;
        None: what ``DEVO_DGA_SOURCES`` says.
    :raises SourcesError: it cannot be used, and no good one was ever kept.
    """
    place = place or os.environ.get(ENVIRONMENT)
    if not place:
        return None
    kept = _kept(place)
    try:
        text = _text(place)
        found = read_sources(text, shown_uri(place))
    except Exception as error:  # noqa: BLE001 - stores have errors of their own
        return _last_good(kept, heard(error, 2000))
    _keep(kept, text)
    return ListedSources(found)


def _last_good(kept: ObjectStoragePath, problem: str) -> ListedSources:
    try:
        former = read(kept)
        served = None if former is None else read_sources(former, "the last good list")
    except (SourcesError, StorageError, OSError) as error:
        raise SourcesError(f"{problem}\nNor can the last good list: {heard(error, 500)}") from None
    if served is None:
        raise SourcesError(problem) from None
    log.error("The last good list of sources serves, since that of now cannot be used. %s", problem)
    return ListedSources(served, problem)


def _keep(kept: ObjectStoragePath, text: bytes) -> None:
    """Keep a good list for worse days; when the store does not take it, reports are made all the same."""
    try:
        if read(kept) != text:
            with publish(kept) as file:
                file.write(text)
    except (StorageError, OSError) as error:
        log.warning("The list of sources cannot be kept, so a broken one will stop reports: %s", heard(error))


def _text(place: str) -> bytes:
    if place.startswith(_VARIABLE):
        name = place.removeprefix(_VARIABLE)
        if (value := Variable.get(name, default=None)) is None:
            raise SourcesError(f"There is no Airflow Variable {name!r} with a list of sources")
        return str(value).encode()
    content = read(ObjectStoragePath(address(place, "the list of sources", of="file")))
    if content is None:
        raise SourcesError(f"There is no list of sources at {shown_uri(place)}")
    return content


def _kept(place: str) -> ObjectStoragePath:
    key = hashlib.sha256(place.encode()).hexdigest()[:8]
    return ObjectStoragePath(f"{default_store()}/sources/last-good-{key}.yaml")
