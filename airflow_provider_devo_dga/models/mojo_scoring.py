"""Score hosts through a MOJO on this machine, with the scorer that H2O ships in its own jar."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from airflow_provider_devo_dga.errors import FeatureError, MojoExportError
from airflow_provider_devo_dga.features import reference
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import HostParts, split_host
from airflow_provider_devo_dga.models.java import find_h2o_jar, find_java
from airflow_provider_devo_dga.models.mojo import inspect_mojo
from airflow_provider_devo_dga.scratch import scratch_folder

_LAST_LINES = 10


@dataclass(frozen=True, slots=True)
class MojoScore:
    """What the model makes of one host.

    :param label: the model's own label by the threshold in the file, ``0`` or ``1``.
    :param p1: score, the probability of label ``1``.
    """

    host: str
    label: str
    p1: float


def score_mojo(
    path: Path, feature_set: FeatureSet, hosts: Sequence[str], *, timeout: float = 600.0
) -> list[MojoScore]:
    """Return one score per host, in order; features come from the plain-Python backend.

    :param timeout: seconds for the whole set; Java alone takes one or two.
    :raises FeatureError: for a host without a label to judge.
    :raises MojoExportError: when the file is no binomial MOJO over exactly these features, or Java cannot
        score it.
    :raises H2OClusterError: when there is no Java or no h2o package.
    """
    scores = score_parts(path, feature_set, [parts_to_score(host) for host in hosts], timeout=timeout)
    return [replace(score, host=host) for score, host in zip(scores, hosts, strict=True)]


def score_parts(
    path: Path, feature_set: FeatureSet, hosts: Sequence[HostParts], *, timeout: float = 600.0
) -> list[MojoScore]:
    """Return one score per host that was parted already, in order; as :func:`score_mojo` otherwise."""
    rows = _answers(path, feature_set, hosts, timeout)
    return [
        MojoScore(parts.registrable, row[0], float(row[2])) for parts, row in zip(hosts, rows, strict=True)
    ]


def contributions(
    path: Path, feature_set: FeatureSet, hosts: Sequence[HostParts], *, timeout: float = 600.0
) -> list[tuple[float, ...]]:
    """Return for each host what its features add to the log-odds of label ``1``, in order: Shapley values.

    Exact values for trees (TreeSHAP), from the scorer that H2O ships; a host's sum and the model's bias are
    the log-odds of its score. They take some milliseconds a host.

    :raises MojoExportError: as :func:`score_mojo`, and when the model is of a kind that has no such values.
    """
    rows = _answers(path, feature_set, hosts, timeout, "--predictContributions")
    return [tuple(map(float, row[:-1])) for row in rows]  # the bias comes last


def _answers(
    path: Path, feature_set: FeatureSet, hosts: Sequence[HostParts], timeout: float, *options: str
) -> list[list[str]]:
    info = inspect_mojo(path)
    if info.columns != feature_set.names or len(info.response_domain) != 2:
        raise MojoExportError(
            f"{path.name!r} is not a two-class model over the feature set {feature_set.name!r}: "
            f"{info.category} over {', '.join(info.columns)[:200]}"
        )
    if not hosts:
        return []
    with scratch_folder() as directory:
        _write_features(directory / "features.csv", feature_set, hosts)
        _run(path, directory, timeout, options)
        return _read_answers(directory / "scores.csv", len(hosts))


def parts_to_score(host: str) -> HostParts:
    """Return the parts of a host that has a label to judge.

    :raises FeatureError: it has none.
    """
    if (parts := split_host(host)) is None:
        raise FeatureError(f"The host {host[:80]!r} has no label to score")
    return parts


def _write_features(target: Path, feature_set: FeatureSet, hosts: Sequence[HostParts]) -> None:
    with target.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(feature_set.names)
        for parts in hosts:
            writer.writerow(map(repr, reference.compute(feature_set, parts)))


def _run(path: Path, directory: Path, timeout: float, options: Sequence[str]) -> None:
    command = [
        *(str(find_java()), f"-Djava.io.tmpdir={directory}"),
        *("-cp", str(find_h2o_jar()), "hex.genmodel.tools.PredictCsv"),
        *("--mojo", str(path.absolute()), "--decimal", *options),
        *("--input", str(directory / "features.csv"), "--output", str(directory / "scores.csv")),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise MojoExportError(f"Scoring {path.name!r} took longer than {timeout:.0f} s") from None
    if done.returncode or not (directory / "scores.csv").is_file():
        lines = (done.stdout + done.stderr).splitlines()[-_LAST_LINES:]
        raise MojoExportError(f"H2O's scorer cannot score {path.name!r}:\n" + "\n".join(lines))


def _read_answers(source: Path, hosts: int) -> list[list[str]]:
    with source.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    if len(rows) != hosts:
        raise MojoExportError(f"H2O's scorer gave {len(rows)} answers for {hosts} hosts")
    return rows
