"""Parts of the dataset: stable by label, and nothing but the training part teaches features."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from airflow_provider_devo_dga.features.legit_grams import only_teaches
from airflow_provider_devo_dga.features.recipe import LabelledName, LearnedOdds, Recipe
from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.training.dataset import parted_rows
from airflow_provider_devo_dga.training.dataset.parted_rows import part_rows
from airflow_provider_devo_dga.training.dataset.prepare import PREPARED_COLUMNS
from airflow_provider_devo_dga.training.dataset.reading import UNKNOWN_FAMILY
from airflow_provider_devo_dga.training.dataset.split import PARTS, by_hash, part_numbers
from airflow_provider_devo_dga.training.synthetic import synthetic_names

PAIRS = Recipe("pairs", (), (LearnedOdds("pairs", width=2, buckets=4),))


def prepared_file(path: Path, rows: list[tuple[str, int, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(PREPARED_COLUMNS)
        writer.writerows((label, "com", malicious, family) for label, malicious, family in rows)
    return path


def written(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("ratios", [(0.8,), (0.6, 0.2)])
def test_parts_have_their_shares(ratios: tuple[float, ...]) -> None:
    part_of = by_hash(ratios, seed=1)
    counts = Counter(part_of(f"label{number}") for number in range(20_000))
    shares = [*ratios, 1 - sum(ratios)]
    assert [counts[part] / 20_000 for part in ("train", "valid", "test")[: len(shares)]] == pytest.approx(
        shares, abs=0.015
    )


def test_a_label_keeps_its_part_until_the_seed_changes() -> None:
    labels = [f"label{number}" for number in range(200)]
    first = [by_hash((0.5,), 1)(label) for label in labels]
    assert [by_hash((0.5,), 1)(label) for label in labels] == first
    assert [by_hash((0.5,), 2)(label) for label in labels] != first


def test_only_the_training_part_teaches(prepared: tuple[Path, Dataset], tmp_path: Path) -> None:
    part_of = by_hash((0.6, 0.2), 7)
    learned = PAIRS.learn(part_rows(prepared[0], tmp_path / "split.csv", part_of).names)
    rows = [(row["label"], int(row["malicious"]), row["family"]) for row in written(prepared[0])]
    # the other parts say the contrary, and of pairs that no training row has
    turned = [row if part_of(row[0]) == "train" else (row[0], 1 - row[1], "turned") for row in rows]
    turned += [(label, 1, "new") for number in range(3000) if part_of(label := f"qqzzjj{number}") != "train"]
    other = prepared_file(tmp_path / "turned.csv", turned)
    assert PAIRS.learn(part_rows(other, tmp_path / "split.csv", part_of).names) == learned
    everything = PAIRS.learn([LabelledName(label, bool(malicious)) for label, malicious, _ in rows])
    assert everything != learned


def test_small_families_are_repeated_in_the_training_part_alone(tmp_path: Path) -> None:
    rows = [(f"large{number}", 1, "large") for number in range(800)]
    rows += [(f"small{number}", 1, "small") for number in range(50)]
    rows += [(f"tiny{number}", 1, "tiny") for number in range(2)]
    rows += [(f"name{number}", 0, "legit") for number in range(100)]
    source = prepared_file(tmp_path / "rows.csv", rows)
    split = part_rows(
        source, tmp_path / "split.csv", lambda label: "valid" if label.endswith("0") else "train"
    )
    repeated = Counter((row["family"], row["part"]) for row in written(tmp_path / "split.csv"))
    assert repeated["large", "train"] == 720
    assert repeated["small", "train"] == 45 * 4  # the root of 720 / 45
    assert repeated["tiny", "train"] == 1 * 10  # no more than ten times
    assert repeated["legit", "train"] == 90
    assert (repeated["small", "valid"], repeated["tiny", "valid"], repeated["legit", "valid"]) == (5, 1, 10)
    assert split.rows == {"train": 720 + 45 + 1 + 90, "valid": 80 + 5 + 1 + 10}
    assert len(list(split.names)) == sum(count for (_, part), count in repeated.items() if part == "train")
    assert {row["copy"] for row in written(tmp_path / "split.csv") if row["family"] == "legit"} == {"0"}
    without = list(split.names.without(["small"]))
    assert len(without) == len(list(split.names)) - 45 * 4
    assert not any(name.label.startswith("small") for name in without)


@pytest.mark.parametrize("ratios", [(0.8,), (0.6, 0.2)])
def test_a_column_of_labels_has_the_parts_of_its_labels(ratios: tuple[float, ...]) -> None:
    part_of = by_hash(ratios, 1234)
    labels = ["", "na", "xn--bcher-kva", *(f"name{number}" for number in range(5000))]
    found = [PARTS[number] for number in part_numbers(part_of, pa.array(labels))]
    assert found == [part_of(label) for label in labels]
    # a split that tells one label at a time
    by_length = part_numbers(lambda label: PARTS[len(label) % 3], pa.array(labels))
    assert by_length.tolist() == [len(label) % 3 for label in labels]


def test_parting_changes_no_text_and_no_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parted_rows, "_BLOCK", 4096)  # many batches
    odd = ["0123", "1e5", "na", "null", "true", '""', "a,b"]
    rows = [(label, 0, "legit") for label in odd]
    rows += [(f"large{number}", 1, "large") for number in range(900)]
    rows += [(f"small{number}", 1, "na") for number in range(100)]
    part_of = by_hash((0.6, 0.2), 7)
    part_rows(prepared_file(tmp_path / "rows.csv", rows), tmp_path / "split.csv", part_of)
    size = Counter(family for label, malicious, family in rows if malicious and part_of(label) == "train")
    copies = {"legit": 1, "large": 1, "na": round((size["large"] / size["na"]) ** 0.5)}
    assert copies["na"] > 1
    assert (
        tmp_path / "split.csv"
    ).read_text() == '"label","tld","malicious","family","part","copy"\n' + "".join(
        f'"{label.replace(chr(34), chr(34) * 2)}","com",{malicious},"{family}","{part_of(label)}",{copy}\n'
        for label, malicious, family in rows
        for copy in range(copies[family] if part_of(label) == "train" else 1)
    )


def test_each_so_many_th_training_name_teaches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parted_rows, "_BLOCK", 4096)
    rows = [(f"name{number}", number % 2, "family" if number % 2 else "legit") for number in range(2000)]
    names = part_rows(
        prepared_file(tmp_path / "rows.csv", rows), tmp_path / "split.csv", by_hash((0.8,), 7)
    ).names
    every = list(names)
    assert list(replace(names, step=7)) == every[::7]
    legit = [name for name in every[::7] if not name.malicious]
    assert list(replace(names, step=7).without(["family"])) == legit


def test_a_quarter_of_the_legit_training_names_only_teaches(tmp_path: Path) -> None:
    rows = [(f"name{number}", 0, "legit") for number in range(1000)]
    rows += [(f"made{number}", 1, "family") for number in range(1000)]
    source = prepared_file(tmp_path / "rows.csv", rows)
    split = part_rows(source, tmp_path / "split.csv", by_hash((0.8,), 7), sets_names_apart=True)
    plain = part_rows(source, tmp_path / "plain.csv", by_hash((0.8,), 7))
    assert split.rows == plain.rows
    assert list(split.names) == list(plain.names)
    parts = {row["label"]: row["part"] for row in written(tmp_path / "split.csv")}
    before = {row["label"]: row["part"] for row in written(tmp_path / "plain.csv")}
    teaching = {label for label, part in parts.items() if part == parted_rows.TEACHES}
    assert teaching == {
        label
        for label, part in before.items()
        if part == "train" and label.startswith("name") and only_teaches(label)
    }
    assert 150 < len(teaching) == split.teaching < 250
    assert plain.teaching == 0
    assert {label: part for label, part in parts.items() if label not in teaching} == {
        label: part for label, part in before.items() if label not in teaching
    }


def test_made_names_are_of_no_part_and_teach_nothing(tmp_path: Path) -> None:
    rows = [(f"name{number}", 0, "legit") for number in range(100)]
    rows += [(f"dga{number}", 1, "family") for number in range(1000)]
    source = prepared_file(tmp_path / "rows.csv", rows)
    split = part_rows(source, tmp_path / "split.csv", by_hash((0.8,), 7), synthetic_share=0.1)
    plain = part_rows(source, tmp_path / "plain.csv", by_hash((0.8,), 7))
    assert (split.rows, list(split.names)) == (plain.rows, list(plain.names))
    made = [row for row in written(tmp_path / "split.csv") if row["part"] == parted_rows.SYNTHETIC]
    assert len(made) == split.synthetic == round(0.1 * sum(name.malicious for name in plain.names))
    assert {(row["malicious"], row["family"]) for row in made} == {("1", UNKNOWN_FAMILY)}
    assert plain.synthetic == 0


def test_a_made_name_that_the_dataset_has_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parted_rows, "_BLOCK", 4096)
    rows = [(f"dga{number}", 1, "family") for number in range(1000)]
    every = [label for label, _ in synthetic_names(50)]
    rows += [(every[3], 0, "legit"), (every[40], 1, "family")]
    source = prepared_file(tmp_path / "rows.csv", rows)
    split = part_rows(source, tmp_path / "split.csv", lambda label: "train", synthetic_share=50 / 1001)
    made = [row["label"] for row in written(tmp_path / "split.csv") if row["part"] == parted_rows.SYNTHETIC]
    assert made == [label for label in every if label not in {every[3], every[40]}]
    assert split.synthetic == 48
