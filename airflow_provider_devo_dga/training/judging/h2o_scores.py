"""Score rows on the cluster and bring the scores here, batch by batch."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.errors import DatasetError, MojoExportError
from airflow_provider_devo_dga.models.summary import SuspectedErrors
from airflow_provider_devo_dga.training.cluster.session import downloaded, removed
from airflow_provider_devo_dga.training.dataset.distinct import PREPARED_COLUMNS
from airflow_provider_devo_dga.training.judging.scored_part import SUSPECT_FROM, ScoredPart, joined

if TYPE_CHECKING:
    import pyarrow as pa
    from h2o import H2OFrame


def score_frame(model: Any, frame: H2OFrame) -> ScoredPart:
    """Return the scores that a model on the cluster gives, in order of the frame's rows.

    :param frame: has the columns of a prepared dataset and the model's.
    """
    predictions = model.predict(frame)
    with removed(predictions.frame_id):
        columns = frame[list(PREPARED_COLUMNS)].cbind(predictions["p1"])
        with downloaded(columns) as batches:
            return _collected(batches)


def score_held_out(model: Any, parts: Mapping[str, H2OFrame]) -> dict[str, ScoredPart]:
    """Return the scores of all parts but the training part.

    :raises DatasetError: one of them lacks a class.
    """
    scored = {name: score_frame(model, part) for name, part in parts.items() if name != "train"}
    for name, part in scored.items():
        if not len(part.legit) or not len(part.dga):
            raise DatasetError(f"The part {name!r} ({len(part)} rows) lacks one class; give it more rows")
    return scored


def check_answers(mojo: Path, frame: H2OFrame, scored: ScoredPart, threshold: float) -> None:
    """Let an exported MOJO label these rows: ``1`` exactly where their score is at or above ``threshold``.

    The file is read back by the cluster, so what is checked is the file.

    :param scored: what the model that was trained gave ``frame``.
    :raises MojoExportError: when scores differ, or a label does not follow from its score.
    """
    import numpy as np

    with imported(mojo) as model:
        predictions = model.predict(frame)
        with removed(predictions.frame_id), downloaded(predictions[["predict", "p1"]]) as batches:
            labels, scores = [], []
            for batch in batches:
                labels.append(_numbers(batch, "predict") == 1)
                scores.append(_numbers(batch, "p1"))
    found = np.concatenate(scores)
    if len(found) != len(scored) or not np.allclose(found, scored.scores, rtol=0, atol=1e-9):
        raise MojoExportError(
            f"The exported MOJO {mojo.name!r} does not give the scores of the trained model"
        )
    wrong = int((np.concatenate(labels) != (scored.scores >= threshold)).sum())
    if wrong:
        raise MojoExportError(
            f"The exported MOJO {mojo.name!r} labels {wrong} of {len(found)} rows against its threshold"
        )


@contextmanager
def imported(mojo: Path) -> Iterator[Any]:
    """Yield a MOJO as a model of the cluster; nothing of it stays there."""
    import h2o
    from h2o.estimators import H2OGenericEstimator

    file_key = h2o.api("POST /3/PostFile", filename=str(mojo))["destination_frame"]
    model_key = f"imported_{secrets.token_hex(4)}"
    with removed(model_key, file_key):
        model = H2OGenericEstimator(model_key=h2o.get_frame(file_key), model_id=model_key)
        model.train()
        yield model


def _collected(batches: Iterator[pa.RecordBatch]) -> ScoredPart:
    import numpy as np

    names: dict[str, int] = {}
    scores, malicious, family = [], [], []
    suspects = SuspectedErrors()
    for batch in batches:
        p1, classes = _numbers(batch, "p1"), _numbers(batch, "malicious") == 1
        encoded = batch.column("family").dictionary_encode()
        codes = np.array(
            [names.setdefault(name, len(names)) for name in encoded.dictionary.to_pylist()], dtype=np.int32
        )
        scores.append(p1)
        malicious.append(classes)
        family.append(codes[encoded.indices.to_numpy(zero_copy_only=False)])
        suspects = joined([suspects, _suspects_in(batch, ~classes, p1)])
    return ScoredPart(
        scores=np.concatenate(scores),
        malicious=np.concatenate(malicious),
        family=np.concatenate(family),
        families=tuple(names),
        suspects=suspects,
    )


def _numbers(batch: pa.RecordBatch, column: str) -> Any:
    return batch.column(column).to_numpy(zero_copy_only=False)


def _suspects_in(batch: pa.RecordBatch, legit: Any, scores: Any) -> SuspectedErrors:
    import numpy as np

    rows = np.flatnonzero(legit & (scores >= SUSPECT_FROM)).tolist()
    found = [tuple(batch.column(name)[row].as_py() for name in ("label", "tld", "p1")) for row in rows]
    return SuspectedErrors(count=len(rows), legit=int(legit.sum()), highest=found)
