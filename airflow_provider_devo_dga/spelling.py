"""What a misspelt word was meant for: a name, or a ``{placeholder}`` in an address."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection

from airflow_provider_devo_dga.redaction import shown_uri

_WORD = re.compile(r"\{+\s*([A-Za-z_][\w.]*)\s*\}+")
_NEAR = 0.7


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the word that another was most likely meant for, None where it is like none."""
    return next(iter(difflib.get_close_matches(word.lower(), known, n=1, cutoff=_NEAR)), None)


def misplaced(address: str, known: Collection[str]) -> str:
    """Return what is wrong with the placeholders of an address: nobody fills them in; empty if all is well.

    ``{2,3}`` and ``{}`` are no placeholders. What is secret in an address is not looked at.

    :param known: the words that are filled in, without braces.
    """
    for found in _WORD.finditer(shown_uri(address)):
        if found[0] not in (braced := [f"{{{word}}}" for word in known]):
            close = nearest(found[1], known)
            meant = f"is {{{close}}} meant?" if close else f"there is {', '.join(braced) or 'none here'}"
            return f"holds {found[0]}, which nobody fills in; {meant}"
    return ""
