"""Quote identifiers and literals for LINQ. The only way by which a value enters LINQ text."""

from __future__ import annotations

import re

from airflow_provider_devo_dga.errors import FeatureError

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_TABLE_PART = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_MODEL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_DOMAIN_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,128}")
RESERVED = frozenset(
    [
        "from",
        "where",
        "select",
        "group",
        "by",
        "every",
        "limit",
        "as",
        "pragma",
        "and",
        "or",
        "not",
        "in",
        "true",
        "false",
        "null",
    ]
)
"""Words of LINQ's own. As a field, some would be read as something else: ``null`` is never a name."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def string(value: str) -> str:
    """Return ``value`` as a LINQ string literal.

    :raises FeatureError: for control characters, which LINQ has no documented escape for.
    """
    if _CONTROL.search(value):
        raise FeatureError(f"A LINQ string cannot hold control characters: {value!r}")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def identifier(name: str) -> str:
    """Return a column name or alias, checked.

    :raises FeatureError: for anything but letters, digits and ``_``, and for words of LINQ's own.
    """
    if not _IDENTIFIER.fullmatch(name):
        raise FeatureError(f"{name!r} is not a LINQ field name (letters, digits and '_' only)")
    if name in RESERVED:
        raise FeatureError(f"{name!r} is a word of LINQ's own, not a field name")
    return name


def table(name: str) -> str:
    """Return a dotted table name such as ``demo.ecommerce.data``, checked.

    :raises FeatureError: for anything but dotted words of letters, digits and ``_``.
    """
    if not name or not all(_TABLE_PART.fullmatch(part) for part in name.split(".")):
        raise FeatureError(f"{name!r} is not a Devo table name (words of letters, digits and '_', with dots)")
    return name


def model_name(name: str) -> str:
    """Return a model name, checked: it also becomes part of the Model Manager's addresses.

    :raises FeatureError: for anything but 1–64 letters, digits, ``_``, ``.`` and ``-``.
    """
    if not _MODEL_NAME.fullmatch(name):
        raise FeatureError(f"{name!r} is not a usable model name (1–64 letters, digits, '_', '.', '-')")
    return name


def domain_name(name: str) -> str:
    """Return a Devo domain name such as ``self``, checked.

    :raises FeatureError: for anything but 1–128 letters, digits, ``_``, ``.``, ``@`` and ``-``.
    """
    if not _DOMAIN_NAME.fullmatch(name):
        raise FeatureError(f"{name!r} is not a Devo domain name (letters, digits, '_', '.', '@', '-')")
    return name
