"""What a model file answers about the names of stored windows; each name is scored once, on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import split_host
from airflow_provider_devo_dga.models.mojo_scoring import score_parts

if TYPE_CHECKING:
    import pyarrow as pa

AT_ONCE = 50_000
"""Names that are scored in one go: some hundred bytes each, and a start of Java for all."""


@dataclass(frozen=True, slots=True)
class Labels:
    """A model's answers.

    :param names: distinct registrable domains.
    :param scores: of each; 0 where the name has no label to judge.
    :param flagged: the model's own label of each.
    """

    names: pa.Array
    scores: pa.Array
    flagged: pa.Array

    def given(self, table: pa.Table) -> pa.Table:
        """Return rows of a window with these labels for their own; names that are not here count as legit."""
        import pyarrow.compute as pc

        column = table["reg_domain"].combine_chunks()
        places = pc.index_in(column, value_set=self.names)
        flagged = pc.fill_null(pc.take(self.flagged, places), False)
        labels = pc.if_else(flagged, "1", "0")
        return table.set_column(table.schema.get_field_index("malicious"), "malicious", labels)


def labels_of(names: pa.Array, mojo: Path, features: FeatureSet) -> Labels:
    """Score the names by a model file.

    :raises MojoExportError: it cannot be scored, or is not over these features.
    """
    import pyarrow as pa

    scores, flagged = [], []
    for start in range(0, len(names), AT_ONCE):
        parts = [split_host(name) for name in names.slice(start, AT_ONCE).to_pylist()]
        found = iter(score_parts(mojo, features, [each for each in parts if each is not None]))
        answers = [None if each is None else next(found) for each in parts]
        scores.append(pa.array([0.0 if each is None else each.p1 for each in answers], pa.float32()))
        flagged.append(pa.array([each is not None and each.label == "1" for each in answers], pa.bool_()))
    return Labels(
        names,
        pa.chunked_array(scores, pa.float32()).combine_chunks(),
        pa.chunked_array(flagged, pa.bool_()).combine_chunks(),
    )
