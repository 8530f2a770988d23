"""Values that a template may have rendered, and so as text. Text is read as data, never run."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_devo_dga.errors import DevoPermanentError, StorageError
from airflow_provider_devo_dga.redaction import shown_uri
from airflow_provider_devo_dga.spelling import misplaced

_NOTHING = frozenset({"", "None"})
_LONGEST_SHOWN = 60
# `file://srv/x` is `srv/x`, below wherever the worker runs; `file://id@/srv/x` names a connection
_WHOLE = re.compile(r"(?:file|local)://(?:[^/@]*@)?/.|(?!file:|local:)[a-z][\w.+-]*://.|/.", re.DOTALL)


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
    return None if (found := given(value)) is None else whole(found, name)


def number(value: float | str, name: str) -> float:
    """Return a number.

    :raises DevoPermanentError: it is none; names the parameter.
    """
    try:
        return float(value)
    except (TypeError, ValueError):
        raise DevoPermanentError(f"{name} must be a number, not {value!r}") from None


def number_or_none(value: float | str | None, name: str) -> float | None:
    """Return a number, or None for what a template makes of None.

    :raises DevoPermanentError: it is neither.
    """
    return None if (found := given(value)) is None else number(found, name)


def address(value: object, name: str, *, of: str = "folder", **filled: str) -> str:
    """Return the address of a file or folder that is the same on every worker.

    :param filled: what becomes of each placeholder; ``window="…"`` fills in ``{window}``.
    :raises StorageError: it is none, or relative, or holds another placeholder; names the parameter and says
        what to write.
    """
    text = value if isinstance(value, str) else ""
    if _WHOLE.match(text) and not (of == "file" and text.endswith("/")):
        if wrong := misplaced(text, filled):
            raise StorageError(f"{name} {wrong}")
        for word, meant in filled.items():
            text = text.replace(f"{{{word}}}", meant)
        return text
    shown = repr(shown_uri(text)) if text else _shown(value)
    raise StorageError(
        f"{name} is {shown}, where the whole address of a {of} is wanted, as file:///srv/{of} or"
        f" s3://bucket/{of}; a relative one would lie wherever a worker runs"
    )


def given(value: Any) -> Any:
    """Return a value, None for what a template makes of None."""
    return None if value is None or (isinstance(value, str) and value in _NOTHING) else value


def mapping(
    value: object, name: str, giver: str = "the task that makes it", needs: Sequence[str] = ()
) -> dict[str, Any]:
    """Return a mapping, of which a template may have made text: JSON, or a literal of Python.

    :param giver: the operator that returns such a mapping, for the error.
    :param needs: keys that are to be there.
    :raises DevoPermanentError: it is none, or lacks a key; names the parameter and says what to write.
    """
    found = _read(value)
    if isinstance(found, Mapping) and not (missing := [key for key in needs if key not in found]):
        return dict(found)
    what = f"a mapping without {', '.join(missing)}" if isinstance(found, Mapping) else _shown(value)
    raise DevoPermanentError(
        f"{name} must be what {giver} returned, not {what}; with that task as `task`, write"
        f" {name}=task.output"
    )


def mapping_or_none(
    value: object, name: str, giver: str = "the task that makes it", needs: Sequence[str] = ()
) -> dict[str, Any] | None:
    """Return a mapping, or None for what a template makes of None.

    :raises DevoPermanentError: it is neither.
    """
    return None if given(value) is None else mapping(value, name, giver, needs)


def listed(value: object, name: str) -> list[Any]:
    """Return a list, of which a template may have made text; empty for what it makes of None.

    :raises DevoPermanentError: it is none; names the parameter.
    """
    if given(value) is None:
        return []
    found = _read(value)
    if isinstance(found, str | Mapping) or not isinstance(found, Sequence | set | frozenset):
        raise DevoPermanentError(f"{name} must be a list, not {_shown(value)}")
    return list(found)


def literal(value: Any) -> Any:
    """Return what a template made text of, when that was a list or a mapping; else the value as it is."""
    found = _read(value)
    return found if isinstance(found, list | dict) else value


def _read(value: object) -> Any:
    """Return the data that a text spells; what is no text, or spells none, as it is."""
    if not isinstance(value, str):
        return value
    for read in (json.loads, ast.literal_eval):
        try:
            return read(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} …"
