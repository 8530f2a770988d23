"""The command that says what a file is: by itself, without Airflow, with an exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.__main__ import main
from tests.training.dataset.shapes import BAD, GOOD, lines

if TYPE_CHECKING:
    import pytest


def files(folder: Path) -> Path:
    rows = [
        f"{host},{int(host in BAD)},{'necurs' if host in BAD else ''}"
        for host in GOOD + BAD
        for _ in range(3)
    ]
    rows = [f"a{n % 3}.{n}{row}" for n, row in enumerate(rows)]
    (folder / "flags.csv").write_text(
        lines(["domain,isDGA,family", *rows, '"a.com,1,x', "1.2.3.4,1,x", "q.bazar,1,bazar"])
    )
    (folder / "list.txt").write_text(lines(BAD))
    return folder


def test_a_usable_file_is_told_with_what_to_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = files(tmp_path) / "flags.csv"
    assert main(["dataset", "inspect", file.as_uri()]) == 0
    told = capsys.readouterr().out
    for words in (
        "form       3 columns between commas, with a header",
        "columns    host: domain, class: isDGA, family: family",
        "dga        1",
        "rows       243 read, 240 usable: 120 legit, 120 DGA",
        "families   necurs 120",
        "no public suffix: bazar 1",
        "1 another number of fields, or a stray quote: line 242: '\"a.com,1,x'",
        "1 an IP address: line 243: '1.2.3.4'",
        f'dataset="{file.as_uri()}"',
    ):
        assert words in told


def test_every_source_is_told_where_one_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = files(tmp_path)
    assert (
        main(["dataset", "inspect", f"{folder}/list.txt", f"{folder}/none.csv", f"{folder}/flags.csv"]) == 1
    )
    told = capsys.readouterr().out
    assert '"class": "legit"}' in told
    assert "No such file" in told
    assert "240 usable" in told


def test_what_it_proposes_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = {"uri": f"{files(tmp_path)}/list.txt", "class": "dga", "family": "necurs"}
    assert main(["dataset", "inspect", json.dumps(source)]) == 1
    assert (
        'no usable legit rows; both classes are needed: add {"uri": "…", "class": "legit"}'
        in capsys.readouterr().out
    )


def test_a_source_that_nobody_can_open_is_told_and_the_next_one_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"| {host} | {'dga' if host in BAD else 'legit'} |" for host in GOOD + BAD]
    (tmp_path / "table.md").write_text(lines(["| domain | class |", "|---|---|", *rows]))
    sources = ['{"url": "a.csv"}', "nowhere://a/b.csv", "ftp://127.0.0.1:1/a.csv", f"{tmp_path}/table.md"]
    assert main(["dataset", "inspect", *sources]) == 1
    told = capsys.readouterr().out
    for words in (
        "not 'url'",
        "Cannot open nowhere://a/b.csv: ",
        "Cannot look for ftp://127.0.0.1:1/a.csv: ",
    ):
        assert words in told
    assert "80 usable: 40 legit, 40 DGA" in told
    assert "0 a class" not in told


def test_it_needs_no_airflow(tmp_path: Path) -> None:
    code = (
        "import sys; from airflow_provider_devo_dga.__main__ import main;"
        f"main(['dataset', 'inspect', '{files(tmp_path)}/flags.csv']);"
        "sys.exit(9 * bool({'airflow', 'h2o', 'upath'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0
