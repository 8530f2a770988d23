"""What all pages have in common: templates, escaping, and the filters that say numbers in words."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.reports.page import words
from airflow_provider_devo_dga.reports.page.text import defang, visible

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def page_environment(package: str | None = None) -> Environment:
    """Return the environment of the templates; undefined names are errors, text is escaped.

    One for the life of the process: each would compile the templates again.

    :param package: a package with templates of its own, which may include the report's.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    packages = [package] if package else []
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader(name) for name in (*packages, "airflow_provider_devo_dga.reports.page")]
        ),
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
