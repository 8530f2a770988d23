"""JSON documents that outlive the release that wrote them: numbered, read strictly, told apart when newer.

A record is a dataclass; msgspec reads and writes its fields. Each kind of document counts its formats from 1
in the field ``format``; a document without one is of format 0, from before they were counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from airflow_provider_devo_dga.errors import DevoDgaError, DocumentError

Record = TypeVar("Record")
Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

FIELD = "format"


@dataclass(frozen=True)
class DocumentKind(Generic[Record]):
    """One kind of stored document.

    :param name: what people call it, e.g. ``summary of a training``.
    :param record: the dataclass that its newest format fills.
    :param format: number of the newest format.
    :param upgrades: for each older format that is still read, how to make the next one of it.
    """

    name: str
    record: type[Record]
    format: int
    upgrades: Mapping[int, Upgrade] = field(default_factory=dict)

    def write(self, record: Record) -> bytes:
        """Return the document, indented, with its format number first."""
        import msgspec

        numbered = {FIELD: self.format, **msgspec.to_builtins(record)}
        return msgspec.json.format(msgspec.json.encode(numbered), indent=2)

    def read(self, content: bytes | str, place: object) -> Record:
        """Return the record of a document.

        :param place: where it lies, for the error.
        :raises DocumentError: it is no JSON object, of a newer or a forgotten format, or lacks something.
        """
        import msgspec

        try:
            found = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DocumentError(f"{place} is no {self.name}: it is no JSON ({error})") from None
        return self.of(found, place)

    def of(self, found: object, place: object) -> Record:
        """Return the record of a decoded document; see :meth:`read`."""
        import msgspec

        if not isinstance(found, dict):
            raise DocumentError(f"{place} is no {self.name}: it is no JSON object")
        try:
            return msgspec.convert(self._newest(found, place), self.record, strict=True)
        except (msgspec.ValidationError, DevoDgaError, KeyError, TypeError, AttributeError) as error:
            raise DocumentError(f"{place} is a damaged {self.name}: {error}") from None

    def _newest(self, found: dict[str, Any], place: object) -> dict[str, Any]:
        number = found.get(FIELD, 0)
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise DocumentError(f"{place} is a damaged {self.name}: its format is {number!r}, not a number")
        if number > self.format:
            raise DocumentError(
                f"{place} is a {self.name} of format {number}; this release reads up to {self.format}."
                " Upgrade airflow-provider-devo-dga here to the release that wrote it"
            )
        while number < self.format:
            if number not in self.upgrades:
                raise DocumentError(
                    f"{place} is a {self.name} of format {number}, which this release no longer reads"
                )
            found = self.upgrades[number](found)
            number += 1
        return found
