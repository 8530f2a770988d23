"""The summary of a training: written beside its model, and handed from task to task in a short form."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_devo_dga.documents import FIELD, DocumentKind
from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.models.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a model's columns are called; ``features`` says what they mean, and is left out when it is short.

    ``models.meaning`` makes a ``FeatureSet`` of it.
    """

    name: str
    fingerprint: str
    features: list[Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A DGA family's recall on so many held-out names."""

    recall: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Metrics on one held-out part, those of a threshold at the model's own; None where not known."""

    rows: int = 0
    auc: float | None = None
    pr_auc: float | None = None
    logloss: float | None = None
    brier: float | None = None
    recall: float | None = None
    precision: float | None = None
    false_positive_rate: float | None = None
    macro_family_recall: float | None = None
    families: dict[str, Family] = field(default_factory=dict)
    families_left_out: int = 0

    def __str__(self) -> str:
        shares = (math.nan if f is None else f for f in (self.auc, self.recall, self.false_positive_rate))
        return "AUC {:.4f}, recall {:.2%} at {:.3%} false positives".format(*shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A false-positive budget, its threshold, and what that does on the judged part."""

    budget: float
    threshold: float
    false_positive_rate: float
    recall: float
    false_positive_rate_interval: tuple[float, float] | None = None
    macro_family_recall: float | None = None
    measurable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StrictFile(Point):
    """The second model file, with the threshold of a smaller budget."""

    sha256: str
    model_file: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyPair:
    """A family's recall by this model and by the other one."""

    name: str
    rows: int
    recall: float
    other_recall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """Two models on the same names, each at its own threshold for one budget; greatest loss first."""

    budget: float
    rows: int
    recall: float
    other_recall: float
    false_positive_rate: float | None = None
    other_false_positive_rate: float | None = None
    families: list[FamilyPair] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherModel:
    """A model judged on the same names: ``tutorial``, or ``champion`` with its version for a name."""

    kind: str
    name: str
    auc: float | None = None
    pr_auc: float | None = None
    points: list[Point] = field(default_factory=list)
    in_service: Point | None = None
    may_have_seen: bool = False
    head_to_head: Duel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenFamilies:
    """Recall of families by models that were trained without them; None where it was not measured."""

    folds: int
    budget: float
    false_positive_rate: float
    macro_family_recall: float
    families: dict[str, float]
    strict_budget: float | None = None
    strict_macro_family_recall: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectedErrors:
    """Legit names that look like DGA; ``highest`` holds label, suffix and score."""

    count: int = 0
    legit: int = 0
    highest: list[tuple[str, str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was found out beyond the figures; ``reliability`` holds rows, mean score and share of DGA."""

    judged: str = "valid"
    legit: int = 0
    dga: int = 0
    points: list[Point] = field(default_factory=list)
    calibration_error: float | None = None
    reliability: list[tuple[int, float, float]] = field(default_factory=list)
    unseen_families: UnseenFamilies | None = None
    comparisons: list[OtherModel] = field(default_factory=list)
    importances: dict[str, float] = field(default_factory=dict)
    suspected_label_errors: SuspectedErrors = field(default_factory=SuspectedErrors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What decides which part a name falls into."""

    seed: int
    ratios: list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows by part; None for a part that there was not.

    :param teaching: legit names of the training part that features were learned from, and no tree grown on.
    :param synthetic: made names that trees were grown on besides; they are of no part.
    """

    train: int | None = None
    valid: int | None = None
    test: int | None = None
    teaching: int = 0
    synthetic: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSummary:
    """What is known of one training.

    A model that is put back by its description alone has few of the figures: None where not known.

    :param version: sorts by time, e.g. ``20260101T030000Z``.
    :param sha256: of the model file.
    :param model_file: URI of the model file.
    :param summary: where the whole summary lies below the folder for models, ``<version>/<name>.json``.
    :param metrics: on the validation part, on which the threshold was chosen too.
    :param test_metrics: on the part that nothing was chosen on; None when there was none.
    :param baseline: what ``drift.baseline`` reads; only in the file.
    """

    version: str
    sha256: str
    model_file: str
    feature_set: Features
    model_id: str | None = None
    size: int | None = None
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int = -1
    summary: str | None = None
    model_card: str | None = None
    features: list[str] = field(default_factory=list)
    metrics: Figures | None = None
    test_metrics: Figures | None = None
    threshold: float | None = None
    false_positive_budget: float | None = None
    strict: StrictFile | None = None
    evaluation: Judgement = field(default_factory=Judgement)
    split: Split | None = None
    baseline: dict[str, Any] | None = None
    rows: Rows = field(default_factory=Rows)
    dataset: Dataset | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    model_params: dict[str, Any] | None = None
    h2o_version: str | None = None

    @classmethod
    def of(cls, handed: object) -> TrainingSummary:
        """Return the summary that a task handed over, as :meth:`short` spells it.

        :raises DocumentError: it is something else, or of a newer release.
        """
        return SUMMARY.of(handed, "What was handed over as trained")

    def short(self) -> dict[str, Any]:
        """Return JSON values fit to travel between tasks; what the features mean stays in the file."""
        import msgspec

        # by way of JSON: an XCom would tell a tuple from a list
        told: dict[str, Any] = {FIELD: SUMMARY.format, **msgspec.json.decode(msgspec.json.encode(self))}
        del told["baseline"], told["feature_set"]["features"]
        return told

    @property
    def judged(self) -> Figures:
        """Figures of the test part, else those of the validation part."""
        return self.test_metrics or self.metrics or Figures()

    @property
    def held_out(self) -> int | None:
        """Rows of the part that was judged."""
        return self.rows.test or self.rows.valid

    @property
    def origin(self) -> Origin | None:
        """The task that trained it; None when a release trained it that did not say."""
        if self.dag_id is None or self.run_id is None or self.task_id is None:
            return None
        return Origin(self.dag_id, self.run_id, self.task_id, self.map_index)

    def against_champion(self, version: str) -> Duel | None:
        """Return the comparison with the champion of this version, None when there is none."""
        for other in self.evaluation.comparisons:
            if other.kind == "champion" and other.name == version:
                return other.head_to_head
        return None


def _counted(found: dict[str, Any]) -> dict[str, Any]:
    """Bring up a summary from before formats were counted: what it lacks has a default, but for null."""
    return {name: value for name, value in found.items() if value is not None}


SUMMARY = DocumentKind("summary of a training", TrainingSummary, 1, {0: _counted})
