"""Names of the stored windows that only clean clients asked for: there a promise is kept or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.promotion.backtest.stored_windows import StoredWindow
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists

if TYPE_CHECKING:
    import pyarrow as pa


def clean_names(windows: Iterable[StoredWindow], lists: DomainLists, suspects: Iterable[str]) -> pa.Array:
    """Return the distinct names that were asked for, in all windows, by clean clients alone.

    Left out are names of a client that stood out, that is listed to raise no alarm, or that nobody knows, and
    names on the allow-list.

    :param suspects: clients that stood out.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    listed = set(suspects)
    asked, tainted = pa.array([], pa.string()), pa.array([], pa.string())
    for stored in windows:
        for table in stored.batches():
            names = table["reg_domain"].combine_chunks().cast(pa.string())
            clients = table["client_ips"].combine_chunks()
            rows, each = pc.list_parent_indices(clients), pc.list_flatten(clients)
            rows, each = rows.filter(pc.is_valid(each)), pc.drop_null(each)
            seen = pc.unique(each).to_pylist()
            bad = pa.array([one for one in seen if one in listed or one in lists.no_alarm], each.type)
            of_bad = pc.take(names, rows.filter(pc.is_in(each, value_set=bad)))
            of_nobody = np.ones(len(names), bool)
            of_nobody[rows.to_numpy()] = False
            asked = _united(asked, names)
            tainted = _united(tainted, of_bad, names.filter(pa.array(of_nobody)))
    clean = asked.filter(pc.invert(pc.is_in(asked, value_set=tainted)))
    if not len(lists.allow):
        return clean
    return pa.array([name for name in clean.to_pylist() if not lists.allows(name)], pa.string())


def _united(*parts: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.unique(pa.chunked_array(parts, pa.string()))
