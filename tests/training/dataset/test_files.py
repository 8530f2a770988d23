"""Which files an address stands for, and what is said of files that are damaged."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.training.dataset.files import files_of, opened_sources
from airflow_provider_devo_dga.training.dataset.inspection import Inspection
from airflow_provider_devo_dga.training.dataset.prepare import prepare_sources
from airflow_provider_devo_dga.training.dataset.source import DatasetSource


@pytest.mark.parametrize(
    ("pattern", "file"),
    [
        ("{family}.csv", "conficker.csv"),
        ("./{family}.csv", "conficker.csv"),
        ("lists/{family}_dga.csv", "lists/conficker_dga.csv"),
        ("{family}/list/*.txt", "conficker/list/1000.txt"),
        ("../here/{family}.csv", "conficker.csv"),
        ("/{family}-1.csv", "conficker-1.csv"),
    ],
)
def test_the_family_is_the_whole_part_of_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, file: str
) -> None:
    here = tmp_path / "here"
    (here / file).parent.mkdir(parents=True)
    (here / file).write_text("a.com\n")
    monkeypatch.chdir(here)
    uri = f"{here}{pattern}" if pattern.startswith("/") else pattern
    (found,) = files_of(DatasetSource(uri), Path)
    assert found.family == "conficker"
    assert Path(found.uri).samefile(here / file)


@pytest.mark.parametrize("uri", ["lists/{famly}.csv", "https://example.com/{famly}.csv", "lists/*/{Family}"])
def test_another_placeholder_is_told_with_the_one_that_is_meant(uri: str) -> None:
    with pytest.raises(DatasetError, match=r"which nobody fills in; is \{family\} meant"):
        files_of(DatasetSource(uri), Path)


ROWS = 5000


def parquet(path: Path, **columns: pa.Array) -> Path:
    hosts = pa.array([f"name{n:05}.com" for n in range(ROWS)])
    classes = pa.array(["legit", "dga"] * (ROWS // 2))
    pq.write_table(pa.table({"host": hosts, "class": classes, **columns}), path)
    return path


def cut(path: Path) -> None:
    parquet(path)
    path.write_bytes(path.read_bytes()[:-200])


def corrupt(path: Path) -> None:
    content = bytearray(parquet(path).read_bytes())
    content[200:2000] = b"\xff" * 1800
    path.write_bytes(content)


def within_zstd(path: Path) -> None:
    content = parquet(path).read_bytes()
    with pa.CompressedOutputStream(str(path), "zstd") as target:
        target.write(content)


def bad_zip(path: Path) -> None:
    letters = bytes(random.Random(1).choices(b"abcdefghij", k=3_000_000))  # noqa: S311
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rows", b"host,class\n" + letters.replace(b"j", b".com,dga\n"))
    content = bytearray(path.read_bytes())
    content[2_500_000] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [cut, corrupt, within_zstd, bad_zip])
def test_damage_is_told_of_a_source(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "data"
    damage(path)  # type: ignore[operator]
    inspection = Inspection([str(path)], Path)
    assert "refused" in "\n".join(inspection.lines())
    assert not inspection.usable
    with pytest.raises(DatasetError):
        prepare_sources(opened_sources(str(path), Path), tmp_path / "prepared.csv")


def test_a_column_of_bytes_is_passed_over(tmp_path: Path) -> None:
    digests = pa.array([b"\xff" + bytes([n % 251]) * 15 for n in range(ROWS)], pa.binary())
    path = parquet(tmp_path / "data", md5=digests)
    report = prepare_sources(opened_sources(str(path), Path), tmp_path / "prepared.csv")
    assert (report.rows_read, report.legit, report.dga) == (ROWS, ROWS // 2, ROWS // 2)


def test_an_inspection_shows_no_credentials(tmp_path: Path) -> None:
    said = "\n".join(Inspection(["https://me:s3cret@127.0.0.1:9/x.csv"], Path).lines())
    assert "refused" in said
    assert "s3cret" not in said
