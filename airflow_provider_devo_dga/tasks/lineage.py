"""What a task has read and written, for OpenLineage where Airflow has its provider."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from airflow_provider_devo_dga.redaction import shown_uri

_TABLE = re.compile(r"\bfrom\s+([A-Za-z_][\w.]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A dataset by OpenLineage's naming: nothing secret is part of it.

    :param columns: names and types, when they are known.
    """

    namespace: str
    name: str
    columns: Mapping[str, str] = field(default_factory=dict)


def file_place(uri: str, columns: Mapping[str, str] | None = None) -> Place:
    """Return the place of a file, without what may be secret in its URI: user, password, query."""
    parts = urlsplit(shown_uri(uri))
    if not parts.scheme or parts.scheme == "file":
        return Place("file", unquote(parts.path), columns or {})
    path = parts.path if parts.scheme in {"http", "https"} else parts.path.lstrip("/")
    return Place(f"{parts.scheme}://{parts.netloc}", path or "/", columns or {})


def table_places(devo_conn_id: str, query: str) -> list[Place]:
    """Return the Devo tables that a LINQ text reads; the connection's name stands for the Devo domain."""
    return [Place(f"devo://{devo_conn_id}", name) for name in dict.fromkeys(_TABLE.findall(query))]


def model_place(mlmm_conn_id: str, name: str) -> Place:
    """Return the place of a model in the Model Manager."""
    return Place(f"devo-mlmm://{mlmm_conn_id}", name)


def history_places(mlflow_conn_id: str | None, history_dir: str | None, name: str) -> list[Place]:
    """Return the place of a model's history: MLflow's server, else its file; none when none is kept."""
    if mlflow_conn_id:
        return [Place(f"mlflow://{mlflow_conn_id}", name)]
    return [file_place(f"{history_dir.rstrip('/')}/mlflow.db")] if history_dir else []


def tell_outlets(outlets: Iterable[Any], context: Mapping[str, Any], facts: dict[str, Any]) -> None:
    """Give a task's outlets, its assets, these facts as the event's extra."""
    for outlet in outlets:
        context["outlet_events"][outlet].extra = facts


def lineage(inputs: Sequence[Place], outputs: Sequence[Place], *, query: str | None = None) -> Any:
    """Return OpenLineage's description of a task; None without Airflow's OpenLineage provider."""
    try:
        from airflow.providers.openlineage.extractors import OperatorLineage
    except ImportError:
        return None
    from airflow.providers.common.compat.openlineage.facet import SQLJobFacet

    return OperatorLineage(
        inputs=[_dataset(place) for place in inputs],
        outputs=[_dataset(place) for place in outputs],
        job_facets={"sql": SQLJobFacet(query=query)} if query else {},
    )


def _dataset(place: Place) -> Any:
    from airflow.providers.common.compat.openlineage.facet import (
        Dataset,
        SchemaDatasetFacet,
        SchemaDatasetFacetFields,
    )

    fields = [SchemaDatasetFacetFields(name=name, type=kind) for name, kind in place.columns.items()]
    facets: dict[str, Any] = {"schema": SchemaDatasetFacet(fields=fields)} if fields else {}
    return Dataset(namespace=place.namespace, name=place.name, facets=facets)
