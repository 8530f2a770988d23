"""Read MOJO files, and refuse what is none."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from airflow_provider_devo_dga.errors import MojoExportError
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.models.mojo import inspect_mojo
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
    with pytest.raises(MojoExportError, match="not a zip archive"):
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
