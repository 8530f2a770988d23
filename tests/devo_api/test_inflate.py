"""A coded answer gives what was coded, of however many members, or an error."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_devo_dga.devo_api.inflate import Inflater
from airflow_provider_devo_dga.errors import DevoIncompleteError, DevoResultError

TEXT = b'{"d":[1,"' + random.Random(1).randbytes(400).hex().encode() + b'"]}\r\n'  # noqa: S311 - of a test


def inflated(content: bytes, coding: str = "gzip", size: int = 7) -> bytes:
    inflater = Inflater(coding)
    found = b"".join(
        piece for at in range(0, len(content), size) for piece in inflater.feed(content[at : at + size])
    )
    inflater.close()
    return found


@given(
    members=st.lists(st.binary(max_size=300), min_size=1, max_size=5),
    size=st.integers(1, 700),
    padding=st.integers(0, 20),
)
def test_members_follow_one_another(members: list[bytes], size: int, padding: int) -> None:
    content = b"".join(map(gzip.compress, members)) + bytes(padding)
    assert inflated(content, size=size) == b"".join(members)


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", " gzip "])
def test_names_of_gzip(coding: str) -> None:
    assert inflated(gzip.compress(TEXT), coding) == TEXT


def test_deflate_in_its_wrapper() -> None:
    assert inflated(zlib.compress(TEXT), "deflate") == TEXT


@pytest.mark.parametrize("coding", ["", "identity"])
def test_without_a_coding_bytes_pass_as_they_are(coding: str) -> None:
    assert inflated(TEXT, coding) == TEXT


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "gzip, identity"])
def test_what_was_not_asked_for_is_refused(coding: str) -> None:
    with pytest.raises(DevoResultError, match="was not asked for"):
        Inflater(coding)


@pytest.mark.parametrize(
    ("content", "coding"),
    [(gzip.compress(TEXT), "gzip"), (gzip.compress(TEXT) * 2, "gzip"), (zlib.compress(TEXT), "deflate")],
)
def test_every_cut_is_an_error_but_the_one_between_members(content: bytes, coding: str) -> None:
    ends = {len(gzip.compress(TEXT)), len(content)}
    for cut in range(len(content)):
        if cut in ends:
            continue  # whole members are whole: that more was to come only the transfer can tell
        with pytest.raises(DevoIncompleteError):
            inflated(content[:cut], coding, size=4096)


@pytest.mark.parametrize(
    "content", [b"<html>", gzip.compress(TEXT) + b"<html>", gzip.compress(TEXT)[:-8] + bytes(8)]
)
def test_damage_is_an_error(content: bytes) -> None:
    with pytest.raises(DevoIncompleteError, match="damaged"):
        inflated(content)


def test_a_small_answer_that_inflates_to_a_large_one_takes_little_memory() -> None:
    content = gzip.compress(bytes(200_000_000))
    tracemalloc.start()
    inflater = Inflater("gzip")
    size = sum(len(piece) for piece in inflater.feed(content))
    inflater.close()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == 200_000_000
    assert peak < 8_000_000
