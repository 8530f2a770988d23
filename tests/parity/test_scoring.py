"""What Devo computes by our LINQ equals the plain-Python backend and H2O's own scorer, host by host."""

from __future__ import annotations

import json
import math
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_devo_dga.features import reference
from airflow_provider_devo_dga.features.dga import PLAIN_FEATURES, TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import split_host
from airflow_provider_devo_dga.features.linq import HostSource, scoring_query
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.models.mojo_scoring import score_mojo
from demo.events import write_events
from demo.families import FAMILIES
from demo.legit import legit_hosts

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("devo_connections")]

# URI → the registrable domain to judge, None where there is none.
ODD_URIS = {
    "HTTP://WWW.UPPER.CO.UK/Path": "upper.co.uk",
    "https://MiXeD.CoM": "mixed.com",
    "http://port.example.net:8080/x": "example.net",
    "https://user:word@credentials.org/": "credentials.org",
    "http://dotted.com./x": "dotted.com",
    "http://xn--bcher-kva.de/": "xn--bcher-kva.de",
    "http://www.xn--fiqs8s-x.com/": "xn--fiqs8s-x.com",
    "http://under_score.com/": "under_score.com",
    "http://-.com/": "-.com",
    "http://a.com/": "a.com",
    "http://0.com/": "0.com",
    f"http://{'l' * 63}.com/": f"{'l' * 63}.com",
    "http://shop.github.io/": "github.io",
    "ftp://files.example.fr/": "example.fr",
    "http://query.example.it?a=http://other.example.es/": "example.it",
    "http://localhost/": None,
    "http://co.uk/": None,
    "http://COM/": None,
    "http://intranet.corp/": None,
    "http://10.1.2.3/": None,
    "http://10.1.2.3:80/": None,
    "http://[2001:db8::1]:443/x": None,
    "http://b\u00fccher.de/": None,
    "mailto:someone@mail.example.com": None,
    "urn:isbn:0451450523": None,
    "not a uri": None,
    "/relative/path.html": None,
    "http:///nothing": None,
    "": None,
}


def demo_hosts(devo: Any) -> list[str]:
    day = devo.window["from_"].date()
    generated = [host for family in FAMILIES.values() for host in islice(family.generate(day), 80)]
    return legit_hosts(1500, seed=5) + generated


@pytest.fixture
def hosts(devo: Any) -> list[str]:
    return demo_hosts(devo)


@pytest.fixture
def models(
    glm_mojo: Any, tiny_features: FeatureSet, tiny_mojo: Path, tmp_path: Path
) -> dict[str, tuple[FeatureSet, Path]]:
    """Return feature sets, each with a model over it that says 1 for some of the hosts."""
    found = {"dga": (tiny_features, tiny_mojo)}
    for features, vowels in ((TUTORIAL_FEATURES, "vowel_proportion"), (PLAIN_FEATURES, "vowel_share")):
        file = tmp_path / f"{features.name}.zip"
        file.write_bytes(glm_mojo(features.names, {"length": 0.1, "entropy": 1.5, vowels: -4.0}, -5.0))
        found[features.name] = (features, file)
    return found


def answers_of(devo: Any, source: HostSource, features: FeatureSet, mojo: Path) -> list[dict[str, Any]]:
    name = f"parity_{features.name}"
    MLModelManagerHook().add_model(name, "H2O", mojo, if_exists="replace")
    query = scoring_query(features, source, devo_domain="self", model=name, with_features=True)
    return DevoHook().get_records(query, **devo.window)


def check(answers: list[dict[str, Any]], features: FeatureSet, mojo: Path) -> None:
    """Hold labels of the domain, features and the model's label against the reference."""
    scores = score_mojo(mojo, features, [row["reg_domain"] for row in answers])
    for row, score in zip(answers, scores, strict=True):
        parts = split_host(row["reg_domain"])
        assert parts is not None, row["reg_domain"]
        assert row["sld"] == parts.label
        for name, expected in zip(features.names, reference.compute(features, parts), strict=True):
            assert math.isclose(row[f"f_{name}"], expected, rel_tol=0, abs_tol=1e-9), (parts, name)
        assert row["malicious"] == score.label, (row["reg_domain"], score)


@pytest.mark.parametrize("name", ["dga", "dga_plain", "tutorial"])
@pytest.mark.parametrize("kind", ["uri", "host"])
def test_thousands_of_hosts_score_alike(
    devo: Any, hosts: list[str], models: dict[str, tuple[FeatureSet, Path]], name: str, kind: str
) -> None:
    values = [f"https://www.{host}/a?b=c" if kind == "uri" else f"WWW.{host.upper()}" for host in hosts]
    table = devo.table(
        [{"field": value, "client": "10.0.0.1"} for value in values], field="str", client="ip4"
    )
    features, mojo = models[name]
    answers = answers_of(devo, HostSource(table, "field", "client", kind), features, mojo)
    expected = {parts.registrable for host in hosts if (parts := split_host(host))}
    assert Counter(row["reg_domain"] for row in answers) == Counter(expected)
    assert len(expected) > 2500
    assert {row["malicious"] for row in answers} == {"0", "1"}
    check(answers, features, mojo)


@pytest.mark.parametrize("uri", ["http://\u0130stanbul.com/", "http://\u212aite.com/"])
def test_letters_that_only_look_like_ascii_are_no_other_domain(
    devo: Any, tiny_features: FeatureSet, tiny_mojo: Path, uri: str
) -> None:
    table = devo.table([{"field": uri, "client": "10.0.0.1"}], field="str", client="ip4")
    answers = answers_of(devo, HostSource(table, "field", "client"), tiny_features, tiny_mojo)
    assert [row["reg_domain"] for row in answers] == []


def test_odd_uris_give_the_domains_that_training_would(
    devo: Any, tiny_features: FeatureSet, tiny_mojo: Path
) -> None:
    events = [{"field": uri, "client": "10.0.0.1"} for uri in ODD_URIS] + [{"client": "10.0.0.2"}]
    table = devo.table(events, field="str", client="ip4")
    answers = answers_of(devo, HostSource(table, "field", "client"), tiny_features, tiny_mojo)
    assert sorted(row["reg_domain"] for row in answers) == sorted(filter(None, ODD_URIS.values()))
    check(answers, tiny_features, tiny_mojo)


@pytest.mark.parametrize("uri", [uri for uri, domain in ODD_URIS.items() if domain])
def test_the_expected_domains_are_the_references_own(uri: str) -> None:
    parts = split_host(urlsplit(uri).hostname or "")
    assert parts is not None
    assert parts.registrable == ODD_URIS[uri]


def test_an_hour_of_events_is_counted_as_python_counts_it(
    devo: Any, tiny_features: FeatureSet, tiny_mojo: Path, tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    write_events(file, devo.window["from_"], events=5000, clients=60)
    events = [json.loads(line) for line in file.read_text().splitlines()]
    table = devo.table(
        [{name: event[name] for name in ("eventdate", "referralUri", "clientIpAddress")} for event in events],
        referralUri="str",
        clientIpAddress="ip4",
    )
    answers = answers_of(devo, HostSource(table, "referralUri", "clientIpAddress"), tiny_features, tiny_mojo)
    counted: Counter[str] = Counter()
    clients: dict[str, set[str]] = {}
    seen: dict[str, list[int]] = {}
    for event in events:
        parts = split_host(urlsplit(event["referralUri"] or "").hostname or "")
        if parts is not None:
            counted[parts.registrable] += 1
            clients.setdefault(parts.registrable, set()).add(event["clientIpAddress"])
            seen.setdefault(parts.registrable, []).append(event["eventdate"])
    assert {row["reg_domain"]: row["events_n"] for row in answers} == counted
    for row in answers:
        domain = row["reg_domain"]
        assert set(row["client_ips"]) == clients[domain]
        assert (row["first_seen"], row["last_seen"]) == (min(seen[domain]), max(seen[domain]))
    check(answers, tiny_features, tiny_mojo)


def test_what_a_file_adds_up_to_is_what_h2o_says(
    tiny_features: FeatureSet, tiny_mojo: Path, tiny_model: dict[str, Any], cluster: Any, hosts: list[str]
) -> None:
    import h2o

    from airflow_provider_devo_dga.models.mojo_scoring import contributions

    parts = [found for host in hosts[:40] + hosts[-40:] if (found := split_host(host)) is not None]
    ours = contributions(tiny_mojo, tiny_features, parts)
    with cluster.connection():
        rows = [reference.compute(tiny_features, each) for each in parts]
        frame = h2o.H2OFrame(rows, column_names=list(tiny_features.names))
        model = h2o.import_mojo(str(tiny_mojo))
        theirs = model.predict_contributions(frame).as_data_frame(use_multi_thread=False)
    assert list(theirs.columns) == [*tiny_features.names, "BiasTerm"]
    for mine, row in zip(ours, theirs.to_numpy().tolist(), strict=True):
        assert mine == pytest.approx(tuple(row[:-1]), abs=1e-6)
    scores = score_mojo(tiny_mojo, tiny_features, [each.registrable for each in parts])
    bias = theirs["BiasTerm"][0]
    for score, mine in zip(scores, ours, strict=True):
        assert math.log(score.p1 / (1 - score.p1)) == pytest.approx(sum(mine) + bias, abs=1e-5)
