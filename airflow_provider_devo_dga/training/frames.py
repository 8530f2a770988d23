"""Parted rows as frames on the cluster, one for each part, with the features of a model."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.drift.baseline import MOST, Baseline, baseline_of_features
from airflow_provider_devo_dga.errors import TrainingError
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.h2o_frame import add_features
from airflow_provider_devo_dga.training.cluster.address import megabytes
from airflow_provider_devo_dga.training.cluster.connection import current_address
from airflow_provider_devo_dga.training.cluster.durable import GROWN
from airflow_provider_devo_dga.training.cluster.keys import Keys
from airflow_provider_devo_dga.training.cluster.session import downloaded
from airflow_provider_devo_dga.training.dataset.parted_rows import (
    PARTED_COLUMNS,
    PARTED_TYPES,
    SYNTHETIC,
    TEACHES,
    PartedRows,
)
from airflow_provider_devo_dga.training.steps import Steps

if TYPE_CHECKING:
    from h2o import H2OFrame

LEVELS = ("0", "1")
TARGET = "malicious"

_log = logging.getLogger(__name__)


def part_frames(rows: PartedRows, features: FeatureSet, keys: Keys, steps: Steps) -> dict[str, H2OFrame]:
    """Return the frames by part: those that a former try has left on the cluster, or new ones."""
    if found := _found(rows.rows, keys):
        _log.info("training: found the rows again")
        return found
    with steps.timed("load"):
        frame = _upload(rows.names.file, keys, steps)
    with steps.timed("features"):
        frame = add_features(frame, features)
        # the levels decide which class is the positive one
        frame[TARGET] = frame[TARGET].asfactor()
        _check_levels(frame)
        return {part: _kept(frame[_of(frame, part), :], part, keys) for part in rows.rows}


def grown_on(training: H2OFrame) -> H2OFrame:
    """Return the rows that trees may be grown on."""
    return training[training["part"] != TEACHES, :]


def kept_grown_on(training: H2OFrame, keys: Keys) -> H2OFrame:
    """Return those rows as a frame of their own, which a try that is stopped leaves to its job."""
    key = keys.part(GROWN)
    if keys.stay and current_address().ask("GET", f"/3/Frames/{key}/light"):
        import h2o

        return h2o.get_frame(key)
    return _kept(grown_on(training), GROWN, keys)


def real(rows: H2OFrame) -> H2OFrame:
    """Return the rows that are of the dataset."""
    return rows[rows["part"] != SYNTHETIC, :]


def baseline_of(training: H2OFrame, features: FeatureSet) -> Baseline:
    """Return how the features are distributed over a sample of the legit rows."""
    import numpy as np

    # features that were learned from a name take it for more usual than it is
    legit = training[(training[TARGET] == "0") & (training["part"] != TEACHES), list(features.names)]
    share = MOST / max(legit.nrow, 1)
    sample = legit[legit.runif(seed=1) < share, :] if share < 1 else legit
    with downloaded(sample) as batches:
        rows = [np.column_stack([column.to_numpy() for column in batch.columns]) for batch in batches]
    empty = np.empty((0, len(features.names)))
    return baseline_of_features(features.names, np.concatenate([empty, *rows]))


def _found(parts: Iterable[str], keys: Keys) -> dict[str, H2OFrame] | None:
    if not keys.stay:
        return None
    import h2o

    named = {part: keys.part(part) for part in parts}
    if not all(current_address().ask("GET", f"/3/Frames/{key}/light") for key in named.values()):
        return None
    return {part: h2o.get_frame(key) for part, key in named.items()}


def _of(frame: H2OFrame, part: str) -> H2OFrame:
    of_part = frame["part"] == part
    if part != "train":
        return of_part
    return of_part | (frame["part"] == TEACHES) | (frame["part"] == SYNTHETIC)


def _upload(rows: Path, keys: Keys, steps: Steps) -> H2OFrame:
    import h2o

    def tell(sent: int, size: int) -> None:
        steps.interruption.check()
        share = 100 * sent / max(size, 1)
        _log.info("upload: %.0f %%, %d of %d MB", share, megabytes(sent), megabytes(size))

    # the raw file goes with the parsing
    current_address().upload(rows, keys.raw, tell)
    setup = h2o.parse_setup(
        keys.raw,
        destination_frame=keys.rows,
        header=1,
        separator=",",
        quotechar='"',
        column_names=list(PARTED_COLUMNS),
        column_types=list(PARTED_TYPES),
    )
    return h2o.parse_raw(setup)


def _kept(frame: H2OFrame, part: str, keys: Keys) -> H2OFrame:
    import h2o

    return h2o.assign(frame, keys.part(part)) if keys.stay else frame


def _check_levels(frame: H2OFrame) -> None:
    levels = tuple(frame[TARGET].levels()[0])
    if levels != LEVELS:
        raise TrainingError(f"The target must have the levels {LEVELS}, the second positive; it has {levels}")
