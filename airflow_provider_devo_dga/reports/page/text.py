"""Make hostile text harmless to look at. Escaping for HTML is the template's part."""

from __future__ import annotations

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")  # spreadsheets fold full-width signs too


def visible(text: object) -> str:
    r"""Return ``text`` with each character that cannot be seen as its escape, like ``\n`` or ``\u202e``.

    Control, format (right-to-left marks, joiners), unassigned and separator characters are meant: they
    break lines, reverse reading or hide.
    """
    return "".join(
        _escape(character) if unicodedata.category(character) in _INVISIBLE else character
        for character in str(text)
    )


def defang(host: str) -> str:
    """Return a host nobody can click on: ``bad[.]example``."""
    return visible(host).replace(".", "[.]")


def shorten(text: str, width: int = 60) -> str:
    """Return at most ``width`` characters, an ellipsis last when something is missing."""
    return text if len(text) <= width else text[: width - 1] + "…"


def spreadsheet_cell(text: str) -> str:
    """Return text that a spreadsheet takes for text, never for a formula; on one line."""
    return ("'" if text.startswith(_FORMULA_STARTS) else "") + visible(text)


def _escape(character: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    if named:
        return named
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
