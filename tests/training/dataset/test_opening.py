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
from airflow_provider_devo_dga.training.dataset.opening import open_dataset

TEXT = b"host;domain;class;subclass\n" + b"a.com;a;legit;legit\n" * 1000


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
    with open_dataset(path) as stream:
        assert stream.read() == TEXT


def test_any_object_that_opens_is_a_source() -> None:
    with open_dataset(RemotePath()) as stream:
        assert stream.read() == TEXT


@pytest.mark.parametrize("content", [b"", b"x"])
def test_short_files_are_passed_on(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "short").write_bytes(content)
    with open_dataset(tmp_path / "short") as stream:
        assert stream.read() == content


@pytest.mark.parametrize("members", [{}, {"a": TEXT, "b": TEXT}])
def test_a_zip_must_hold_one_file(tmp_path: Path, members: dict[str, bytes]) -> None:
    (tmp_path / "data.zip").write_bytes(zipped(**members))
    with (
        pytest.raises(DatasetError, match=f"exactly one file, not {len(members)}"),
        open_dataset(tmp_path / "data.zip"),
    ):
        pass


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.zip").write_bytes(PACKED["zip"][:200])
    with pytest.raises(DatasetError, match="looks like a zip"), open_dataset(tmp_path / "data.zip"):
        pass


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"), open_dataset(tmp_path / "absent.csv"):
        pass


@pytest.mark.parametrize("uri", ["ftp://host/x", "s3://bucket/x", "/etc/passwd", "file:///etc/passwd", ""])
def test_other_addresses_are_refused(uri: str) -> None:
    with pytest.raises(DatasetError, match="not an http"), open_dataset(uri):
        pass


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
    with open_dataset(f"{server}/{form}?sig=secret") as stream:
        assert stream.read() == TEXT


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
        open_dataset(f"{server}/{form}?sig=secret"),
    ):
        pass
    assert type(raised.value) is error
    assert f"/{form}" in str(raised.value)
    assert "secret" not in str(raised.value) + caplog.text


def test_a_server_that_is_not_there_is_a_training_error() -> None:
    with (
        pytest.raises(TrainingError, match=r"http://127.0.0.1:1/x: ConnectError"),
        open_dataset("http://user:secret@127.0.0.1:1/x?sig=secret"),
    ):
        pass
