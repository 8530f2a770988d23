"""Numbers that a template may have rendered, and so as text."""

from __future__ import annotations

from airflow_provider_devo_dga.errors import DevoPermanentError

_NOTHING = frozenset({"", "None"})


def whole(value: int | str, name: str) -> int:
    """Return a whole number.

    :raises DevoPermanentError: it is none; names the parameter.
    """
    try:
        return int(value)
    except (TypeError, ValueError):
        raise DevoPermanentError(f"{name} must be a whole number, not {value!r}") from None


def whole_or_none(value: int | str | None, name: str) -> int | None:
    """Return a whole number, or None for what a template makes of None.

    :raises DevoPermanentError: it is neither.
    """
    return None if value is None or value in _NOTHING else whole(value, name)


def number_or_none(value: float | str | None) -> float | None:
    """Return a number, or None for what a template makes of None."""
    return None if value is None or value in _NOTHING else float(value)
