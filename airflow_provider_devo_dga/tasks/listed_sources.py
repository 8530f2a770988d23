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
    except (SourcesError, StorageError, OSError) as error:
        problem = heard(error, 2000)
        former = read(kept)
        if former is None:
            raise SourcesError(problem) from None
        log.error("The last good list of sources serves, since that of now cannot be used. %s", problem)  # noqa: TRY400
        return ListedSources(read_sources(former, "the last good list"), problem)
    if read(kept) != text:
        with publish(kept) as file:
            file.write(text)
    return ListedSources(found)


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
