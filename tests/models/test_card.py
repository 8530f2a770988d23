"""The model card says what the summary says, in words, and cannot be made to say anything else."""

from __future__ import annotations

import copy
import re
import shutil
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.models.card import CardCurves, card_families, render_card
from airflow_provider_devo_dga.models.summary import TrainingSummary

# each draws five charts
pytestmark = pytest.mark.slow

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AT = datetime(2026, 11, 24, 3, 20, tzinfo=UTC)
CURVES = CardCurves(
    roc=[(0.0, 0.3), (0.01, 0.8), (0.05, 0.9)],
    precision=[(0.1, 1.0), (0.9, 0.7)],
    scores=[(0.8, 0.05), (0.2, 0.95)],
)


def point(budget: float, threshold: float, recall: float, **changes: Any) -> dict[str, Any]:
    plain = {
        "budget": budget,
        "threshold": threshold,
        "false_positive_rate": budget,
        "false_positive_rate_interval": [budget / 2, budget * 2],
        "recall": recall,
        "macro_family_recall": recall - 0.05,
        "measurable": True,
    }
    return plain | changes


TRAINED: dict[str, Any] = {
    "model_id": "dga_classifier",
    "model_file": "file:///models/20261124T030000Z/dga_classifier.zip",
    "version": "20261124T030000Z",
    "run_id": "scheduled__2026-11-24",
    "sha256": "ab" * 32,
    "size": 600_000,
    "h2o_version": "3.46.0.11",
    "features": ["length", "entropy"],
    "feature_set": {"name": "dga", "fingerprint": "0123456789ab"},
    "threshold": 0.75,
    "false_positive_budget": 0.01,
    "strict": point(0.001, 0.95, 0.57) | {"sha256": "cd" * 32},
    "rows": {"train": 6000, "valid": 2000, "test": 2000},
    "metrics": {},
    "test_metrics": {
        "rows": 2000,
        "auc": 0.978,
        "pr_auc": 0.957,
        "brier": 0.0425,
        "recall": 0.789,
        "false_positive_rate": 0.0125,
        "macro_family_recall": 0.741,
        "families": {
            "suppobox": {"recall": 0.1, "rows": 80},
            "tiny": {"recall": 0.0, "rows": 3},
            "newgoz": {"recall": 1.0, "rows": 300},
        },
        "families_left_out": 0,
    },
    "evaluation": {
        "judged": "test",
        "legit": 1600,
        "dga": 400,
        "points": [point(0.01, 0.75, 0.789), point(0.001, 0.95, 0.57)],
        "calibration_error": 0.0037,
        "reliability": [[1500, 0.02, 0.01], [500, 0.9, 0.8]],
        "unseen_families": {
            "folds": 4,
            "budget": 0.01,
            "false_positive_rate": 0.011,
            "macro_family_recall": 0.491,
            "families": {"suppobox": 0.02, "newgoz": 0.99},
        },
        "comparisons": [
            {
                "kind": "tutorial",
                "name": "the tutorial's three features",
                "auc": 0.89,
                "pr_auc": 0.8,
                "points": [point(0.01, 0.77, 0.43)],
                "in_service": None,
                "may_have_seen": False,
            },
            {
                "kind": "champion",
                "name": "20261117T030000Z",
                "auc": 0.969,
                "pr_auc": 0.94,
                "points": [point(0.01, 0.69, 0.73)],
                "in_service": point(0.0099, 0.68, 0.735),
                "may_have_seen": False,
            },
        ],
        "importances": {"length": 0.6, "entropy": 0.4},
        "suspected_label_errors": {
            "count": 41,
            "legit": 3200,
            "highest": [["wjfbhtvftkdcdvw", "ws", 0.998]],
        },
    },
    "dataset": {
        "rows_read": 11_000,
        "rows_used": 10_000,
        "legit": 8000,
        "dga": 2000,
        "families": {"suppobox": 800, "newgoz": 1200},
        "families_left_out": 0,
        "duplicates": 500,
        "conflicts": 2,
        "conflict_examples": ["google"],
        "skipped": 498,
        "non_ascii": 55,
        "addresses": 3,
        "malformed": 0,
        "label_mismatches": 0,
        "sources": [
            {
                "name": "https://lists.example/top.csv",
                "kind": "legit",
                "rows_read": 8000,
                "skipped": 1,
                "malformed": 0,
            },
        ],
        "sources_left_out": 0,
        "sha256": "ef" * 32,
    },
}


class Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def card(trained: dict[str, Any] = TRAINED) -> str:
    return render_card(TrainingSummary.of(trained), CURVES, generated_at=AT)


def page(**changes: Any) -> Text:
    trained = copy.deepcopy(TRAINED)
    for path, value in changes.items():
        place = trained
        *above, last = path.split("__")
        for name in above:
            place = place[name]
        place[last] = value
    text = Text()
    text.feed(card(trained))
    return text


def words_of(text: Text) -> str:
    return re.sub(r"\s+", " ", " ".join(text.parts).replace("\N{NO-BREAK SPACE}", " "))


def test_the_headline_says_what_is_caught_and_what_it_costs() -> None:
    said = words_of(page())
    assert "Catches 78.9 % of DGA names, and flags 1.25 % of legit ones" in said
    # 20 of 1600: the Wilson interval is 0.811 % to 1.92 %
    assert "about 12,500 (95 %: 8,106 to 19,229)" in said
    assert "Of families it has never seen it catches 49.1 % on average" in said


def test_the_card_names_what_the_model_cannot_see() -> None:
    said = words_of(page())
    assert "it catches less than 30 %: suppobox ." in said
    assert "When unseen, less than 30 % of these is caught: suppobox ." in said
    assert "dictionary words" in said


def test_other_models_are_judged_beside_it() -> None:
    said = words_of(page())
    assert "Tutorial 1 % 0.7700 1 % 0.5 % to 2 % 43 % 38 % 0.890" in said
    assert "Champion 20261117T030000Z at its own threshold 0.99 % 0.6800" in said
    assert "neither model has seen them" in said
    champion = TRAINED["evaluation"]["comparisons"][1] | {"may_have_seen": True}
    assert "its figures are flattered" in words_of(page(evaluation__comparisons=[champion]))


def test_the_strict_file_is_a_row_of_its_own_only_when_no_other_says_the_same() -> None:
    assert "This model strict file 0.1 % 0.9500" in words_of(page())
    other = point(0.002, 0.9, 0.6) | {"sha256": "cd" * 32}
    assert "This model, strict file 0.2 % 0.9000" in words_of(page(strict=other))


def test_the_dataset_and_the_model_are_told() -> None:
    said = words_of(page())
    for fact in (
        "11,000, 10,000: one for each label",
        "8,000, 2,000 (20 % DGA)",
        "6,000, 2,000, 2,000",
        "2 rows, such as google",
        "498: 55 with characters outside ASCII (0.5 % of all), 3 addresses, 440 others",
        "https://lists.example/top.csv , legit: 8,000 rows",
        "length 60 % of the gain",
        "41 of 3,200 legit names",
        "wjfbhtvftkdcdvw below .ws , 0.998",
    ):
        assert fact in said, fact


def test_what_was_not_tried_is_said() -> None:
    said = words_of(
        page(evaluation__unseen_families=None, strict=None, dataset=None, evaluation__comparisons=[])
    )
    assert "not tried" in said
    assert "Of families it has never seen" not in said
    assert "The dataset was not described" in said


def test_figures_of_the_validation_part_are_called_flattered() -> None:
    metrics = TRAINED["test_metrics"]
    said = words_of(page(test_metrics=None, metrics=metrics, evaluation__judged="valid"))
    assert "on which the threshold was chosen too: take off a little" in said


def test_a_budget_that_could_not_be_measured_is_marked() -> None:
    points = [point(0.01, 0.75, 0.8), point(0.001, 0.95, 0.6, measurable=False)]
    assert "too few legit validation names" in words_of(page(evaluation__points=points))
    assert "too few legit validation names" not in words_of(page())


def test_hostile_names_stay_text() -> None:
    hostile = "<script>alert(1)</script>\u202e"
    text = page(
        dataset__sources=[TRAINED["dataset"]["sources"][0] | {"name": hostile}],
        evaluation__suspected_label_errors={"count": 1, "legit": 9, "highest": [[hostile, hostile, 0.9]]},
        test_metrics__families={hostile: {"recall": 0.1, "rows": 30}},
        run_id=hostile,
    )
    assert "script" not in text.tags
    assert "\u202e" not in words_of(text)
    assert words_of(text).count("<script>") >= 4


def test_the_same_facts_give_the_same_page() -> None:
    assert card() == card()


def test_families_come_least_caught_first_with_intervals() -> None:
    summary = TrainingSummary.of(TRAINED)
    found = card_families(summary.judged, summary.evaluation)
    assert [(family.name, family.unseen) for family in found] == [
        ("tiny", None),
        ("suppobox", 0.02),
        ("newgoz", 0.99),
    ]
    assert found[0].high > 0.5
    assert found[2].low > 0.98


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
@pytest.mark.parametrize("width", [1280, 390])
def test_the_card_opens_without_fetching_or_running_anything(tmp_path: Path, width: int) -> None:
    from playwright.sync_api import sync_playwright

    file = tmp_path / "model_card.html"
    file.write_text(card(), encoding="utf-8")
    asked: list[str] = []
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        opened = browser.new_page(viewport={"width": width, "height": 900})
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("console", lambda message: said.append(message.text))
        opened.goto(file.as_uri())
        assert "78.9" in opened.locator("h1").inner_text()
        assert opened.locator("h1").bounding_box()["y"] < 900
        assert opened.locator("figure svg").count() == 5
        assert opened.locator("script, a[href^=http]").count() == 0
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
    assert (asked, said) == ([file.as_uri()], [])
