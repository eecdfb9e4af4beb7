"""The files that deploy Copydesk agree with each other and with the code; `make compose-check` runs them for real."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsroom.outlets import choose
from pipeline.config import Settings, load_settings

ROOT = Path(__file__).parents[1]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
NOT_FROM_ENV = {"warehouse_url", "store", "publish", "ui_port"}  # where things are in the stack, and what only `make ui` reads


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
    return content


@pytest.fixture(scope="module")
def helm() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "helm-values.yaml").read_text())
    return content


def make_env(output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.make_env", "--output", str(output), *options]
    return subprocess.run(
        command, cwd=output.parent, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )


def values(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if line and not line.startswith("#"))


def test_every_setting_can_be_given_in_the_environment_of_the_stack() -> None:
    names = {field.name for field in dataclasses.fields(Settings)} - NOT_FROM_ENV
    assert names <= {name.lower() for name in re.findall(r"COPYDESK_(\w+): \$\{COPYDESK_\1:-", COMPOSE)}


def test_the_settings_of_the_stack_are_ones_that_the_code_takes(services: dict[str, Any], tmp_path: Path) -> None:
    assert make_env(tmp_path / "env", "--demo").returncode == 0
    given = values(tmp_path / "env")

    def filled(text: str) -> str:
        return re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda m: given.get(m[1], m[2] or ""), text)

    environment = {name: filled(str(value)) for name, value in services["worker"]["environment"].items()}
    settings = load_settings(environment, tmp_path / "none")
    assert settings.store == "s3://copydesk/store"
    assert settings.allow_private_hosts
    assert given["WAREHOUSE_DB_PASSWORD"] in settings.warehouse_url


def test_secrets_are_random_private_and_never_replaced(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for file in (one, two):
        assert make_env(file).returncode == 0
        assert file.stat().st_mode & 0o777 == 0o600
    needed = set(re.findall(r"\$\{(\w+):\?", COMPOSE))
    first, second = values(one), values(two)
    assert needed <= first.keys()
    secrets = [given[name] for given in (first, second) for name in needed]
    assert len(set(secrets)) == 2 * len(needed)
    assert all(len(secret) >= 44 for secret in secrets)
    before = one.read_text()
    again = make_env(one)
    assert (again.returncode, one.read_text()) == (2, before)
    assert "there already" in again.stderr


def test_no_secret_has_a_default_and_only_the_ui_is_published(services: dict[str, Any]) -> None:
    assert not re.findall(r"\$\{\w*(?:PASSWORD|SECRET|KEY)\w*:-", COMPOSE)
    assert {name: service["ports"] for name, service in services.items() if "ports" in service} == {
        "api-server": ["127.0.0.1:${UI_PORT:-8080}:8080"]
    }


def test_every_service_is_confined(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert all(limit in service for limit in ("mem_limit", "cpus", "pids_limit")), name
        assert name == "s3" or service["read_only"] is True, name
        assert name == "s3" or service["user"] in ("50000:0", "999:999"), name
        assert name in ("init", "newsroom") or "healthcheck" in service, name
        assert name == "init" or service["restart"] == "unless-stopped", name


def test_the_newsroom_is_found_under_the_names_of_its_outlets(services: dict[str, Any]) -> None:
    aliases = services["newsroom"]["networks"]["default"]["aliases"]
    assert sorted(aliases) == sorted(outlet.host for outlet in choose(8, "test"))


def test_the_image_is_built_from_the_locks_alone() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "--mount" not in dockerfile, "the classic builder does not know it"
    assert "<<" not in dockerfile, "nor here-documents"
    installs = re.findall(r"pip (?:--python \S+ )?install (?:.|\\\n)*", dockerfile)
    assert len(installs) == 4
    assert all("--require-hashes" in install or "--no-deps" in install for install in installs)
    copied = {name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.MULTILINE) for name in line.split()}
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in copied} == {line for line in ignored if line.startswith("!")}


# Keys of the chart's documentation for 1.21 and 1.22; the chart ignores a top-level key that it does not know.
CHART_KEYS = {
    "airflowVersion", "apiSecretKeySecretName", "apiServer", "createUserJob", "dagProcessor", "dags", "data",
    "defaultAirflowRepository", "defaultAirflowTag", "env", "executor", "extraEnvFrom", "fernetKeySecretName",
    "jwtSecretName", "logs", "postgresql", "redis", "scheduler", "securityContexts", "statsd", "triggerer",
    "useStandardNaming", "volumeMounts", "volumes", "workers",
}  # fmt: skip


def test_the_helm_values_name_what_the_chart_documents(helm: dict[str, Any]) -> None:
    assert helm.keys() <= CHART_KEYS
    assert helm["executor"] == "KubernetesExecutor"
    names = {field.name for field in dataclasses.fields(Settings)}
    ours = [entry["name"] for entry in helm["env"] if entry["name"].startswith("COPYDESK_")]
    assert {name.removeprefix("COPYDESK_").lower() for name in ours} <= names
    assert "image: apache/airflow" not in str(helm)


def test_the_helm_values_run_the_airflow_of_the_lock(helm: dict[str, Any]) -> None:
    assert f"apache-airflow=={helm['airflowVersion']} " in (ROOT / "requirements-scale.lock").read_text()
