"""What a registered model's description says of where it came from.

The Model Manager has no versions and no metadata fields, only a free description. These facts travel in it
as ``key=value`` pairs behind the human text, so that whoever scores with a model also knows its threshold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from airflow_provider_devo_dga.errors import MojoExportError
from airflow_provider_devo_dga.models.summary import TrainingSummary

_PAIR = re.compile(r"\b([a-z0-9_]+)=([^;\]]*)")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f;\[\]=]")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Facts about one trained model.

    :param version: sorts by time, e.g. ``20260101T030000Z``.
    :param sha256: of the model file, 64 hex digits.
    :param feature_set: name of the feature set the model was trained on.
    :param fingerprint: of that feature set's meaning.
    :param threshold: score from which the model answers ``1``.
    :param false_positive_rate: measured on held-out legit names at that threshold.
    :param auc: on held-out names.
    :param train_rows: names the model was trained on.
    :param run_id: the Airflow run that trained it.
    :param summary: place of the training's summary below the folder for models, ``<version>/<name>.json``.
    """

    version: str
    sha256: str
    feature_set: str
    fingerprint: str
    threshold: float | None = None
    false_positive_rate: float | None = None
    auc: float | None = None
    train_rows: int | None = None
    run_id: str | None = None
    summary: str | None = None

    def describe(self, text: str) -> str:
        """Return a description: ``text [version=…; sha256=…; …]``."""
        facts = [
            f"{name}={_UNSAFE.sub('_', _spell(value))}"
            for name in self.__slots__
            if (value := getattr(self, name)) is not None
        ]
        return f"{text} [{'; '.join(facts)}]"

    def event(self, size: int) -> dict[str, Any]:
        """Return the facts of the model for an asset event; ``size`` is the file's bytes."""
        return {
            "sha256": self.sha256,
            "bytes": size,
            "version": self.version,
            "threshold": self.threshold,
            "auc": self.auc,
            "train_rows": self.train_rows,
        }

    def check_file(self, sha256: str, what: str) -> None:
        """Check that a file, called ``what`` in the error, is the one that was trained.

        :raises MojoExportError: it is another one.
        """
        if sha256 != self.sha256:
            raise MojoExportError(
                f"{what} is not the file that was trained"
                f" (sha256 {sha256[:12]} instead of {self.sha256[:12]})"
            )

    @classmethod
    def of_description(cls, description: str) -> Provenance | None:
        """Read what :meth:`describe` wrote; None for a description without these facts."""
        told = dict(_PAIR.findall(description.rpartition("[")[2]))
        if not {"version", "sha256", "feature_set", "fingerprint"} <= told.keys():
            return None
        facts: dict[str, Any] = {name: told[name] for name in cls.__slots__ if name in told}
        facts |= {name: _float(told.get(name)) for name in ("threshold", "false_positive_rate", "auc")}
        facts["train_rows"] = int(told["train_rows"]) if told.get("train_rows", "").isdigit() else None
        return cls(**facts)

    @classmethod
    def of_training(cls, trained: TrainingSummary, sha256: str | None = None) -> Provenance:
        """Take the facts from a training.

        :param sha256: of the file that is meant, when it may be the strict one; None for the model file.
        """
        strict = trained.strict if trained.strict and trained.strict.sha256 == sha256 else None
        return cls(
            version=trained.version,
            sha256=(strict or trained).sha256,
            feature_set=trained.feature_set.name,
            fingerprint=trained.feature_set.fingerprint,
            threshold=(strict or trained).threshold,
            false_positive_rate=(strict or trained.judged).false_positive_rate,
            auc=trained.judged.auc,
            train_rows=trained.rows.train,
            run_id=trained.run_id,
            summary=trained.summary,
        )


def _spell(value: object) -> str:
    # 17 digits bring back the same double
    return f"{value:.17g}" if isinstance(value, float) else str(value)


def _float(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
