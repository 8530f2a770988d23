"""Hosts of any kind give the same features in plain Python, H2O and LINQ, to 1e-9."""

from __future__ import annotations

import csv
import math
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from airflow_provider_devo_dga.features import reference
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.h2o_frame import add_features
from airflow_provider_devo_dga.features.host import HostParts, split_host
from airflow_provider_devo_dga.features.linq import HostSource, scoring_query
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
from tests.examples import examples

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("devo_connections")]

IN_LABELS = string.ascii_lowercase + string.digits + "-_"
LABELS = st.one_of(
    st.text(IN_LABELS, min_size=1, max_size=63),
    st.text("aeinorst", min_size=1, max_size=24),
    st.text("abqxz019-", min_size=50, max_size=63),
    st.text(IN_LABELS, min_size=1, max_size=20).map("xn--{}".format),
    st.text("aàßİıſKñ中", min_size=1, max_size=12),
    st.sampled_from(("na", "nan", "null", "true", "1e5", "0x1f", "2020-01-01")),
)
SUFFIXES = st.sampled_from(
    ("com", "net", "ru", "biz", "co.uk", "xn--p1ai", "github.io", "mooo.com", "museum", "corp", "рф")
)
PREFIXES = st.sampled_from(("", "www.", "a.b.", "WWW."))


@st.composite
def hosts(draw: st.DrawFn) -> str:
    host = f"{draw(PREFIXES)}{draw(LABELS)}.{draw(SUFFIXES)}{draw(st.sampled_from(('', '', '.')))}"
    return draw(st.sampled_from((host, host, host.upper(), host.title())))


# Each example is a batch: one query, one frame. Shrinking batches would take hours.
BATCHES = settings(
    max_examples=examples(3),
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@BATCHES
@given(batch=st.lists(hosts(), min_size=150, max_size=150, unique_by=str.lower))
def test_linq_agrees(devo: Any, tiny_features: FeatureSet, tiny_mojo: Path, batch: list[str]) -> None:
    MLModelManagerHook().add_model("hosts", "H2O", tiny_mojo, if_exists="replace")
    table = devo.table([{"host": host, "client": "10.0.0.1"} for host in batch], host="str", client="ip4")
    source = HostSource(table, "host", "client", kind="host")
    query = scoring_query(tiny_features, source, devo_domain="self", model="hosts", with_features=True)
    answers = {row["reg_domain"]: row for row in DevoHook().get_records(query, **devo.window)}
    expected = {parts.registrable: parts for host in batch if (parts := split_host(host))}
    assert answers.keys() == expected.keys()
    assert len(expected) > 20
    for registrable, parts in expected.items():
        row = answers[registrable]
        for name, value in zip(tiny_features.names, reference.compute(tiny_features, parts), strict=True):
            assert math.isclose(row[f"f_{name}"], value, rel_tol=0, abs_tol=1e-9), (registrable, name)


@pytest.fixture(scope="module")
def connected(cluster: LocalCluster) -> Any:
    with cluster.connection():
        yield cluster


@BATCHES
@given(batch=st.lists(hosts(), min_size=150, max_size=150))
def test_h2o_agrees(
    connected: LocalCluster,
    tiny_features: FeatureSet,
    tmp_path_factory: pytest.TempPathFactory,
    batch: list[str],
) -> None:
    expected = [parts for host in batch if (parts := split_host(host))]
    for parts, row in zip(
        expected, _by_h2o(tiny_features, expected, tmp_path_factory.mktemp("hosts")), strict=True
    ):
        for name, found, value in zip(
            tiny_features.names, row, reference.compute(tiny_features, parts), strict=True
        ):
            assert math.isclose(found, value, rel_tol=0, abs_tol=1e-9), (parts, name)


def _by_h2o(features: FeatureSet, parts: list[HostParts], folder: Path) -> list[list[float]]:
    import h2o

    source = folder / "hosts.csv"
    with source.open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(("label", "tld"))
        writer.writerows((each.label, each.tld) for each in parts)
    frame = h2o.upload_file(str(source), header=1, sep=",", col_types=["string", "string"])
    computed = add_features(frame, features)[list(features.names)]
    return [[float(value) for value in row] for row in computed.as_data_frame(use_pandas=False, header=False)]
