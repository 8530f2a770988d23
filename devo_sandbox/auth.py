"""Who may ask: a token, a JWT, or a key whose secret signed the request."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from devo_sandbox import wire_errors

# How far the moment of a signed request may be from now. Devo's own bound is not documented: inferred.
CLOCK_SKEW_MS = 5 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the sandbox accepts. A JWT is compared with the token, not read."""

    token: str = field(repr=False)
    api_key: str | None = field(default=None, repr=False)
    api_secret: str | None = field(default=None, repr=False)

    def check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Let a request pass.

        :raises WireError: Devo's refusal of a wrong token, key or signature, or of none at all.
        """
        if "x-logtrust-apikey" in headers:
            self._check_signature(headers, body)
        else:
            self._check_headers(headers)

    def check_caller(self, headers: Mapping[str, str]) -> None:
        """Check what can be checked before there is a body.

        :raises WireError: as ``check``.
        """
        if "x-logtrust-apikey" not in headers:
            self._check_headers(headers)
        elif not _same(headers["x-logtrust-apikey"], self.api_key or "") or not _is_now(_moment(headers)):
            raise wire_errors.invalid_signature()

    def _check_headers(self, headers: Mapping[str, str]) -> None:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() in {"bearer", "jwt"}:
            self._check_token(given)
        elif "standalonetoken" in headers:
            self._check_token(headers["standalonetoken"])
        else:
            raise wire_errors.no_credentials()

    def _check_token(self, given: str) -> None:
        if not _same(given, self.token):
            raise wire_errors.invalid_token()

    def _check_signature(self, headers: Mapping[str, str], body: bytes) -> None:
        if not (self.api_key and self.api_secret):
            raise wire_errors.invalid_signature()
        key, moment = headers["x-logtrust-apikey"], _moment(headers)
        signed = key.encode() + body + moment.encode()
        wanted = hmac.new(self.api_secret.encode(), signed, hashlib.sha256).hexdigest()
        # All are compared, so that the time taken does not tell which was wrong.
        known = _same(key, self.api_key)
        if not (_same(headers.get("x-logtrust-sign", ""), wanted) and known and _is_now(moment)):
            raise wire_errors.invalid_signature()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _moment(headers: Mapping[str, str]) -> str:
    return headers.get("x-logtrust-timestamp", "")


def _is_now(moment: str) -> bool:
    """Tell whether a request is fresh, so that one that was overheard cannot be sent again later."""
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 16):
        return False
    return abs(time.time() * 1000 - int(moment)) <= CLOCK_SKEW_MS
