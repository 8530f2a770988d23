"""What all pages have in common: templates, escaping, and the filters that say numbers in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_devo_dga.reports import words
from airflow_provider_devo_dga.reports.text import defang, visible

if TYPE_CHECKING:
    from jinja2 import Environment


def page_environment() -> Environment:
    """Return the environment of the templates; undefined names are errors, text is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("airflow_provider_devo_dga.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clock=words.clock,
        count=words.count,
        date=words.date,
        defang=defang,
        odds=words.odds,
        percent=words.percent,
        quantity=words.quantity,
        visible=visible,
    )
    environment.globals.update(counted=words.counted, window=words.window)
    return environment
