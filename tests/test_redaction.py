"""No text of ours shows a secret that is known, however a server has written it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from airflow_provider_devo_dga.errors import DevoAuthError, H2OClusterError
from airflow_provider_devo_dga.redaction import beginning, heard, keep_secret, quiet, shown_uri

SECRET = "s3cr-8f3a61c27b5e4d90/+x_W"
WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in a header": "Authorization: Bearer {}".format,
    "in capitals": str.upper,
    "in a page": "<p>{}</p>".format,
    "in a URL": lambda secret: quote(secret, safe=""),
    "in a URL of a URL": lambda secret: quote(quote(secret, safe=""), safe=""),
    "in JSON": lambda secret: json.dumps({"token": secret}).replace("/", "\\/"),
    "in a script": lambda secret: secret.replace("/", "\\u002f").replace("+", "\\x2b"),
    "in HTML": lambda secret: secret.replace("-", "&#45;").replace("+", "&plus;"),
    "over two fields": lambda secret: json.dumps({"a": secret[:13], "b": secret[13:]}),
    "wrapped": lambda secret: f"{secret[:9]}\r\n  {secret[9:]}",
    "cut": lambda secret: secret[:11],
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "a login's base64": lambda secret: base64.b64encode(f"a:{secret}".encode()).decode(),
    "a header's base64": lambda secret: base64.b64encode(f"Bearer {secret}".encode()).decode(),
    "hexadecimal": lambda secret: secret.encode().hex(),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_a_server_that_quotes_a_secret_is_not_quoted(way: str) -> None:
    keep_secret(SECRET)
    written = WRITTEN[way](SECRET)
    shown = heard(f"refused: {written} (see the manual)")
    pieces = {written[at : at + 12] for at in range(max(1, len(written) - 11))}
    assert [piece for piece in pieces if piece in shown and piece not in "Authorization: Bearer "] == []
    assert shown.startswith("refused: ")
    assert shown.endswith(" (see the manual)")


def test_a_signature_is_not_quoted_though_nobody_keeps_it() -> None:
    assert heard(f"x-logtrust-sign: {'0aF3' * 16}") == "x-logtrust-sign: ***"


def test_other_words_stay() -> None:
    keep_secret("linebreak", "abc")
    told = "Devo says abc, a line break, and more"
    assert heard(told.replace("line", "lane")) == told.replace("line", "lane")
    assert str(H2OClusterError(told)) == told


def test_a_password_that_is_a_word_is_hidden_wherever_it_stands() -> None:
    keep_secret("error", "refused")
    assert str(H2OClusterError("H2O refused: an Error of terror")) == "H2O ***: an *** of t***"


@pytest.mark.parametrize("word", ["\n", "\r", "\x1b[31m", "\0", "\u2028", "\u202e", "\x85", "\u200b"])
def test_what_a_server_says_is_one_plain_line(word: str) -> None:
    assert heard(f"a{word}b").isprintable()
    assert beginning(f"<html>{word}".encode()).isprintable()


def test_what_a_server_says_has_an_end() -> None:
    assert len(heard("a" * 100_000)) < 1100


def test_an_error_of_ours_leaves_a_secret_out_whoever_made_it() -> None:
    keep_secret(SECRET)
    error = DevoAuthError(f"refused {SECRET}", code=f"a{SECRET}", cid=f"{SECRET}\n")
    assert str(error) == "refused *** [code a***, cid ***\\n]"
    assert error.message == "refused ***"
    assert str(H2OClusterError(f"gone {SECRET}")) == "gone ***"


def test_the_cause_of_an_error_is_made_quiet_with_all_its_causes() -> None:
    keep_secret(SECRET)
    inner, outer = ValueError(f"illegal line {SECRET}", 7), RuntimeError(SECRET)
    outer.__cause__ = inner
    quiet(outer)
    assert (outer.args, inner.args) == (("***",), ("illegal line ***", 7))


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://user:pa@ss@host:8/a?X-Amz-Signature=1#b", "https://host:8/a"),
        ("https://account.blob.example/c/a.csv?sv=1&sig=abc%3D", "https://account.blob.example/c/a.csv"),
        ("s3://conn_id@bucket/key", "s3://bucket/key"),
        ("s3://key:sec/ret@bucket/key?x=1", "s3://bucket/key"),
        ("abfss://container@account.example/a?sig=1", "abfss://container@account.example/a"),
        ("abfss://user:pass@account.example/a", "abfss://account.example/a"),
        ("file:///data/a b", "file:///data/a b"),
        ("/data/what?", "/data/what?"),
    ],
)
def test_a_uri_is_shown_without_what_may_be_secret(uri: str, shown: str) -> None:
    assert shown_uri(uri) == shown


def test_a_uri_inside_an_error_loses_its_secrets() -> None:
    told = H2OClusterError("No file at https://u:word@host/a?x=1&X-Amz-Signature=abc; look there")
    assert str(told) == "No file at https://***@host/a?x=1&X-Amz-Signature=***; look there"
