"""deploy/helm/values.yaml holds no secret and fits the image and this Airflow. The chart is not here."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import yaml
from airflow.configuration import conf
from airflow.secrets.local_filesystem import LocalFilesystemBackend

from tests.deploy.compose_file import ROOT, SERVICES, texts

VALUES: dict[str, Any] = yaml.safe_load(
    (ROOT / "deploy" / "helm" / "values.yaml").read_text(encoding="utf-8")
)


def test_the_versions_are_those_of_the_package_and_of_the_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert VALUES["defaultAirflowTag"] == project["version"]
    assert (
        f"apache-airflow=={VALUES['airflowVersion']}" in (ROOT / "constraints.txt").read_text().splitlines()
    )


def test_secrets_are_only_named() -> None:
    names = {
        text
        for text in texts(VALUES)
        if text.lower().endswith(("password", "pass", "token", "secretkey", "fernetkey"))
    }
    assert names == set()
    assert VALUES["createUserJob"]["defaultUser"]["enabled"] is False


def test_settings_exist() -> None:
    for section, settings in VALUES["config"].items():
        for key in settings:
            assert key in conf.configuration_description[section]["options"], (section, key)


def test_connections_are_read_from_the_mounted_secret() -> None:
    secrets = VALUES["config"]["secrets"]
    backend = SERVICES["scheduler"]["environment"]["AIRFLOW__SECRETS__BACKEND"]
    assert secrets["backend"] == backend
    assert backend.endswith(LocalFilesystemBackend.__name__)
    file = json.loads(secrets["backend_kwargs"])["connections_file_path"]
    [mount] = VALUES["volumeMounts"]
    assert file == f"{mount['mountPath']}/connections.json"
    assert [volume["name"] for volume in VALUES["volumes"]] == [mount["name"]]


def test_tasks_are_told_the_same_as_in_the_compose_file() -> None:
    told = {entry["name"] for entry in VALUES["env"]}
    assert told == {name for name in SERVICES["scheduler"]["environment"] if name.startswith("DEVO_")}
