"""Where labelled domains come from, as a Dag says it: an address, and what cannot be found by looking."""

from __future__ import annotations

import ast
import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.redaction import heard, shown_uri

CLASSES = ("legit", "dga")
COLUMNS = ("host", "class", "family")

_KEYS = ("uri", "class", "family", "columns", "classes")
_OLD_KEYS = {"subclass": "family"}

Dataset = str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]]
"""A source or several, as a Dag says them."""


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """One source of a dataset; what it does not say is found by looking into the file.

    :param uri: a file; a folder or a pattern (``*.csv``) for all files there; in a pattern ``{family}`` is
        a part of each address that names its family.
    :param class_: class of every name in it, ``legit`` or ``dga``; None where a column tells.
    :param family: DGA family of all names; empty where a column tells, or nothing.
    :param columns: for ``host``, ``class`` and ``family`` the name of a column, or its number from 1.
    :param classes: for ``legit`` and ``dga`` the values of the class column that mean it; where one of the
        two is given, all other values mean the other.
    :param given: the address that was configured, when this is one of several files that it stands for.
    """

    uri: str
    class_: str | None = None
    family: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    given: str = ""

    @classmethod
    def of(cls, value: str | Mapping[str, Any]) -> DatasetSource:
        """Read what a Dag says: a URI, or ``{"uri": …, "class": "dga", "family": "conficker"}``.

        :raises DatasetError: for a missing ``uri``, unknown keys, or values that mean nothing.
        """
        fields: dict[str, Any] = {"uri": value} if isinstance(value, str) else dict(value)
        for old, new in _OLD_KEYS.items():
            if old in fields:
                fields[new] = fields.pop(old)
        if unknown := sorted(map(str, set(fields) - set(_KEYS))):
            raise DatasetError(f"A source has {', '.join(_KEYS)}, not {', '.join(map(repr, unknown))}")
        if not fields.get("uri") or not all(isinstance(fields.get(key, ""), str) for key in _KEYS[:3]):
            raise DatasetError("A source needs a uri; uri, class and family are texts")
        if fields.get("class", "dga") not in CLASSES:
            raise DatasetError(f"The class of a source is 'legit' or 'dga', not {fields['class'][:40]!r}")
        return cls(
            fields["uri"],
            fields.get("class"),
            fields.get("family", ""),
            {name: str(place) for name, place in _mapping(fields, "columns", COLUMNS).items()},
            {name: _texts(values) for name, values in _mapping(fields, "classes", CLASSES).items()},
        )

    @property
    def name(self) -> str:
        """Return the address without credentials, fit for logs and errors."""
        return shown_uri(self.uri)

    @property
    def told_as(self) -> str:
        """Return the address that was configured, fit for logs and errors."""
        return shown_uri(self.given or self.uri)

    @property
    def is_remote(self) -> bool:
        """Whether it is to be downloaded, and no file of a store."""
        return self.uri.startswith(("http://", "https://"))

    def part(self, name: str) -> DatasetSource:
        """Return one of several files in the archive that this is; itself without a name.

        :param name: as the archive has it.
        """
        return (
            replace(self, uri=f"{self.name}/{heard(name, 200)}", given=self.given or self.uri)
            if name
            else self
        )

    def line(self, **more: Any) -> str:
        """Return the line of configuration that says this source, and more about it."""
        said = {"class": self.class_, "family": self.family, "columns": dict(self.columns)}
        said |= {"classes": dict(self.classes)} | more
        told = {"uri": self.told_as} | {key: value for key, value in said.items() if value}
        return json.dumps(told, ensure_ascii=False)


def sources_of(dataset: Dataset) -> list[DatasetSource]:
    """Return the sources of a dataset: of one, or of a list of them, also as the text that a template made.

    :raises DatasetError: for an empty list or a source that is none.
    """
    if isinstance(dataset, str):
        dataset = _of_text(dataset)
    several = dataset if isinstance(dataset, Sequence) and not isinstance(dataset, str) else [dataset]
    if not several or not all(isinstance(item, (str, Mapping)) for item in several):
        raise DatasetError("A dataset is a source or a list of them; a source is a URI or a mapping with one")
    return [DatasetSource.of(item) for item in several]


def _of_text(text: str) -> Dataset:
    """Return what a list or mapping was before it became text, as JSON or by a template; else an address."""
    if text.lstrip()[:1] in {"[", "{"}:
        for read in (json.loads, ast.literal_eval):
            with contextlib.suppress(ValueError, SyntaxError):
                found: Dataset = read(text)
                return found
    return text


def _mapping(fields: Mapping[str, Any], key: str, known: Sequence[str]) -> Mapping[str, Any]:
    found = fields.get(key) or {}
    if not isinstance(found, Mapping) or not set(found) <= set(known):
        raise DatasetError(f"{key} is a mapping of {', '.join(known)}, not {str(found)[:80]!r}")
    return found


def _texts(values: Any) -> tuple[str, ...]:
    several = [values] if isinstance(values, (str, int, float)) else values
    if not isinstance(several, Sequence):
        raise DatasetError("classes holds a list of values for legit, for dga, or for both")
    return tuple(str(value).strip().lower() for value in several)
