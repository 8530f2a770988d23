"""Moments as text and back, by a written format of Java's letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from devo_sandbox import wire_errors
from devo_sandbox.linq.functions.operation import Operation, Overload, is_written
from devo_sandbox.linq.functions.time import is_zone, local
from devo_sandbox.linq.sql import Piece, quoted
from devo_sandbox.linq.types import STR, TIMESTAMP

# Java's letters, DuckDB's specifier, and what the text must look like.
FIELDS = {
    "yyyy": ("%Y", "[0-9]{4}"),
    "MM": ("%m", "[0-9]{2}"),
    "dd": ("%d", "[0-9]{2}"),
    "HH": ("%H", "[0-9]{2}"),
    "mm": ("%M", "[0-9]{2}"),
    "ss": ("%S", "[0-9]{2}"),
    "SSS": ("%g", "[0-9]{3}"),
}
A_DAY = {"yyyy", "MM", "dd"}
PART = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']")


def _is_format(piece: Piece) -> bool:
    return piece.type == STR and is_written(piece)


@lru_cache(maxsize=256)
def _parts(written: str) -> tuple[str, ...]:
    """Cut a format at its fields and plain texts.

    :raises WireError: Devo's parsing error, for letters that are not in ``FIELDS``.
    """
    parts, at = [], 0
    while at < len(written):
        found = PART.match(written, at)
        if found is None or (found[1] and found[0] not in FIELDS):
            raise wire_errors.parsing_error(
                f"the format {written!r} is not understood at its character {at + 1}"
            )
        parts.append(found[0])
        at = found.end()
    return tuple(parts)


def _plain(part: str) -> str:
    return "'" if part == "''" else part[1:-1].replace("''", "'") if part[0] == "'" else part


def _specifiers(written: str) -> str:
    pieces = (FIELDS[p][0] if p in FIELDS else _plain(p).replace("%", "%%") for p in _parts(written))
    return quoted("".join(pieces))


def _shape(written: str) -> str:
    pieces = (FIELDS[p][1] if p in FIELDS else re.escape(_plain(p)) for p in _parts(written))
    return quoted("(?s)" + "".join(pieces))


def _formatted(arguments: Sequence[Piece]) -> str:
    instant, form, *zone = arguments
    clock = local(instant, zone[0]) if zone else f"epoch_ms({instant.text})"
    return f"strftime({clock}, {_specifiers(str(form.written))})"


def _parsed(arguments: Sequence[Piece]) -> str:
    text, form, *zone = arguments
    fields = [part for part in _parts(str(form.written)) if part in FIELDS]
    if len(set(fields)) < len(fields) or not set(fields) >= A_DAY:
        raise wire_errors.parsing_error(
            f"the format {form.written!r} must name yyyy, MM and dd, each field once"
        )
    clock = f"try_strptime({text.text}, {_specifiers(str(form.written))})"
    if zone:
        clock = f"timezone({quoted(str(zone[0].written))}, {clock})"
    return f"CASE WHEN regexp_full_match({text.text}, {_shape(str(form.written))}) THEN epoch_ms({clock}) END"


OPERATIONS = (
    Operation(
        "formatdate",
        "(timestamp, str format[, str zone]) → str",
        "digest",
        "a written format of yyyy, MM, dd, HH, mm, ss, SSS and 'text', in UTC or the zone (all assumed)",
        (
            Overload((TIMESTAMP, _is_format), STR, _formatted),
            Overload((TIMESTAMP, _is_format, is_zone), STR, _formatted),
        ),
    ),
    Operation(
        "parsedate",
        "(str, str format[, str zone]) → timestamp",
        "digest",
        "formats as those of formatdate; a text that is not of the format gives null (all assumed)",
        (
            Overload((STR, _is_format), TIMESTAMP, _parsed),
            Overload((STR, _is_format, is_zone), TIMESTAMP, _parsed),
        ),
    ),
)
