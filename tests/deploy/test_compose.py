"""docker-compose.yaml is of the specification's form, whole, and careful."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.configuration import conf

from tests.deploy.compose_file import (
    DOCUMENT,
    FILE,
    JOBS,
    ROOT,
    SECRET,
    SERVICES,
    VARIABLE,
    example_variables,
    filled,
    mounted,
    texts,
)

each_service = pytest.mark.parametrize("name", SERVICES)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONSTRAINTS = dict(
    line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
)
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_file_is_of_the_specifications_form() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, str(FILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_word_is_not_of_that_form(tmp_path: Path) -> None:
    wrong = yaml.safe_load(FILE.read_text())
    wrong["services"]["postgres"]["healthchek"] = wrong["services"]["postgres"].pop("healthcheck")
    (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(wrong))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [*command, str(tmp_path / "wrong.yaml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "healthchek" in done.stdout


def sources(service: dict[str, Any], kind: str) -> set[str]:
    entries = service.get(kind) or ()
    return {entry["source"] if isinstance(entry, dict) else entry.partition(":")[0] for entry in entries}


@pytest.mark.parametrize("kind", ["secrets", "configs", "volumes", "networks"])
def test_what_is_used_is_declared_and_what_is_declared_is_used(kind: str) -> None:
    used = set().union(*(sources(service, kind) for service in SERVICES.values()))
    assert used == set(DOCUMENT[kind])


def test_configs_are_files_of_the_checkout() -> None:
    for config in DOCUMENT["configs"].values():
        assert (ROOT / config["file"]).is_file()


@each_service
def test_a_service_gets_the_secrets_that_it_reads_and_no_others(name: str) -> None:
    service = SERVICES[name]
    read = [service.get(part) for part in ("command", "environment", "healthcheck")]
    configs = sources(service, "configs")
    read += [(ROOT / DOCUMENT["configs"][config]["file"]).read_text() for config in configs]
    assert set(mounted(service)) == {found for text in texts(read) for found in SECRET.findall(text)}


@each_service
def test_no_secret_is_in_an_environment(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if re.search(r"PASSWORD|TOKEN|SECRET|KEY|CONN|AUTH_CONFIG", variable) and not variable.endswith(
            # of a file that is not there before the service starts
            ("PASSWORDS_FILE", "SECRETS__BACKEND")
        ):
            assert "/run/secrets/" in value, variable
            assert re.search(r"(_CMD|_FILE|_PATH|BACKEND_KWARGS)$", variable), variable


@each_service
def test_a_service_tells_how_it_is(name: str) -> None:
    service = SERVICES[name]
    if name in JOBS:
        assert service["restart"] == "no"
        assert "healthcheck" not in service
    else:
        assert service["restart"] == "unless-stopped"
        assert set(service["healthcheck"]) == {"test", "interval", "timeout", "retries", "start_period"}


@each_service
def test_a_service_waits_for_what_says_that_it_is_ready(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other in JOBS else "service_healthy"
        assert how == {"condition": wanted}
        assert "profiles" not in SERVICES[other]


@each_service
def test_a_service_may_do_little(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"\$\{AIRFLOW_UID:\?[^}]+\}:0", service["user"])
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    for port in service.get("ports", ()):
        assert port.startswith("127.0.0.1:")
    assert not any("/var/run/docker.sock" in text for text in texts(service))


def test_only_what_needs_the_outside_reaches_it() -> None:
    assert DOCUMENT["networks"] == {"inner": {"internal": True}, "outer": {}}
    outside = {name for name, service in SERVICES.items() if "outer" in service["networks"]}
    # tasks run in the scheduler, deferred ones in the triggerer; the other two have published ports
    assert outside == {"scheduler", "triggerer", "api-server", "mlflow"}
    assert all("inner" in service["networks"] for service in SERVICES.values())


def test_images_are_pinned() -> None:
    own = {f"devo-dga:{PROJECT['version']}", f"devo-dga-mlflow:{PROJECT['version']}"}
    images = {service["image"] for service in SERVICES.values()}
    bases = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
    assert own < images
    for image in bases | (images - own):
        assert re.fullmatch(r"[\w/]+:(slim-)?\d+(\.\d+)+(-[a-z0-9.]+)+", image), image
    assert f"apache/airflow:slim-{CONSTRAINTS['apache-airflow']}-python3.11" in bases


def test_the_image_is_made_of_extras_and_versions_that_exist() -> None:
    [extras] = re.findall(r"/opt/build\[([\w,]+)\]", DOCKERFILE)
    assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])
    assert {"h2o", "mlflow", "report", "sandbox"} <= set(extras.split(","))
    assert {"asyncpg", "psycopg2-binary"} <= set(CONSTRAINTS)
    for name in re.findall(r"^COPY (?:--\S+ )?(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for path in name.split():
            assert (ROOT / path).exists()
            assert f"!{path}" in (ROOT / ".dockerignore").read_text().splitlines()


def test_the_image_ends_as_no_root() -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    assert [re.findall(r"^USER (\w+)", stage, re.MULTILINE)[-1] for stage in stages] == ["airflow", "mlflow"]
    targets = {service["build"]["target"] for service in SERVICES.values() if "build" in service}
    assert targets == set(re.findall(r"^FROM \S+ AS (\w+)", DOCKERFILE, re.MULTILINE))


def test_the_mlflow_server_is_as_old_as_its_client() -> None:
    pinned = (ROOT / "deploy" / "mlflow-requirements.txt").read_text().splitlines()
    assert f"mlflow=={CONSTRAINTS['mlflow-skinny']}" in pinned
    assert all(re.fullmatch(r"[a-z0-9-]+==\S+", line) for line in pinned)


def test_the_example_names_every_variable_with_its_default() -> None:
    found = [match for text in texts(DOCUMENT) for match in VARIABLE.finditer(text) if match["name"]]
    example = example_variables()
    assert {match["name"] for match in found} == set(example)
    for match in found:
        if match["kind"] == "-":
            assert match["rest"] == example[match["name"]]


@each_service
def test_settings_of_airflow_exist(name: str) -> None:
    known = {
        (section, key)
        for section, described in conf.configuration_description.items()
        for key in described["options"]
    }
    settings = [key for key in SERVICES[name].get("environment", {}) if key.startswith("AIRFLOW__")]
    for setting in settings:
        section, key = setting.removeprefix("AIRFLOW__").lower().split("__")
        of_command = key.endswith("_cmd")
        assert (section, key.removesuffix("_cmd")) in known, setting
        # of other settings Airflow runs no command
        assert not of_command or (section, key.removesuffix("_cmd")) in conf.sensitive_config_values


def test_the_nodes_of_the_cluster_are_those_of_its_file() -> None:
    nodes = [name for name in SERVICES if name.startswith("h2o-")]
    assert (ROOT / "deploy" / "h2o-nodes").read_text().split() == [f"{name}:54321" for name in nodes]
    for name in nodes:
        service = filled(SERVICES[name], example_variables())
        assert service["hostname"] == name
        assert service["command"][service["command"].index("-ip") + 1] == name
        assert f'"cloud_size":{len(nodes)},' in service["healthcheck"]["test"][1]
    commands = [[word for word in SERVICES[name]["command"] if word not in nodes] for name in nodes]
    assert all(command == commands[0] for command in commands)


def test_what_a_script_of_the_database_runs_is_executable() -> None:
    assert os.access(ROOT / "deploy" / "mlflow-database.sh", os.X_OK)
