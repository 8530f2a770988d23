"""Who may ask: a token, a JWT, or a key whose secret signed the request."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from airflow_provider_devo_dga.sandbox import wire_errors


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
            return
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
        key, moment = headers["x-logtrust-apikey"], headers.get("x-logtrust-timestamp", "")
        signed = key.encode() + body + moment.encode()
        wanted = hmac.new(self.api_secret.encode(), signed, hashlib.sha256).hexdigest()
        # Both are compared, so that the time taken does not tell which was wrong.
        known = _same(key, self.api_key)
        if not (_same(headers.get("x-logtrust-sign", ""), wanted) and known):
            raise wire_errors.invalid_signature()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
