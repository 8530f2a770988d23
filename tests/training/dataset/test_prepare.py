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
from airflow_provider_devo_dga.models.summary import Dataset
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
    left_out = report.duplicates + report.conflicts + report.skipped + report.malformed
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
    monkeypatch.setattr(dataset_reading, "_LOG_ROWS", 100)
    monkeypatch.setattr(dataset_reading, "_LOG_SECONDS", 0.0)
    with caplog.at_level(logging.INFO):
        prepare(tmp_path, GOOD)
    assert "Dataset: 200 rows read" in caplog.messages


def test_up_to_one_percent_of_ragged_rows_is_left_out(tmp_path: Path) -> None:
    report = prepare(tmp_path, [*GOOD, "a.com;a;legit", "b.com;b;legit;legit;more"])
    assert report.malformed == 2
    assert adds_up(report)


def test_more_ragged_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"5 of 405 rows .* line 2, 3, 4"):
        prepare(tmp_path, [*["a.com;a;legit"] * 5, *GOOD])


def test_a_missing_column_is_named_with_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"lacks the columns domain, subclass.*found: host;class"):
        prepare(tmp_path, ["a.com;legit"], header="host;class")


def test_a_file_that_is_no_dataset_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="found: another kind of file") as caught:
        prepare(tmp_path, ["daemon:*:1"], header="root:$6$made-up-hash:19000")
    assert "made-up" not in str(caught.value)


def test_another_separator_is_recognisable_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"separator ';'\); found: host,domain,class,subclass"):
        prepare(tmp_path, ["a.com,a,legit,legit"], header="host,domain,class,subclass")


def test_unknown_classes_are_counted_and_three_are_named(tmp_path: Path) -> None:
    rows = [f"x{n}.com;x{n};class{n};y" for n in range(5)]
    with pytest.raises(
        DatasetError, match=r"5 rows .* 'legit' or 'dga': line 2: 'class0'.* line 4: 'class2'$"
    ):
        prepare(tmp_path, [*rows, *GOOD])


def test_bytes_that_are_not_utf8_are_refused_with_their_line(tmp_path: Path) -> None:
    content = f"{HEADER}\na.com;a;legit;legit\n".encode() + b"\xe9.com;x;legit;legit\n"
    with pytest.raises(DatasetError, match="Line 3 is not UTF-8"):
        prepare_dataset(io.BytesIO(content), tmp_path / "prepared.csv")


def test_utf16_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Line 1 is not UTF-8"):
        prepare(tmp_path, GOOD, encoding="utf-16")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DatasetError, match="is empty"):
        prepare_dataset(io.BytesIO(content), tmp_path / "prepared.csv")


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="a header and no rows"):
        prepare(tmp_path, [])


def test_rows_of_which_none_is_usable_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="None of 2 rows is usable: 2 hosts"):
        prepare(tmp_path, ["10.0.0.1;a;legit;legit", "10.0.0.2;a;dga;x"])


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


def test_an_endless_quoted_field_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        prepare(tmp_path, [f'"{"x" * 200_000};a;legit;legit'])


def test_dataset_errors_are_training_errors() -> None:
    assert issubclass(DatasetError, TrainingError)
