from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features import quoting
from airflow_provider_devo_dga.features.dga import FEATURE_SETS, TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.linq import (
    ADDRESS,
    ALTERNATIVE_ROOT,
    NO_HOST,
    UNKNOWN_SUFFIX,
    UNUSUAL,
    USABLE,
    HostSource,
    alternative_query,
    enough_events_query,
    fate_query,
    linq,
    scoring_query,
)
from airflow_provider_devo_dga.features.suffix_policy import suffix_pattern
from airflow_provider_devo_dga.hooks.devo import DevoHook

SOURCE = HostSource("demo.ecommerce.data", "referralUri", "clientIpAddress")


def test_the_tutorials_query_repaired() -> None:
    assert scoring_query(TUTORIAL_FEATURES, SOURCE, devo_domain="self", model="dga_classifier") == (
        "from demo.ecommerce.data\n"
        "where isnotnull(referralUri), not isempty(referralUri)\n"
        'where urihost(referralUri) ~ re("^([!-,/-~-]+[.])+[A-Za-z][A-Za-z0-9-]+[.]?$")\n'
        'select peek(lower(urihost(referralUri)), re("^.*[^.]")) as dga_name\n'
        "where length(dga_name) <= 253, isnotnull(topleveldomain(dga_name))\n"
        'where not dga_name ~ re("[.](?:arpa|onion)$")\n'
        f'select peek(dga_name, re("{suffix_pattern()}")) as dga_suffix\n'
        "select substring(dga_name, 0, length(dga_name) - length(dga_suffix)) as dga_below\n"
        'select peek(dga_below, re("[^.]+$")) as sld\n'
        "select substring(dga_name, length(dga_below) - length(sld)) as reg_domain\n"
        'where sld ~ re("^[a-z0-9_-]{1,63}$")\n'
        "group by reg_domain, sld\n"
        "select count() as events_n, min(eventdate) as first_seen, max(eventdate) as last_seen,\n"
        "  collectdistinct(str(clientIpAddress)) as client_ips\n"
        'select mlevalmodel("self", "dga_classifier",\n'
        "    float(length(sld)),\n"
        "    shannonentropy(sld),\n"
        '    (float(countbyfilter(sld, "aeiou")) / float(length(sld)))) as malicious'
    )


def test_a_response_code_is_counted_in_the_same_query() -> None:
    source = replace(SOURCE, code_field="rcode", failed_codes=("NXDOMAIN", 3))
    plain, query = (
        scoring_query(TUTORIAL_FEATURES, each, devo_domain="self", model="m") for each in (SOURCE, source)
    )
    added = ',\n  count(peek(lower(str(rcode)), re("^(nxdomain|3)$"))) as failed_n'
    assert query == plain.replace(" as client_ips", f" as client_ips{added}")
    assert source.key("c", "d") == SOURCE.key("c", "d")
    assert HostSource(**source.to_dict()) == source


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_field": 'rcode"'},
        {"code_field": ""},
        {"code_field": "null"},
        {"failed_codes": ()},
        {"failed_codes": "NXDOMAIN"},
        {"failed_codes": ["3|.*"]},
        {"failed_codes": ['3")']},
        {"failed_codes": ["3\n"]},
        {"failed_codes": [None, ""]},
        {"failed_codes": [""]},
    ],
)
def test_no_response_code_changes_the_query(wrong: dict[str, Any]) -> None:
    with pytest.raises(FeatureError):
        replace(SOURCE, **wrong)


def test_bare_hosts_are_not_parsed_as_uris() -> None:
    source = HostSource("firewall.all", "host", "src", kind="host")
    query = scoring_query(TUTORIAL_FEATURES, source, devo_domain="self", model="m")
    assert "urihost" not in query
    assert "peek(lower(host), " in query


def test_features_can_come_back_as_columns_in_the_models_order() -> None:
    query = scoring_query(TUTORIAL_FEATURES, SOURCE, devo_domain="self", model="m", with_features=True)
    assert query.endswith("f_length,\n    f_entropy,\n    f_vowel_proportion) as malicious")


def test_whether_there_are_enough_events_is_asked_in_one_row() -> None:
    asked = "from demo.ecommerce.data\ngroup\nselect count() as events_n\nwhere events_n >= 7"
    assert enough_events_query(SOURCE, 7) == asked


@pytest.mark.parametrize("feature_set", FEATURE_SETS.values(), ids=FEATURE_SETS)
def test_every_feature_has_its_linq(feature_set) -> None:  # type: ignore[no-untyped-def]
    texts = [linq(feature.number) for feature in feature_set.features]
    assert len(set(texts)) == len(texts)
    assert all(text.count("(") == text.count(")") for text in texts)


HOSTILE = ['x"', "x where 1=1", "x;y", "x`", "x\n", "", "x y", "é", "x)", "a.b"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_field_name_leaves_its_place(text: str) -> None:
    with pytest.raises(FeatureError):
        HostSource("t", text, "c")
    with pytest.raises(FeatureError):
        HostSource("t", "f", text)


@pytest.mark.parametrize(
    "text", [*HOSTILE[:-1], "a..b", ".a", "a.b where true", "demo.ecommerce.data limit 1"]
)
def test_no_table_name_leaves_its_place(text: str) -> None:
    with pytest.raises(FeatureError):
        HostSource(text, "f", "c")


@pytest.mark.parametrize("name", ['m", "x', "m\\", "", "m" * 65, "a/b", "m n", "m\x00"])
def test_no_model_name_leaves_its_string(name: str) -> None:
    with pytest.raises(FeatureError):
        scoring_query(TUTORIAL_FEATURES, SOURCE, devo_domain="self", model=name)
    with pytest.raises(FeatureError):
        scoring_query(TUTORIAL_FEATURES, SOURCE, devo_domain=name.ljust(129, "x") if name else "", model="m")


@pytest.mark.parametrize(
    ("value", "literal"), [("a", '"a"'), ('a"b', '"a\\"b"'), ("a\\", '"a\\\\"'), ("ñ", '"ñ"'), ("'", '"\'"')]
)
def test_strings_are_quoted(value: str, literal: str) -> None:
    assert quoting.string(value) == literal


def test_control_characters_have_no_literal() -> None:
    with pytest.raises(FeatureError):
        quoting.string("a\nb")


def test_an_unknown_kind_of_field_is_refused() -> None:
    with pytest.raises(FeatureError, match="kind"):
        HostSource("t", "f", "c", kind="url")  # type: ignore[arg-type]


def test_fates_are_told_for_each_event_once(devo: Any, devo_connections: None) -> None:
    hosts = {
        None: NO_HOST,
        "": NO_HOST,
        "192.0.2.7": ADDRESS,
        "2001:db8::7": ADDRESS,
        "b\u00fccher.de": UNUSUAL,
        "a b.com": UNUSUAL,
        "sub.b~d.com": UNUSUAL,
        "printer.lan": UNKNOWN_SUFFIX,
        "localhost": UNKNOWN_SUFFIX,
        "com": UNKNOWN_SUFFIX,
        "co.uk": UNKNOWN_SUFFIX,
        "hidden.onion": UNKNOWN_SUFFIX,
        "WWW.name.bazar.": ALTERNATIVE_ROOT,
        "other.bit": ALTERNATIVE_ROOT,
        f"{'a' * 260}.com": UNUSUAL,
        f"{'a' * 64}.com": UNUSUAL,
        "d1f8f9.cloudfront.net": USABLE,
        "www.Example.co.uk": USABLE,
        "xqz.ru": USABLE,
    }
    table = devo.table([{"host": host, "client": "10.0.0.7"} for host in hosts], host="str", client="ip4")
    rows = DevoHook().get_records(fate_query(HostSource(table, "host", "client", kind="host")), **devo.window)
    assert {row["fate"]: row["events_n"] for row in rows} == Counter(hosts.values())


def test_names_on_alternative_roots_are_told_with_who_asked(devo: Any, devo_connections: None) -> None:
    hosts = ["www.Name.bazar.", "name.bazar", "other.bit", "bit", "a.bit.com", "x.onion", "b..bit", "notbit"]
    table = devo.table([{"host": host, "client": "10.0.0.7"} for host in hosts], host="str", client="ip4")
    query = alternative_query(HostSource(table, "host", "client", kind="host"))
    rows = DevoHook().get_records(query, **devo.window)
    told = {row["reg_domain"]: (row["events_n"], row["client_ips"]) for row in rows}
    assert told == {"name.bazar": (2, ["10.0.0.7"]), "other.bit": (1, ["10.0.0.7"])}
