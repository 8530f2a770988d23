"""Read MOJO files, and refuse what is none."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_devo_dga.errors import MojoExportError
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.models.mojo import inspect_detector, inspect_mojo
from airflow_provider_devo_dga.models.mojo_scoring import score_mojo

INI = """[info]
h2o_version = 3.46.0.11
algo = gbm
category = Binomial
supervised = true
default_threshold = 0.25
link = a = b

[columns]
length
entropy
vowel_proportion
malicious

[domains]
3: 2 d000.txt
"""


def mojo(path: Path, ini: str = INI, domain: str = "0\n1\n") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.ini", ini)
        archive.writestr("domains/d000.txt", domain)
    return path


def test_facts_of_a_mojo(tmp_path: Path) -> None:
    path = mojo(tmp_path / "m.zip")
    info = inspect_mojo(path)
    assert info.columns == TUTORIAL_FEATURES.names
    assert (info.response, info.response_domain) == ("malicious", ("0", "1"))
    assert (info.category, info.algorithm, info.h2o_version) == ("Binomial", "gbm", "3.46.0.11")
    assert info.default_threshold == 0.25
    assert info.size == path.stat().st_size
    assert info.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_regression_has_no_response_domain(tmp_path: Path) -> None:
    ini = INI.replace("3: 2 d000.txt\n", "").replace("Binomial", "Regression")
    info = inspect_mojo(mojo(tmp_path / "m.zip", ini))
    assert info.response_domain == ()


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MojoExportError, match=r"no MOJO file 'absent\.zip'"):
        inspect_mojo(tmp_path / "absent.zip")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MojoExportError, match="Cannot read"):
        inspect_mojo(tmp_path)


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.zip").write_bytes(b"<html>")
    with pytest.raises(MojoExportError, match="not a zip file"):
        inspect_mojo(tmp_path / "m.zip")


def test_a_zip_without_a_model_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("readme", "")
    with pytest.raises(MojoExportError, match=r"model\.ini"):
        inspect_mojo(tmp_path / "m.zip")


@pytest.mark.parametrize(
    "ini",
    [
        "",
        INI.replace("supervised = true", "supervised = false"),
        INI.replace("category = Binomial\n", ""),
        INI.replace("default_threshold = 0.25", "default_threshold = high"),
        INI.replace("d000.txt", "d001.txt"),
        INI.replace("3: 2 d000.txt", "nonsense"),
    ],
)
def test_a_damaged_description_is_refused(tmp_path: Path, ini: str) -> None:
    with pytest.raises(MojoExportError, match="not a usable MOJO"):
        inspect_mojo(mojo(tmp_path / "m.zip", ini))


def test_scoring_refuses_another_feature_set(tmp_path: Path) -> None:
    path = mojo(tmp_path / "m.zip", INI.replace("entropy\n", "entropie\n"))
    with pytest.raises(MojoExportError, match="not a two-class model over the feature set 'tutorial'"):
        score_mojo(path, TUTORIAL_FEATURES, ["example.com"])


def test_scoring_no_hosts_needs_no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert score_mojo(mojo(tmp_path / "m.zip"), TUTORIAL_FEATURES, []) == []


def zipped(path: Path, members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


MEMBERS = {"model.ini": INI.encode(), "domains/d000.txt": b"0\n1\n"}
MANY = b"x" * (5 << 20)


@pytest.mark.parametrize(
    "members",
    [
        {"model.ini": MANY},
        {**MEMBERS, "domains/d000.txt": MANY},
        {**MEMBERS, "experimental/modelDetails.json": MANY},
    ],
    ids=["model.ini", "classes", "any text"],
)
def test_what_inflates_to_more_than_a_model_is_refused(tmp_path: Path, members: dict[str, bytes]) -> None:
    with pytest.raises(MojoExportError, match="inflates to more than"):
        inspect_mojo(zipped(tmp_path / "m.zip", members))


def told(path: Path, size: int, crc: int) -> Path:
    """Have the one big member say another size and checksum."""
    content = path.read_bytes()
    for true, false in ((len(MANY), size), (zlib.crc32(MANY), crc)):
        content = content.replace(true.to_bytes(4, "little"), false.to_bytes(4, "little"))
    path.write_bytes(content)
    return path


def test_trees_that_inflate_to_more_than_a_model_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "m.zip", {**MEMBERS, "trees/t00_000.bin": MANY})
    with pytest.raises(MojoExportError, match="inflates to more than 512 MB"):
        inspect_mojo(told(path, 600 << 20, zlib.crc32(MANY)))


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("summed", [1000, 1001])
def test_a_member_that_holds_more_than_it_says_is_refused(tmp_path: Path, how: int, summed: int) -> None:
    path = zipped(tmp_path / "m.zip", {**MEMBERS, "trees/t00_000.bin": MANY}, how)
    with pytest.raises(MojoExportError, match=r"of another size than it says|Bad CRC"):
        inspect_mojo(told(path, 1000, zlib.crc32(MANY[:summed])))


def test_a_list_of_files_beyond_a_models_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        for number in range(80):
            empty = zipfile.ZipInfo(str(number))
            empty.comment = b"x" * 0xFFFF
            archive.writestr(empty, b"")
    with pytest.raises(MojoExportError, match="its list of files is longer"):
        inspect_mojo(tmp_path / "m.zip")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("default_threshold = NaN", "default_threshold"),
        ("init_f = Infinity", "init_f"),
        ("beta = [0.5, NaN, -1.0]", "beta"),
        ("num_means = [0.0, -Infinity]", "num_means"),
        ("prior_class_distrib = [NaN, NaN]", "prior_class_distrib"),
    ],
)
def test_numbers_that_are_none_are_refused(tmp_path: Path, line: str, told: str) -> None:
    ini = INI.replace("link = a = b", line)
    with pytest.raises(MojoExportError, match=f"{told} is no number"):
        inspect_mojo(mojo(tmp_path / "m.zip", ini))


def test_equal_classes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MojoExportError, match="two of its classes are equal: 1, 1"):
        inspect_mojo(mojo(tmp_path / "m.zip", domain="1\n1\n"))


@pytest.mark.parametrize("domain", ["1\n0\n", "legit\ndga\n", "0\n1\n2\n", ""])
def test_a_detector_answers_0_and_1(tmp_path: Path, domain: str) -> None:
    assert inspect_detector(mojo(tmp_path / "m.zip")).response_domain == ("0", "1")
    with pytest.raises(MojoExportError, match="those of a detector are '0', '1'"):
        inspect_detector(mojo(tmp_path / "n.zip", domain=domain))


@given(at=st.integers(0), value=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_file_is_read_or_refused(at: int, value: int, *, cut: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = zipped(Path(folder) / "m.zip", MEMBERS)
        content = bytearray(path.read_bytes())
        content[at % len(content)] = value
        path.write_bytes(content[: at % len(content)] if cut else content)
        with contextlib.suppress(MojoExportError):
            inspect_mojo(path)
