"""Prepare a dataset of one stream, as most tests have it."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.training.dataset.opening import Part
from airflow_provider_devo_dga.training.dataset.prepare import prepare_sources
from airflow_provider_devo_dga.training.dataset.source import DatasetSource

Prepared = tuple[Path, Dataset]
"""The prepared file, and what was found out meanwhile."""


def prepare_dataset(stream: BinaryIO, target: Path, **how: Any) -> Dataset:
    """Prepare rows of the form ``host;domain;class;subclass``, see ``prepare_sources``."""
    return prepare_sources(
        [(DatasetSource("dataset.csv"), lambda: nullcontext(iter([Part("", stream)])))], target, **how
    )
