"""What a dataset was found to hold, as far as it is told of with a model."""

from __future__ import annotations

from dataclasses import replace

from airflow_provider_devo_dga.models.summary import Dataset

_MOST_FAMILIES = 40
_MOST_SOURCES = 20


def brief(report: Dataset) -> Dataset:
    """Return the report with the 40 largest families and the first 20 sources."""
    largest = sorted(report.families.items(), key=lambda item: (-item[1], item[0]))[:_MOST_FAMILIES]
    return replace(
        report,
        families=dict(largest),
        families_left_out=len(report.families) - len(largest),
        sources=report.sources[:_MOST_SOURCES],
        sources_left_out=max(0, len(report.sources) - _MOST_SOURCES),
    )
