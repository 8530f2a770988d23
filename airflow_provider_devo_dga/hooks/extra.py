"""The extra fields of a connection of one of our types: whose they are, and each checked when it is read."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_devo_dga.devo_api.access import Limits
from airflow_provider_devo_dga.devo_api.pem import pem_text
from airflow_provider_devo_dga.devo_api.tls import shown_path
from airflow_provider_devo_dga.errors import DevoConnectionConfigError
from airflow_provider_devo_dga.provider_info import get_provider_info
from airflow_provider_devo_dga.spelling import nearest

if TYPE_CHECKING:
    from airflow.sdk import Connection

log = logging.getLogger(__name__)

_YES = {"true", "1", "yes", "on", ""}
_NO = {"false", "0", "no", "off"}
_JSON = {list: "array", str: "text", int: "number", float: "number", bool: "boolean"}
_DEFAULTS = Limits()
_OLD = {"devo": {"jwt"}, "devo_events": {"key"}}
"""Fields that are still read, and stand in no form."""
_LONGEST_SHOWN = 40

_Number = TypeVar("_Number", int, float)


@functools.cache
def known_fields() -> Mapping[str, frozenset[str]]:
    """Return the extra fields of each of our types of connection."""
    return {
        (kind := one["connection-type"]): frozenset(one["conn-fields"]) | _OLD.get(kind, set())
        for one in get_provider_info()["connection-types"]
    }


class Extra:
    """The extra fields of a connection, each checked when it is read.

    :param fields: as they are stored: texts from the form, anything from JSON.
    :raises DevoConnectionConfigError: the extra is no JSON object.
    """

    def __init__(self, fields: object) -> None:
        if not isinstance(fields, dict):
            raise DevoConnectionConfigError(
                f"The connection's extra is a JSON {_JSON.get(type(fields), 'value')}, where an object is"
                ' wanted: {"timeout": 600}'
            )
        self.fields: dict[str, Any] = fields

    @classmethod
    def of(cls, connection: Connection, kind: str, fields: dict[str, Any] | None = None) -> Extra:
        """Return the extra fields of a connection that is of a type, and has no field of another name.

        A connection that tells no type, as one from a secrets backend may, is taken for one.

        :param fields: the extra fields, when they were read asynchronously.
        :raises DevoConnectionConfigError: it is of another type, or a name is nearly that of a field.
        """
        if (found := connection.conn_type or kind) != kind:
            raise DevoConnectionConfigError(
                f"The connection {connection.conn_id!r} is of the type {found!r}, where one of the type"
                f" {kind!r} is wanted; name another connection, or mend this one's conn_type"
            )
        _check_json(connection.extra)
        extra = cls(connection.extra_dejson if fields is None else fields)
        for name in extra.fields.keys() - known_fields()[kind]:
            _tell_of_unknown(str(name), kind, connection.conn_id)
        return extra

    @classmethod
    def of_another(cls, connection: Connection) -> Extra:
        """Return the extra fields of a connection to a service that we do not speak to, whatever their names.

        :raises DevoConnectionConfigError: it is of one of our types: its secrets are not for others.
        """
        if connection.conn_type in known_fields():
            raise DevoConnectionConfigError(
                f"The connection {connection.conn_id!r} is of the type {connection.conn_type!r}, whose fields"
                " are for nobody else; put the secret params into a connection of their own, of the type"
                " 'generic'"
            )
        _check_json(connection.extra)
        return cls(connection.extra_dejson)

    def text(self, name: str) -> str:
        """Return a field without spaces around it; empty when it is not there."""
        value = self.fields.get(name)
        return "" if value is None else str(value).strip()

    def choice(self, name: str, *words: str) -> str:
        """Return one of some words, the first one by default."""
        if (word := self.text(name) or words[0]) not in words:
            raise _wrong(name, f"must be {' or '.join(words)}, not {word!r}")
        return word

    def number(self, name: str, default: _Number) -> _Number:
        """Return a number from 0, of the default's type."""
        text = self.text(name)
        try:
            number = type(default)(text) if text else default
        except (ValueError, OverflowError):
            number = type(default)(-1)
        if not number >= 0:  # NaN is not, either
            raise _wrong(name, f"must be a number from 0, not {text!r}")
        return number

    def pem(self, name: str, what: str) -> str:
        """Return the text of a PEM file, or the path of one that is there."""
        if not (given := self.text(name)):
            raise _wrong(name, f"is empty; it is {what}, PEM: the text, or its path on every worker")
        if text := pem_text(given):
            return text
        try:
            found = Path(given).is_file()
        except (OSError, ValueError):
            found = False
        if not found:
            told = f"is neither a whole PEM text nor a file on this machine: {shown_path(given)}"
            raise _wrong(name, told)
        return given

    def verify(self) -> bool | str:
        """Return ``verify``: True by default, False, or path or PEM text of the authorities to trust."""
        text = self.text("verify")
        if text.lower() in _YES:
            return True
        return False if text.lower() in _NO else pem_text(text) or text

    def limits(self, timeout: float = _DEFAULTS.timeout) -> Limits:
        """Return ``timeout``, ``retries`` and ``concurrency``."""
        if not (seconds := self.number("timeout", timeout)):
            raise _wrong("timeout", f"must be above 0; leave it out for {timeout:g} seconds")
        return Limits(
            timeout=seconds,
            retries=self.number("retries", _DEFAULTS.retries),
            concurrency=max(1, self.number("concurrency", _DEFAULTS.concurrency)),
        )


def _wrong(name: str, what: str) -> DevoConnectionConfigError:
    return DevoConnectionConfigError(f"The connection's extra field {name!r} {what}")


def _check_json(text: str | None) -> None:
    """Refuse what Airflow reads as no fields at all, with no more than a line in the log."""
    try:
        json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise DevoConnectionConfigError(
            f"The connection's extra is no JSON: {error.msg}, line {error.lineno}, column {error.colno}"
        ) from None


@functools.cache  # a triggerer reads its connections every half minute
def _tell_of_unknown(name: str, kind: str, conn_id: str | None) -> None:
    """Refuse a name that is nearly that of a field; warn of one that a newer release, or nobody, knows."""
    known = sorted(known_fields()[kind])
    shown = repr(name[:_LONGEST_SHOWN])
    if meant := nearest(name, known):
        raise DevoConnectionConfigError(
            f"The connection's extra has no field {shown}; is {meant!r} meant? A connection of the type"
            f" {kind!r} knows {', '.join(known)}"
        )
    log.warning(
        "The connection %r has the extra field %s, which says nothing here; a connection of the type %r knows"
        " %s",
        conn_id,
        shown,
        kind,
        ", ".join(known),
    )
