"""Quote identifiers and literals for LINQ. The only way by which a value enters LINQ text."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from airflow_provider_devo_dga.errors import FeatureError

_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]{0,127}"
RESERVED = re.compile("from|where|select|group|by|every|limit|as|pragma|and|or|not|in|true|false|null")
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

    :raises FeatureError: for anything but letters, digits and ``_``, and for words of LINQ's own, which
        can be read as something else: ``null`` is never a name.
    """
    if RESERVED.fullmatch(name):
        raise FeatureError(f"{name!r} is a word of LINQ's own, not a field name")
    return _checked(name, _IDENTIFIER, "a LINQ field name (letters, digits and '_' only)")


def table(name: str) -> str:
    """Return a dotted table name such as ``demo.ecommerce.data``, checked.

    :raises FeatureError: for anything but dotted words of letters, digits and ``_``.
    """
    words = rf"{_IDENTIFIER}(\.{_IDENTIFIER})*"
    return _checked(name, words, "a Devo table name (words of letters, digits and '_', with dots)")


def model_name(name: str) -> str:
    """Return a model name, checked: it also becomes part of the Model Manager's addresses.

    :raises FeatureError: for anything but 1–64 letters, digits, ``_``, ``.`` and ``-``.
    """
    wanted = "a usable model name (1–64 letters, digits, '_', '.', '-')"
    return _checked(name, "[A-Za-z0-9_.-]{1,64}", wanted)


def domain_name(name: str) -> str:
    """Return a Devo domain name such as ``self``, checked.

    :raises FeatureError: for anything but 1–128 letters, digits, ``_``, ``.``, ``@`` and ``-``.
    """
    wanted = "a Devo domain name (letters, digits, '_', '.', '@', '-')"
    return _checked(name, "[A-Za-z0-9_.@-]{1,128}", wanted)


def response_code(code: str) -> str:
    """Return a response code such as ``NXDOMAIN`` or ``503``, checked: it stands for itself in a pattern.

    :raises FeatureError: for anything but 1–64 letters, digits, ``_``, ``-`` and blanks.
    """
    return _checked(code, "[A-Za-z0-9_ -]{1,64}", "a response code (letters, digits, '_', '-', blanks)")


def _checked(name: str, pattern: str, wanted: str) -> str:
    if not re.fullmatch(pattern, name):
        raise FeatureError(f"{name!r} is not {wanted}")
    return name


def number(value: float) -> str:
    """Return ``value`` as a float8 expression that brings back the same double.

    :raises FeatureError: for what is no number, or infinite.
    """
    if not math.isfinite(value):
        raise FeatureError(f"{value} is not a number that LINQ can spell")
    # no exponent, which is not documented; a minus could be read as one between two numbers
    plain = f"{abs(Decimal(repr(float(value)))):f}"
    digits = plain if "." in plain else f"{plain}.0"
    return f"(0.0 - {digits})" if value < 0 else digits
