"""Open datasets from paths and over HTTP, compressed or not, without telling credentials."""

from __future__ import annotations

import bz2
import gzip
import io
import logging
import lzma
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from airflow_provider_devo_dga.errors import DatasetError, TrainingError
from airflow_provider_devo_dga.storage import StoragePath
from airflow_provider_devo_dga.training.dataset.opening import open_dataset

TEXT = b"host;domain;class;subclass\n" + b"a.com;a;legit;legit\n" * 1000


def read(source: str | StoragePath) -> bytes:
    """Return the bytes of a source that is one file."""
    with open_dataset(source) as parts:
        [(name, content)] = [(part.name, part.stream.read()) for part in parts]
    assert name == ""
    return content


def zipped(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", b"")
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


PACKED = {
    "plain": TEXT,
    "gzip": gzip.compress(TEXT),
    "bzip2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "zip": zipped(rows=TEXT),
}


class Pipe(io.RawIOBase):
    """A stream that cannot be rewound, as object stores may give."""

    def __init__(self, content: bytes) -> None:
        self.inner = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        return self.inner.readinto(buffer)


class RemotePath:
    def open(self, mode: str = "r", /) -> io.RawIOBase:
        assert mode == "rb"
        return Pipe(PACKED["zip"])


@pytest.mark.parametrize("form", PACKED)
def test_compression_is_told_by_content(tmp_path: Path, form: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(PACKED[form])
    assert read(path) == TEXT


def test_any_object_that_opens_is_a_source() -> None:
    assert read(RemotePath()) == TEXT


@pytest.mark.parametrize("content", [b"", b"x"])
def test_short_files_are_passed_on(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "short").write_bytes(content)
    assert read(tmp_path / "short") == content


def test_a_zip_of_several_files_is_read_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "data.zip").write_bytes(zipped(**{"b": b"1", "a/c": b"2", "__MACOSX/b": b"x", "a/._c": b"x"}))
    with open_dataset(tmp_path / "data.zip") as parts:
        assert [(part.name, part.stream.read()) for part in parts] == [("b", b"1"), ("a/c", b"2")]


def test_a_zip_of_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.zip").write_bytes(zipped())
    with pytest.raises(DatasetError, match="holds no file"):
        read(tmp_path / "data.zip")


def test_a_zip_with_a_password_is_refused_by_the_file(tmp_path: Path) -> None:
    content = bytearray(zipped(rows=TEXT))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the bit that says it is encrypted
        content[content.rindex(mark) + place] |= 1
    (tmp_path / "data.zip").write_bytes(content)
    with pytest.raises(DatasetError, match="rows of the zip archive is encrypted"):
        read(tmp_path / "data.zip")


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.zip").write_bytes(PACKED["zip"][:200])
    with pytest.raises(DatasetError, match="looks like a zip"):
        read(tmp_path / "data.zip")


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"):
        read(tmp_path / "absent.csv")


@pytest.mark.parametrize("uri", ["ftp://host/x", "s3://bucket/x", "/etc/passwd", "file:///etc/passwd", ""])
def test_other_addresses_are_refused(uri: str) -> None:
    with pytest.raises(DatasetError, match="not an http"):
        read(uri)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind = self.path.split("?")[0].strip("/")
        if kind == "moved":
            self.send_response(302)
            self.send_header("Location", "/gzip?sig=secret")
            self.end_headers()
        elif kind.isdigit():
            self.send_error(int(kind))
        elif kind == "cut":
            self.answer(TEXT[:100], length=len(TEXT))
        else:
            self.answer(PACKED[kind], length=len(PACKED[kind]))

    def answer(self, content: bytes, length: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://user:secret@127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("form", [*PACKED, "moved"])
def test_http_download(server: str, form: str) -> None:
    assert read(f"{server}/{form}?sig=secret") == TEXT


@pytest.mark.parametrize(
    ("form", "error", "words"),
    [
        ("404", DatasetError, "HTTP 404"),
        ("403", DatasetError, "HTTP 403"),
        ("503", TrainingError, "HTTP 503"),
        ("429", TrainingError, "HTTP 429"),
        ("cut", TrainingError, "RemoteProtocolError"),
    ],
)
def test_http_errors_are_typed_and_tell_no_secret(
    server: str, form: str, error: type[Exception], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(TrainingError, match=words) as raised,
    ):
        read(f"{server}/{form}?sig=secret")
    assert type(raised.value) is error
    assert f"/{form}" in str(raised.value)
    assert "secret" not in str(raised.value) + caplog.text


def test_a_server_that_is_not_there_is_a_training_error() -> None:
    with (
        pytest.raises(TrainingError, match=r"http://127.0.0.1:1/x: ConnectError"),
    ):
        read("http://user:secret@127.0.0.1:1/x?sig=secret")
