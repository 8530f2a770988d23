"""MOJOs of a GBM by hand: a stump a feature. H2O's own classes read and score them like any other."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_BOTH_SIDES_ARE_LEAVES = 0xF0
_MISSING_GO_LEFT = 2


class Stump(NamedTuple):
    """A tree of one question: below ``split`` it gives ``below``, else ``above``, log-odds both.

    As many training rows were on either side.
    """

    split: float
    below: float
    above: float


def gbm_mojo(columns: Sequence[str], stumps: Mapping[str, Stump], threshold: float = 0.5) -> bytes:
    """Return a binomial MOJO; the columns that ``stumps`` does not name count for nothing.

    :param stumps: of columns.
    """
    info: dict[str, object] = {
        "h2o_version": "3.46.0.11",
        "mojo_version": "1.40",
        "algo": "gbm",
        "algorithm": "Gradient Boosting Machine",
        "endianness": "LITTLE_ENDIAN",
        "category": "Binomial",
        "uuid": "1",
        "supervised": "true",
        "n_features": len(columns),
        "n_classes": 2,
        "n_columns": len(columns) + 1,
        "n_domains": 1,
        "balance_classes": "false",
        "default_threshold": threshold,
        "prior_class_distrib": "[0.5, 0.5]",
        "model_class_distrib": "[0.5, 0.5]",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "escape_domain_values": "true",
        "n_trees": len(stumps),
        "n_trees_per_class": 1,
        "_genmodel_encoding": "AUTO",
        "distribution": "bernoulli",
        "link_function": "logit",
        "init_f": 0.0,
    }
    lines = ["[info]", *(f"{name} = {value}" for name, value in info.items()), ""]
    lines += ["[columns]", *columns, "malicious", "", "[domains]", f"{len(columns)}: 2 d000.txt", ""]
    files: dict[str, bytes | str] = {"model.ini": "\n".join(lines), "domains/d000.txt": "0\n1\n"}
    for number, (column, stump) in enumerate(stumps.items()):
        tree = struct.pack("<BHB", _BOTH_SIDES_ARE_LEAVES, columns.index(column), _MISSING_GO_LEFT)
        files[f"trees/t00_{number:03}.bin"] = tree + struct.pack("<3f", *stump)
        # node 0: rows, predictions and errors of its two sides, and their numbers
        sides = (100.0, 100.0, stump.below, stump.above, 0.0, 0.0)
        files[f"trees/t00_{number:03}_aux.bin"] = struct.pack("<2i6f2i", 0, 1, *sides, 1, 2)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            # a ZipInfo has a fixed date, so that equal arguments give equal bytes
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()
