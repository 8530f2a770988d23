"""What a dataset may look like, and how a wrong one is refused."""

from __future__ import annotations

import csv
import gzip
import io
import logging
import random
from pathlib import Path

import pytest

from airflow_provider_devo_dga.errors import DatasetError, TrainingError
from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.training.dataset import reading as dataset_reading
from airflow_provider_devo_dga.training.trained_model import brief
from tests.prepared import prepare_dataset

HEADER = "host;domain;class;subclass"
GOOD = [
    *(f"legit{n}.com;legit{n};legit;legit" for n in range(200)),
    *(f"dga{n}.ru;dga{n};dga;newgoz" for n in range(200)),
]


def prepare(
    tmp_path: Path, rows: list[str], header: str = HEADER, *, least: int = 1, encoding: str = "utf-8"
) -> Dataset:
    text = "\n".join([header, *rows]) + "\n"
    return prepare_dataset(
        io.BytesIO(text.encode(encoding)), tmp_path / "prepared.csv", min_rows_per_class=least
    )


def written(tmp_path: Path) -> list[list[str]]:
    with (tmp_path / "prepared.csv").open(newline="") as file:
        return list(csv.reader(file))


def adds_up(report: Dataset) -> bool:
    left_out = report.duplicates + report.conflicts + report.skipped + report.malformed + report.unclassed
    return report.rows_read == report.rows_used + left_out and report.rows_used == report.legit + report.dga


def test_rows_become_label_tld_target_and_family(tmp_path: Path) -> None:
    report = prepare(
        tmp_path, ["www.Good.co.uk;good;legit;legit", "xkq.ru;xkq;dga;newgoz", "yzw.net;yzw;dga;"]
    )
    assert written(tmp_path) == [
        ["label", "tld", "malicious", "family"],
        ["good", "uk", "0", "legit"],
        ["xkq", "ru", "1", "newgoz"],
        ["yzw", "net", "1", "unknown"],
    ]
    assert (report.legit, report.dga) == (1, 2)
    assert report.families == {"newgoz": 1, "unknown": 1}
    assert adds_up(report)


def test_columns_may_come_in_any_order_with_others_between(tmp_path: Path) -> None:
    report = prepare(
        tmp_path,
        ["dga;1;xkq.ru;newgoz;xkq", "legit;2;good.com;legit;good"],
        header="Class;rank; host ;subclass;domain",
    )
    assert report.families == {"newgoz": 1}
    assert report.label_mismatches == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_does_not_matter(tmp_path: Path, encoding: str) -> None:
    assert prepare(tmp_path, GOOD, encoding=encoding).rows_used == 400


def test_windows_line_ends_blank_lines_and_quotes_do_not_matter(tmp_path: Path) -> None:
    text = f'{HEADER}\r\n"good.com";"good";"legit";"legit"\r\n\r\nxkq.ru;xkq;dga;newgoz\r\n\r\n'
    report = prepare_dataset(io.BytesIO(text.encode()), tmp_path / "prepared.csv", min_rows_per_class=1)
    assert (report.rows_read, report.rows_used) == (2, 2)


def test_the_same_label_twice_is_one_row(tmp_path: Path) -> None:
    report = prepare(tmp_path, [*GOOD, "legit1.org;legit1;legit;legit", "www.legit1.com;legit1;legit;legit"])
    assert (report.duplicates, report.legit) == (2, 200)
    assert adds_up(report)


def test_a_label_in_both_classes_is_dropped_with_all_its_rows(tmp_path: Path) -> None:
    rows = [
        *GOOD,
        "legit1.org;legit1;legit;legit",
        "legit1.ru;legit1;dga;newgoz",
        "legit1.biz;legit1;dga;newgoz",
    ]
    report = prepare(tmp_path, rows)
    assert (report.conflicts, report.duplicates, report.legit, report.dga) == (4, 0, 199, 200)
    assert report.conflict_examples == ["legit1"]
    assert adds_up(report)
    assert "legit1" not in {row[0] for row in written(tmp_path)}


def test_hosts_without_a_label_are_skipped_and_counted(tmp_path: Path) -> None:
    odd = ["10.0.0.1", "bücher.de", "name.bazar", "co.uk", "", "localhost"]
    report = prepare(tmp_path, [*GOOD, *(f"{host};x;legit;legit" for host in odd)])
    assert report.skipped == len(odd)
    assert (report.non_ascii, report.addresses) == (1, 1)
    assert adds_up(report)


def test_a_domain_column_that_disagrees_is_counted_and_overruled(tmp_path: Path) -> None:
    report = prepare(tmp_path, [*GOOD, "cust.example.com;cust;legit;legit", "Fine.com;FINE;legit;legit"])
    assert report.label_mismatches == 1
    assert "example" in {row[0] for row in written(tmp_path)}


def test_families_are_made_plain_and_short(tmp_path: Path) -> None:
    report = prepare(tmp_path, [*GOOD, f"xkq.ru;xkq;dga;<b>\"x,y'{'z' * 100}"])
    family = next(name for name in report.families if name != "newgoz")
    assert family.startswith("_b__x_y_zzz")
    assert len(family) == 40


def test_the_fingerprint_tells_rows_and_not_their_order(tmp_path: Path) -> None:
    rows = [*GOOD, "legit1.org;legit1;legit;legit", "dga1.biz;dga1;dga;other"]
    first = prepare(tmp_path, rows)
    content = (tmp_path / "prepared.csv").read_bytes()
    random.Random(3).shuffle(rows)  # noqa: S311
    again = prepare(tmp_path, rows)
    assert again.sha256 == first.sha256
    assert (tmp_path / "prepared.csv").read_bytes() == content
    assert prepare(tmp_path, rows[1:-1]).sha256 != first.sha256


def test_what_is_told_holds_the_largest_families(tmp_path: Path) -> None:
    rows = [f"dga{n}.ru;dga{n};dga;family{n % 60:02}" for n in range(200)]
    told = brief(prepare(tmp_path, [*GOOD[:200], *rows]))
    assert told.rows_used == 400
    assert len(told.families) == 40
    assert told.families_left_out == 20
    assert min(told.families.values()) == 3


def test_long_files_tell_their_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dataset_reading, "_LOG_SECONDS", 0.0)
    with caplog.at_level(logging.INFO):
        prepare(tmp_path, GOOD)
    assert "Dataset: 400 rows read, 400 of dataset.csv" in caplog.messages


SPOILT: dict[str, tuple[bytes, str]] = {
    "fields that lack": (b"a.com;a;legit", "another number of fields, or a stray quote"),
    "fields too many": (b"a.com;a;legit;legit;more", "another number of fields, or a stray quote"),
    "a quote that opens": (b'"a.com;a;legit;legit', "another number of fields, or a stray quote"),
    "a quote further on": (b'a.com;"a;legit;legit', "another number of fields, or a stray quote"),
    "a field over two lines": (b'a.com;"a\n";legit;legit', "another number of fields, or a stray quote"),
    "bytes": (b"\xe9.com;x;legit;legit", "bytes that are not UTF-8"),
    "class": (b"a.com;a;grey;legit", "a class that is neither legit nor dga"),
    "no class": (b"a.com;a;;legit", "a class that is neither legit nor dga"),
    "address": (b"10.0.0.1;a;dga;x", "an IP address"),
    "umlaut": ("bücher.de;a;dga;x".encode(), "characters outside ASCII"),
    "suffix": (b"name.bazar;a;dga;bazar", "below no public suffix"),
    "words": (b"no name;a;dga;x", "no name of a host"),
}


def spoilt(tmp_path: Path, row: bytes, times: int) -> Dataset:
    """Prepare good rows with spoilt ones in their midst, from line 102."""
    rows = [HEADER.encode(), *(row.encode() for row in GOOD)]
    content = b"\n".join([*rows[:101], *[row] * times, *rows[101:]]) + b"\n"
    return prepare_dataset(io.BytesIO(content), tmp_path / "prepared.csv")


@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_row_costs_itself_and_is_counted_by_its_reason(tmp_path: Path, kind: str) -> None:
    row, reason = SPOILT[kind]
    report = spoilt(tmp_path, row, 3)
    assert report.rows_used == 400
    assert report.sources[0].set_aside[reason] == 3 * len(row.split(b"\n"))
    assert adds_up(report)


@pytest.mark.parametrize("kind", SPOILT)
def test_more_than_a_tenth_is_refused_with_the_first_lines(tmp_path: Path, kind: str) -> None:
    row, reason = SPOILT[kind]
    first, _, _ = row.decode(errors="replace").partition("\n")
    with pytest.raises(DatasetError, match="at most 10% may be set aside") as caught:
        spoilt(tmp_path, row, 60)
    assert f"{reason} (line 102: " in str(caught.value)
    assert first.split(";")[2 if "class" in kind else 0] in str(caught.value)


def test_families_below_no_suffix_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    report = prepare(tmp_path, [*GOOD, *(f"q{n}.bazar;q{n};dga;bazarloader" for n in range(20))])
    assert report.families_below_no_suffix == {"bazarloader": 20}
    assert "left out: bazarloader (20)" in caplog.text


def test_a_file_that_is_no_dataset_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No column holds names of hosts") as caught:
        prepare(tmp_path, ["daemon:*:1"], header="root:$6$made-up-hash:19000")
    assert "made-up" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DatasetError, match="is empty"):
        prepare_dataset(io.BytesIO(content), tmp_path / "prepared.csv")


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="header"):
        prepare(tmp_path, [])


def test_rows_of_which_none_is_usable_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="2 of 2 rows cannot be used"):
        prepare(tmp_path, ["a.bazar;a;legit;legit", "b.bazar;a;dga;x"])


@pytest.mark.parametrize(("rows", "missing"), [(GOOD[:200], "DGA"), (GOOD[200:], "legit")])
def test_one_class_alone_is_refused(tmp_path: Path, rows: list[str], missing: str) -> None:
    with pytest.raises(DatasetError, match=f"no usable {missing} rows"):
        prepare(tmp_path, rows)


def test_too_few_rows_of_a_class_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="99 usable DGA rows; at least 100"):
        prepare(tmp_path, GOOD[:299], least=100)
    assert list(tmp_path.iterdir()) == []


def test_a_truncated_archive_is_refused_with_where_it_broke(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join([HEADER, *GOOD]).encode())
    broken = gzip.GzipFile(fileobj=io.BytesIO(whole[:-20]))
    with pytest.raises(DatasetError, match="damaged or truncated behind line"):
        prepare_dataset(broken, tmp_path / "prepared.csv")


def test_a_line_without_an_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="longer than a megabyte"):
        prepare(tmp_path, [*GOOD, "x" * 6_000_000])


def test_dataset_errors_are_training_errors() -> None:
    assert issubclass(DatasetError, TrainingError)
