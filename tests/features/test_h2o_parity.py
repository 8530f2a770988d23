"""H2O computes every feature as plain Python does, to 1e-9."""

from __future__ import annotations

import csv
import random
import string
from dataclasses import replace
from pathlib import Path

import pytest

from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features import reference
from airflow_provider_devo_dga.features.dga import CONSONANTS, DGA_RECIPE, PLAIN_FEATURES, TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.feature_set import Feature, FeatureSet
from airflow_provider_devo_dga.features.h2o_frame import add_features
from airflow_provider_devo_dga.features.host import HostParts
from airflow_provider_devo_dga.features.recipe import LabelledName, Recipe
from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster

pytestmark = pytest.mark.slow

ALPHABET = string.ascii_lowercase + string.digits + "-_"
TLDS = ("com", "net", "org", "ru", "info", "biz", "cn", "de", "uk", "co", "xyz", "museum", "xn--p1ai", "na")
EDGES = (
    *("a", "z", "1", "-", "_", "na", "nan", "null", "none", "true", "false", "inf", "1e5", "0x1f", "0123"),
    *(
        "2020-01-01",
        "1-2",
        "xn--bcher-kva",
        "xn--",
        "axn--b",
        "a-b",
        "a_b",
        "--",
        "__",
        "0",
        "00",
        "1234567890",
    ),
    *("a" * 63, "1" * 63, "ab" * 31, "b" * 9, "b" * 8, "a" * 6, "aeiou", "bcdfghjk", "abcdef0123", "jqxz"),
)
RUN_WITH_HYPHEN = FeatureSet(
    "hyphen",
    (
        Feature("run", e.LongestRun(e.Label(), "0123456789-", 10)),
        Feature("starts", e.StartsIn(e.Label(), "-_")),
        Feature("ends", e.EndsIn(e.Label(), "-_")),
        Feature("one_of", e.IsOneOf(e.Label(), ("a", "a-b", "1e5"))),
        Feature("tld_starts", e.StartsWith(e.Tld(), "xn--")),
    ),
)
SHAPES = FeatureSet(
    "shapes",
    (
        Feature("overlaps", e.CountShapes(e.Label(), (("a", "a"),))),
        Feature("all_eaten", e.CountShapes(e.Label(), (("abcdefghijklm0_", "nopqrstuvwxyza1-"),))),
        Feature("no_range", e.CountShapes(e.Label(), (("0-9", "0-9"), ("_-", "_-")))),
        Feature("consonants", e.CountShapes(e.Label(), ((CONSONANTS,) * 3,))),
        Feature("eight", e.CountShapes(e.Label(), (("ab",) * 8, ("bc",) * 8))),
        Feature("of_the_tld", e.CountShapes(e.Tld(), (("c", "no"), ("o", "m")))),
        Feature(
            "sum",
            e.WeightedSum(
                (
                    (-1.25, e.CountShapes(e.Label(), (("a", "b"),))),
                    (0.001, e.Length(e.Tld())),
                    (3.0, e.Entropy(e.Label())),
                )
            ),
        ),
    ),
)


def learned() -> FeatureSet:
    """Return the default set as the edges and some random letters teach it."""
    rng = random.Random(3)  # noqa: S311
    rows = [LabelledName(label, False) for label in EDGES]
    letters = string.ascii_lowercase
    rows += [LabelledName("".join(rng.choices(letters, k=40)), number % 2 == 0) for number in range(900)]
    recipe = Recipe("learned", (), tuple(replace(odds, least=1) for odds in DGA_RECIPE.learned))
    return recipe.learn(rows)


def hosts() -> list[HostParts]:
    rng = random.Random(7)  # noqa: S311
    labels = [
        *EDGES,
        *("".join(rng.choices(ALPHABET, k=rng.randint(1, 63))) for _ in range(1000)),
        *("".join(rng.choices(string.ascii_lowercase, k=rng.randint(1, 20))) for _ in range(1000)),
    ]
    tlds = [rng.choice(TLDS) for _ in labels]
    return [HostParts(f"{label}.{tld}", label, tld) for label, tld in zip(labels, tlds, strict=True)]


def computed_by_h2o(feature_set: FeatureSet, parts: list[HostParts], directory: Path) -> list[list[float]]:
    import h2o

    source = directory / "hosts.csv"
    with source.open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(("label", "tld"))
        writer.writerows((each.label, each.tld) for each in parts)
    frame = h2o.upload_file(str(source), header=1, sep=",", col_types=["string", "string"])
    features = add_features(frame, feature_set)[list(feature_set.names)]
    rows = features.as_data_frame(use_pandas=False, header=False)
    return [[float(value) for value in row] for row in rows]


@pytest.mark.parametrize(
    "feature_set",
    [PLAIN_FEATURES, TUTORIAL_FEATURES, RUN_WITH_HYPHEN, SHAPES, learned()],
    ids=lambda feature_set: feature_set.name,
)
def test_every_feature_agrees(feature_set: FeatureSet, connected: LocalCluster, tmp_path: Path) -> None:
    parts = hosts()
    found = computed_by_h2o(feature_set, parts, tmp_path)
    assert len(found) == len(parts)
    wrong = [
        (name, each.registrable, h2o_value, value)
        for each, row in zip(parts, found, strict=True)
        for name, h2o_value, value in zip(
            feature_set.names, row, reference.compute(feature_set, each), strict=True
        )
        if not abs(h2o_value - value) <= 1e-9  # also catches NaN
    ]
    assert wrong == []
