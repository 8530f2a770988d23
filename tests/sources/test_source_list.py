"""Lists of sources: what is read, and what every fault is told with."""

from __future__ import annotations

import json

import pytest

from airflow_provider_devo_dga.errors import SourcesError
from airflow_provider_devo_dga.sources.source import Source
from airflow_provider_devo_dga.sources.source_list import read_sources

ONE = {"name": "berlin", "table": "dns.berlin.query", "field": "name", "client_field": "client"}
LIST = """\
defaults:
  field: host
  client_field: client   # in every table of ours
  lag_minutes: 5
sources:
  - name: berlin
    table: dns.berlin.query
    failed_codes: [NXDOMAIN, 3]
  - name: lima
    table: dns.lima.query
    field: qname
    devo_conn_id: devo_lima
    mail_to: [soc-lima@example.com]
"""


def test_a_list_is_read_with_its_defaults() -> None:
    berlin, lima = read_sources(LIST, "sources.yaml")
    assert (berlin.field, berlin.lag_minutes, berlin.devo_conn_id) == ("host", 5, "devo_default")
    assert berlin.hosts.failed_codes == ("NXDOMAIN", "3")
    assert (lima.field, lima.devo_conn_id, lima.mail_to) == ("qname", "devo_lima", ["soc-lima@example.com"])
    assert berlin.key != lima.key


@pytest.mark.parametrize("text", [json.dumps([ONE]), json.dumps({"sources": [ONE]}, indent=1)])
def test_json_is_read_too(text: str) -> None:
    assert read_sources(text, "a") == (Source.of(ONE),)


def test_a_source_goes_through_xcom() -> None:
    [source] = read_sources(json.dumps([ONE]), "a")
    assert Source.of(json.loads(json.dumps(source.to_dict()))).key == source.key


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a is empty"),
        ("sources: []", "a:1: there is no source in it"),
        ("3", "a:1: there is no list of sources"),
        ("sources: []\nsources: [{}]", "a:1: 'sources' is there twice"),
        ("surces: []", "a:1: 'surces' is not known; a list has 'sources' and 'defaults'"),
        ("- {", "a:2 is neither YAML nor JSON"),
        ("[a]: 1", "is not known; a list has"),
        ("- 1", "a:1: sources[0]: a source is a mapping, with name, table, field, client_field"),
        ("- &x {name: a}\n- *x", "aliases"),
        (
            "- !!python/object/apply:os.system ['true']",
            "a:1: sources[0]: a source is a mapping, with name, table, field, client_field",
        ),
        (
            "- {name: !!python/name:os.system '', table: t, field: f, client_field: c}",
            "a:1: sources[0].name: ",
        ),
    ],
)
def test_what_is_no_list_is_refused(text: str, told: str) -> None:
    with pytest.raises(SourcesError) as caught:
        read_sources(text, "a")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("    tabel: dns.x", "sources[1].tabel: is no field of a source; did you mean table?"),
        ("    reports_dir: 2026-13-41", "sources[1].reports_dir: cannot be read as a value"),
        ("    min_events: !!int foo", "sources[1].min_events: cannot be read as a value"),
        ("    min_events: 010", "sources[1].min_events: 010 is octal in YAML"),
        ("    failed_codes: [010]", "sources[1].failed_codes: 010 is octal in YAML"),
        ("    drift_limit: .inf", "sources[1].drift_limit: inf is no number above 0"),
        ("    min_events: 99999999999999", "sources[1].min_events: more than"),
        ("    password: x", "sources[1].password: is no field of a source"),
        ("    table: dns.x", "sources[1].table: is there twice"),
        ("    min_events: many", "sources[1].min_events: Expected `int`, got `str`"),
        ("    min_events: 0", "sources[1].min_events: 0 is less than 1"),
        ("    lag_minutes: .nan", "sources[1].lag_minutes: nan is less than 0"),
        ("    field_kind: url", "sources[1].field_kind: Invalid enum value 'url'"),
        ("    code_field: 'a b'", "sources[1].code_field: 'a b' is not a LINQ field name"),
        ("    failed_codes: []", "sources[1].failed_codes: failed_codes must list at least one"),
        ("    model_name: ../x", "sources[1].model_name: '../x' is not a usable model name"),
        ("    mlmm_conn_id: 'x y'", "sources[1].mlmm_conn_id: 'x y' is not the id"),
        ("    detections_table: firewall", "sources[1].detections_table: 'firewall' is not my.app."),
    ],
)
def test_a_fault_has_its_line_and_field(line: str, told: str) -> None:
    text = LIST.replace("    table: dns.lima.query", f"    table: dns.lima.query\n{line}")
    with pytest.raises(SourcesError) as caught:
        read_sources(text, "a")
    [_, fault] = str(caught.value).splitlines()
    assert fault.startswith(f"a:11: {told}")


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(SourcesError) as caught:
        read_sources(LIST.replace("table: dns.", "table: dns-"), "a")
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()[1:]] == ["a:7", "a:10"]


def test_two_of_one_name_or_one_table_are_refused() -> None:
    with pytest.raises(SourcesError, match="'berlin' has the name of sources\\[0\\], on line 6"):
        read_sources(LIST.replace("name: lima", "name: berlin"), "a")
    same = [ONE, ONE | {"name": "again"}]
    with pytest.raises(SourcesError, match="'again' has the table and columns of sources\\[0\\]"):
        read_sources(json.dumps(same), "a")
    # they overwrite nothing of each other in folders of their own
    apart = [ONE, ONE | {"name": "again", "reports_dir": "s3://elsewhere/reports"}]
    assert len(read_sources(json.dumps(apart), "a")) == 2


@pytest.mark.parametrize("name", ["2024", "1e5", "10.1", "None", "12-3j"])
def test_a_name_that_airflow_takes_for_a_value_is_refused(name: str) -> None:
    with pytest.raises(SourcesError, match="Airflow takes"):
        read_sources(json.dumps([ONE | {"name": name}]), "a")


@pytest.mark.parametrize("conn_id", ["devo/lima", "team:devo", "devo#1"])
def test_every_connection_that_airflow_takes_is_taken(conn_id: str) -> None:
    [source] = read_sources(json.dumps([ONE | {"devo_conn_id": conn_id}]), "a")
    assert source.devo_conn_id == conn_id


def test_defaults_that_are_all_comments_are_none() -> None:
    assert len(read_sources(f"defaults:\n  # none yet\nsources: {json.dumps([ONE])}", "a")) == 1


def test_a_slash_at_the_end_makes_no_other_folder() -> None:
    folders = ("s3://b/r", "s3://b/r/")
    same = [ONE | {"name": f"n{number}", "reports_dir": folder} for number, folder in enumerate(folders)]
    with pytest.raises(SourcesError, match="has the table and columns"):
        read_sources(json.dumps(same), "a")


def test_codes_of_any_size_go_through_xcom() -> None:
    [source] = read_sources(json.dumps([ONE | {"failed_codes": [2**70]}]), "a")
    assert source.to_dict()["failed_codes"] == (str(2**70),)
