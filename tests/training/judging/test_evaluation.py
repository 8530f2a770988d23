"""What is said of a model is what plain counting says, and holds for the exported file."""

from __future__ import annotations

import csv
import io
import logging
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_devo_dga.errors import MojoExportError
from airflow_provider_devo_dga.features.dga import PLAIN_FEATURES, TUTORIAL_FEATURES
from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.models.summary import SuspectedErrors
from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
from airflow_provider_devo_dga.training.dataset.split import by_hash, split_key, split_place
from airflow_provider_devo_dga.training.judging.card_curves import curves_of
from airflow_provider_devo_dga.training.judging.h2o_scores import check_answers, imported, score_frame
from airflow_provider_devo_dga.training.judging.metrics import calibration_error, reliability
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart, joined
from airflow_provider_devo_dga.training.judging.threshold import operating_points
from airflow_provider_devo_dga.training.judging.unseen_families import deal_families
from airflow_provider_devo_dga.training.settings import Champion, EvaluationPlan, TrainingSettings
from airflow_provider_devo_dga.training.train import train
from airflow_provider_devo_dga.training.trained_model import TrainedModel
from tests.prepared import prepare_dataset
from tests.scored import scored_part
from tests.training.conftest import HEADER, synthetic_rows

Prepared = tuple[Path, Dataset]
RATIOS = (0.6, 0.2)
FEW_TREES = {"ntrees": 15}


def part_of(legit: list[float], dga: list[float]) -> ScoredPart:
    return scored_part(
        [*((False, "legit", score) for score in legit), *((True, "a", score) for score in dga)]
    )


# Counting


def test_a_threshold_is_chosen_on_one_part_and_judged_on_the_other() -> None:
    valid = part_of([n / 1000 for n in range(1000)], [0.5])
    test = part_of([0.2] * 900 + [0.995] * 100, [0.995, 0.1])
    (point,) = operating_points(valid, test, (0.01,))
    assert 0.989 < point.threshold < 0.99
    assert (point.false_positive_rate, point.recall) == (0.1, 0.5)
    assert point.false_positive_rate_interval is not None
    assert point.false_positive_rate_interval[0] < 0.1 < point.false_positive_rate_interval[1]
    assert point.measurable


def test_a_budget_below_one_row_is_marked_and_one_that_cannot_be_kept_left_out() -> None:
    few = part_of([0.1] * 500, [0.9])
    assert [point.measurable for point in operating_points(few, few)] == [True, False]
    sure = part_of([1.0] * 500, [1.0])
    assert operating_points(sure, sure) == []


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=80))
def test_reliability_bins_hold_every_row_once(rows: list[tuple[bool, float]]) -> None:
    part = scored_part((malicious, "a", score) for malicious, score in rows)
    bins = reliability(part)
    assert sum(each.rows for each in bins) == len(rows)
    assert sum(each.rows * each.dga_share for each in bins) == pytest.approx(sum(m for m, _ in rows))
    assert sum(each.rows * each.mean_score for each in bins) == pytest.approx(sum(s for _, s in rows))
    assert [each.mean_score for each in bins] == sorted(each.mean_score for each in bins)
    assert 0 <= calibration_error(bins) <= 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_curves_are_what_thresholds_give(legit: list[float], dga: list[float]) -> None:
    curves = curves_of(part_of(legit, dga))
    for rate, recall in curves.roc:
        above = sorted(legit, reverse=True)[round(rate * len(legit))]
        assert recall == pytest.approx(sum(score > above for score in dga) / len(dga))
    for recall, precision in curves.precision:
        possible = [
            (sum(d >= t for d in dga) / len(dga), sum(d >= t for d in dga), sum(n >= t for n in legit))
            for t in dga
        ]
        assert any(
            recall == pytest.approx(share) and precision == pytest.approx(true / (true + false))
            for share, true, false in possible
        )
    assert sum(share for share, _ in curves.scores) == pytest.approx(1)
    assert sum(share for _, share in curves.scores) == pytest.approx(1)


@given(st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 500)), st.integers(2, 5))
def test_every_family_of_some_size_is_left_out_once(rows: dict[str, int], folds: int) -> None:
    groups = deal_families(rows | {"unknown": 900}, folds)
    dealt = [name for group in groups for name in group]
    assert sorted(dealt) == sorted(name for name, count in rows.items() if count >= 20)
    assert len(groups) == min(folds, len(dealt))


def test_the_suspects_of_several_parts_are_the_highest_of_all() -> None:
    highest = [(f"a{n}", "com", 0.99 - n / 1000) for n in range(50)]
    one = SuspectedErrors(count=60, legit=100, highest=highest)
    other = SuspectedErrors(count=1, legit=10, highest=[("b", "ru", 0.995)])
    found = joined([one, other])
    assert (found.count, found.legit, len(found.highest)) == (61, 110, 50)
    assert found.highest[0] == ("b", "ru", 0.995)


def test_keys_of_the_split_are_even_and_hang_on_the_name_alone() -> None:
    found = [[split_place(split_key(f"name{n}"), seed) for n in range(20_000)] for seed in (1, 2)]
    table = np.histogram2d(*found, bins=5, range=[(0, 1), (0, 1)])[0]
    assert table.sum() == 20_000
    # 800 a cell: what one seed holds out says nothing of what another does
    assert abs(table - 800).max() < 150
    assert split_key("google") == 802667


# On a cluster


@pytest.fixture(scope="module")
def judged(
    cluster: LocalCluster, prepared: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> TrainedModel:
    """A model that was held against the tutorial's, itself, and families it never saw."""
    path, report = prepared
    folder = tmp_path_factory.mktemp("judged")
    settings = TrainingSettings(feature_set=TUTORIAL_FEATURES, model_params=FEW_TREES, ratios=RATIOS)
    with cluster.connection():
        before = train(path, replace(settings, model_id="before"), output_dir=folder, dataset=report)
        champion = Champion("before", Path(before.model_file), TUTORIAL_FEATURES, before.settings.split)
        plan = EvaluationPlan(unseen_family_folds=3, champion=champion)
        settings = replace(settings, feature_set=PLAIN_FEATURES, plan=plan)
        return train(path, settings, output_dir=folder, dataset=report)


@pytest.fixture
def connected(cluster: LocalCluster) -> Iterator[LocalCluster]:
    with cluster.connection():
        yield cluster


@pytest.mark.slow
def test_the_champion_is_judged_on_the_same_rows(judged: TrainedModel, prepared: Prepared) -> None:
    tutorial, champion = judged.evaluation.comparisons
    assert (tutorial.kind, champion.kind, champion.name) == ("tutorial", "champion", "before")
    assert not champion.may_have_seen
    assert 0.6 < tutorial.auc < judged.metrics["test"].auc
    assert champion.in_service is not None
    assert champion.in_service.budget <= 0.01
    assert judged.evaluation.legit == len(judged.scored.legit)
    at_one_percent = champion.points[0]
    assert at_one_percent.false_positive_rate == champion.in_service.false_positive_rate
    assert at_one_percent.recall == champion.in_service.recall


@pytest.mark.slow
def test_unseen_families_are_all_scored(judged: TrainedModel, prepared: Prepared) -> None:
    unseen = judged.evaluation.unseen_families
    assert unseen is not None
    assert unseen.folds == 3
    rows = prepared[1].families
    assert unseen.families.keys() == rows.keys()
    # all rows of a family count
    caught = [recall * rows[name] for name, recall in unseen.families.items()]
    assert caught == pytest.approx([round(count) for count in caught])
    assert 0 < unseen.false_positive_rate < 0.05
    # all three are the same kind of letters: whoever knows two knows the third
    assert unseen.macro_family_recall > 0.3
    assert unseen.strict_budget == 0.001
    assert unseen.strict_macro_family_recall is not None
    assert unseen.strict_macro_family_recall < unseen.macro_family_recall


@pytest.mark.slow
def test_a_family_of_another_kind_is_missed_when_unseen(cluster: LocalCluster, tmp_path: Path) -> None:
    """Digits mark one family alone: known, it is caught wholly; unseen, hardly."""
    rows = [row for row in synthetic_rows(1500) if ";na" not in row]
    rows += [f"{n * 7919 % 10**6:06}shop.com;x;dga;digits" for n in range(400)]
    content = (HEADER + "\n".join(rows) + "\n").encode()
    report = prepare_dataset(io.BytesIO(content), tmp_path / "prepared.csv")
    with cluster.connection():
        model = train(
            tmp_path / "prepared.csv",
            TrainingSettings(
                feature_set=PLAIN_FEATURES,
                ratios=RATIOS,
                model_params=FEW_TREES,
                plan=EvaluationPlan(unseen_family_folds=3, tutorial=False),
            ),
            output_dir=tmp_path,
            dataset=report,
        )
    assert model.evaluation.unseen_families is not None
    assert model.metrics["test"].families["digits"].recall > 0.95
    assert model.evaluation.unseen_families.families["digits"] < 0.5
    assert model.evaluation.comparisons == []


@pytest.mark.slow
def test_two_families_are_not_too_few_and_one_is(
    connected: LocalCluster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [row for row in synthetic_rows(600) if ";beta" not in row and ";na" not in row]
    content = (HEADER + "\n".join(rows) + "\n").encode()
    report = prepare_dataset(io.BytesIO(content), tmp_path / "prepared.csv")
    with caplog.at_level(logging.WARNING):
        model = train(
            tmp_path / "prepared.csv",
            TrainingSettings(
                feature_set=TUTORIAL_FEATURES,
                model_params=FEW_TREES,
                plan=EvaluationPlan(unseen_family_folds=2, tutorial=False),
            ),
            output_dir=tmp_path,
            dataset=report,
        )
    assert model.evaluation.unseen_families is None
    assert "1 families are too few to leave some out" in caplog.text


@pytest.mark.slow
def test_the_exported_file_is_held_to_its_answers(
    judged: TrainedModel, prepared: Prepared, connected: LocalCluster
) -> None:
    import h2o

    from airflow_provider_devo_dga.features.h2o_frame import add_features
    from airflow_provider_devo_dga.training.dataset.prepare import PREPARED_COLUMNS

    mojo = Path(judged.model_file)
    frame = h2o.upload_file(
        str(prepared[0]),
        header=1,
        col_names=list(PREPARED_COLUMNS),
        col_types=["string", "string", "numeric", "string"],
    )[:400, :]
    frame = add_features(frame, PLAIN_FEATURES)
    with imported(mojo) as model:
        scored = score_frame(model, frame)
    assert len(scored) == 400
    assert set(scored.families) == {"legit", "alpha", "beta", "na"}
    check_answers(mojo, frame, scored, judged.mojo.default_threshold)
    with pytest.raises(MojoExportError, match=r"labels \d+ of 400 rows against its threshold"):
        check_answers(mojo, frame, scored, judged.mojo.default_threshold / 2)
    other = ScoredPart(scored.scores[::-1].copy(), scored.malicious, scored.family, scored.families)
    with pytest.raises(MojoExportError, match="does not give the scores"):
        check_answers(mojo, frame, other, judged.mojo.default_threshold)
    h2o.remove_all()


@pytest.mark.slow
@pytest.mark.parametrize("check_labels", [False, True])
def test_botnet_names_in_the_legit_list_are_suspected(
    connected: LocalCluster, tmp_path: Path, check_labels: bool
) -> None:
    rng = random.Random(8)  # noqa: S311
    names = ["qz" + "".join(rng.choices("qxzjkvw", k=12)) for _ in range(1000)]
    rows = [row for row in synthetic_rows(1500, seed=4) if ";legit" in row]
    rows += [f"{name}.ru;{name};{'legit' if n < 40 else 'dga'};botnet" for n, name in enumerate(names)]
    content = (HEADER + "\n".join(rows) + "\n").encode()
    report = prepare_dataset(io.BytesIO(content), tmp_path / "prepared.csv")
    model = train(
        tmp_path / "prepared.csv",
        TrainingSettings(
            feature_set=PLAIN_FEATURES,
            ratios=RATIOS,
            model_params={"ntrees": 40, "min_rows": 5},
            # some legit names here are random letters, which made names would have suspected as well
            synthetic_share=0,
            plan=EvaluationPlan(tutorial=False, check_labels=check_labels),
        ),
        output_dir=tmp_path,
        dataset=report,
    )
    planted = {name for name in names[:40] if check_labels or not in_training(name)}
    found = model.evaluation.suspected_label_errors
    assert {label for label, _, _ in found.highest} <= planted
    assert 0.6 * len(planted) <= found.count <= len(planted)
    assert all((tld, score >= 0.9) == ("ru", True) for _, tld, score in found.highest)
    with (tmp_path / "prepared.csv").open(newline="") as file:
        legit = [row["label"] for row in csv.DictReader(file) if row["malicious"] == "0"]
    assert found.legit == sum(check_labels or not in_training(name) for name in legit)


def in_training(label: str) -> bool:
    return by_hash(RATIOS, 1234)(label) == "train"
