"""What every use of a cluster needs: bring rows here, remove keys that were made, spare h2o older objects."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.scratch import scratch_folder

if TYPE_CHECKING:
    import pyarrow as pa
    from h2o import H2OFrame


@contextmanager
def young_objects_only() -> Iterator[None]:
    """Spare h2o the older objects while a cluster is connected.

    For every node of an expression that becomes a request it asks ``gc.get_referrers``, which walks all
    objects of the process: beside Airflow's own that made 31 features take eight times as long. Frozen
    objects are not walked.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def removed(*keys: str) -> Iterator[None]:
    """Remove these keys from the cluster at the end; a cluster that is gone has none."""
    import h2o
    from h2o.exceptions import H2OError

    try:
        yield
    finally:
        for key in keys:
            try:
                h2o.remove(key)
            except H2OError:
                break


@contextmanager
def downloaded(frame: H2OFrame) -> Iterator[Iterator[pa.RecordBatch]]:
    """Yield a frame in batches: by a file, never whole in memory."""
    import h2o
    import pyarrow as pa
    import pyarrow.csv

    text, number = pa.string(), pa.float64()
    kinds = {name: text if name in {"label", "tld", "family"} else number for name in frame.columns}
    with scratch_folder() as folder:
        file = folder / "scores.csv"
        h2o.download_csv(frame, str(file))
        # a label such as na is text
        options = pa.csv.ConvertOptions(column_types=kinds, strings_can_be_null=False)
        with pa.csv.open_csv(file, convert_options=options) as reader:
            yield iter(reader)
