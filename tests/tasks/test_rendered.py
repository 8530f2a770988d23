"""Numbers as templates give them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DevoPermanentError, StorageError
from airflow_provider_devo_dga.tasks.rendered import (
    address,
    listed,
    literal,
    mapping,
    mapping_or_none,
    number,
    number_or_none,
    whole,
    whole_or_none,
)


@pytest.mark.parametrize("value", [5, "5", " 5 "])
def test_a_number_may_be_text(value: int | str) -> None:
    assert whole(value, "n") == whole_or_none(value, "n") == 5


@pytest.mark.parametrize("value", [None, "", "None"])
def test_none_may_be_text(value: str | None) -> None:
    assert whole_or_none(value, "n") is None


@pytest.mark.parametrize("value", [None, "", "None", "five", "5.5", [5]])
def test_what_is_no_number_is_told_by_its_name(value: Any) -> None:
    with pytest.raises(DevoPermanentError, match="max_rows must be a whole number"):
        whole(value, "max_rows")


@pytest.mark.parametrize(
    "whole", ["/srv/a", "file:///srv/a@b", "file://store@/srv/a", "s3://bucket/a", "s3://store@bucket/a"]
)
def test_an_address_is_the_same_on_every_worker(whole: str) -> None:
    assert address(whole, "output_path", of="file") == address(whole, "output_dir") == whole


@pytest.mark.parametrize(
    "value", [None, 5, "", "None", "a.parquet", "./a", "~/a", "file://srv/a", "file://srv/a@b", "s3://", "/"]
)
def test_a_relative_address_is_told_by_its_name(value: Any) -> None:
    with pytest.raises(StorageError, match=r"output_dir is .*, where the whole address of a folder"):
        address(value, "output_dir")


def test_a_file_has_a_name() -> None:
    with pytest.raises(StorageError, match="of a file is wanted"):
        address("s3://bucket/rows/", "output_path", of="file")


def test_a_placeholder_is_filled_in() -> None:
    assert address("s3://b/{window}/{window}.csv", "a", of="file", window="x") == "s3://b/x/x.csv"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("s3://b/{windw}.csv", "output_path holds {windw}, which nobody fills in; is {window} meant?"),
        ("s3://b/{ Window }.csv", "holds { Window }, which nobody fills in; is {window} meant?"),
        ("s3://b/{{window}}.csv", "holds {{window}}, which nobody fills in; is {window} meant?"),
        ("s3://b/{{ ds }}.csv", "holds {{ ds }}, which nobody fills in; there is {window}"),
        ("s3://b/{window}/{hour}.csv", "holds {hour}, which nobody fills in; there is {window}"),
    ],
)
def test_another_placeholder_is_told_with_the_one_that_is_meant(written: str, told: str) -> None:
    with pytest.raises(StorageError) as caught:
        address(written, "output_path", of="file", window="x")
    assert told in str(caught.value)


def test_where_nothing_is_filled_in_no_placeholder_is() -> None:
    with pytest.raises(StorageError, match="which nobody fills in; there is none here"):
        address("file:///srv/{window}", "output_dir")


def test_other_braces_and_what_is_secret_are_let_be() -> None:
    for well in ("file:///srv/a{2,3}{}", "s3://key:{word}@bucket/a", "https://a/b?sig={word}"):
        assert address(well, "output_dir") == well


@pytest.mark.parametrize("value", [0.5, "0.5", " 5e-1"])
def test_so_may_a_fraction(value: float | str) -> None:
    assert number(value, "n") == number_or_none(value, "n") == 0.5
    with pytest.raises(DevoPermanentError, match="limit must be a number"):
        number("much", "limit")


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, None], "b": "é"},
        "{'a': [1, None], 'b': 'é'}",
        '{"a": [1, null], "b": "é"}',
    ],
)
def test_a_mapping_may_be_text_of_python_or_json(value: Any) -> None:
    expected = {"a": [1, None], "b": "é"}
    assert mapping(value, "trained") == mapping_or_none(value, "trained") == literal(value) == expected


@pytest.mark.parametrize("value", [None, "", "None"])
def test_no_mapping_may_be_text_too(value: Any) -> None:
    assert mapping_or_none(value, "trained") is None
    assert listed(value, "allow") == []


@pytest.mark.parametrize(
    "value",
    ["", "None", None, "train", "[1]", 5, "{'a': nan}", "dict(a=1)", "__import__('os').getpid()", "(" * 9999],
)
def test_what_is_no_mapping_says_what_to_write(value: Any) -> None:
    with pytest.raises(DevoPermanentError, match=r"what H2OTrainOperator returned.*trained=task\.output"):
        mapping(value, "trained", "H2OTrainOperator")


@pytest.mark.parametrize("value", [["a.com", "b.com"], ("a.com", "b.com"), "['a.com', 'b.com']"])
def test_a_list_may_be_text(value: Any) -> None:
    assert listed(value, "allow") == ["a.com", "b.com"]


@pytest.mark.parametrize("value", ["a.com", "{'a': 1}", 5, {"a": 1}])
def test_what_is_no_list_is_told_by_its_name(value: Any) -> None:
    with pytest.raises(DevoPermanentError, match="allow must be a list"):
        listed(value, "allow")


@pytest.mark.parametrize("value", ["s3://bucket/a.csv", "[a].csv", "{a}", ["a"], None])
def test_text_that_is_no_data_stays_as_it_is(value: Any) -> None:
    assert literal(value) == value
