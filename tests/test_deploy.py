"""The files that deploy Copydesk agree with each other and with the code; `make compose-check` runs them for real."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsroom.outlets import choose
from pipeline.config import Settings, load_settings
from pipeline.local import airflow_environment

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


def test_what_alerts_are_sent_through_reaches_those_that_send_them_alone(services: dict[str, Any]) -> None:
    connections = {"AIRFLOW_CONN_SMTP_DEFAULT", "AIRFLOW_CONN_COPYDESK_ALERTS"}
    given = {name for name, service in services.items() if connections <= service["environment"].keys()}
    assert given == {"worker", "dag-processor"}, "tasks send from the first, failed runs from the second"


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
    assert len(first["AIRFLOW_JWT_SECRET"]) >= 64, "as HMAC with SHA-512 wants it"
    before = one.read_text()
    again = make_env(one)
    assert (again.returncode, one.read_text()) == (2, before)
    assert "there already" in again.stderr


def test_what_postgresql_does_first_is_readable_whatever_the_umask(tmp_path: Path) -> None:
    """It runs as another user than whoever cloned, and made no databases where it could not read how."""
    files = ("deploy/make_env.py", "deploy/postgres/databases.sh", "docker-compose.yml")
    before = os.umask(0o077)
    try:
        for name in files:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text((ROOT / name).read_text())
        for sources in (0o755, 0o700):  # made by the first call, and its owner's to say from then on
            (tmp_path / "deploy/postgres").chmod(0o700)
            (tmp_path / "deploy/postgres/databases.sh").chmod(0o700)
            subprocess.run([sys.executable, "deploy/make_env.py"], cwd=tmp_path, capture_output=True, check=False)
            modes = {
                name: oct((tmp_path / name).stat().st_mode & 0o777) for name in ("deploy/postgres", files[1], ".env", "sources")
            }
            assert modes == {"deploy/postgres": "0o755", files[1]: "0o755", ".env": "0o600", "sources": oct(sources)}
            (tmp_path / "sources").chmod(0o700)
    finally:
        os.umask(before)


def test_the_image_is_readable_whatever_the_umask_of_its_checkout() -> None:
    built = (ROOT / "Dockerfile").read_text()
    assert built.index("COPY deploy/init.py") < built.index("chmod -R a+rX /src") < built.index("COPY --from=package /src/deploy")


def test_a_name_in_the_file_that_the_stack_passes_over_is_told(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    make_env(file)
    assert "changes nothing" not in make_env(file).stderr
    with file.open("a") as lines:
        lines.write("COPYDESK_DELEY=3\nexport COPYDESK_UI_PORT=9090\n#COPYDESK_X=1\nCOMPOSE_PROJECT_NAME=news\nCOPYDESK_DELAY=3\n")
    told = make_env(file).stderr.splitlines()[1:]
    assert told == [
        f"{file}: COPYDESK_DELEY changes nothing: docker-compose.yml does not read it; did you mean COPYDESK_DELAY?",
        f"{file}: COPYDESK_UI_PORT changes nothing: docker-compose.yml does not read it",
    ]


def test_no_secret_has_a_default_and_only_the_ui_is_published(services: dict[str, Any]) -> None:
    assert not re.findall(r"\$\{\w*(?:PASSWORD|SECRET|KEY)\w*:-", COMPOSE)
    assert {name: service["ports"] for name, service in services.items() if "ports" in service} == {
        "api-server": ["127.0.0.1:${UI_PORT:-8080}:8080"]
    }


def test_the_log_of_a_task_shows_what_it_failed_of_without_scrolling(services: dict[str, Any], helm: dict[str, Any]) -> None:
    name = "AIRFLOW__API__DEFAULT_WRAP"
    on_kubernetes = {entry["name"]: entry.get("value") for entry in helm["env"]}
    on_loopback = airflow_environment("sources.toml", port=8080)
    assert services["api-server"]["environment"][name] == on_kubernetes[name] == on_loopback[name] == "True"


def test_a_run_may_have_every_place_that_there_is(services: dict[str, Any], helm: dict[str, Any]) -> None:
    names = ("AIRFLOW__CORE__PARALLELISM", "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG")
    on_kubernetes = {entry["name"]: entry.get("value") for entry in helm["env"]}
    for environment in (services["scheduler"]["environment"], services["dag-processor"]["environment"], on_kubernetes):
        places, of_one_run = (environment[name] for name in names)
        assert places == of_one_run, "Airflow's default for a run is 16, whatever the places"


def test_the_links_of_alerts_lead_to_where_the_ui_is(services: dict[str, Any], helm: dict[str, Any]) -> None:
    name = "AIRFLOW__API__BASE_URL"  # without it they lead to localhost
    for part in ("dag-processor", "worker"):
        assert services[part]["environment"][name].startswith("${UI_URL:-")
    assert {entry["name"]: entry.get("value") for entry in helm["env"]}[name].startswith("https://")


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


# What the chart's schema takes at each path that we set: looked up in a copy of 1.21.0. The defaults of the chart's main branch,
# which is to be 2.0, had the same paths in autumn 2026.
CHART_RESOURCES = {
    f"{part}.resources.{kind}": str
    for part in ("apiServer", "scheduler", "dagProcessor", "dagProcessor.logGroomerSidecar", "triggerer", "workers.kubernetes")
    for kind in ("requests.cpu", "requests.memory", "limits.memory")
}
CHART_TYPES: dict[str, type] = {
    "airflowVersion": str, "apiSecretKeySecretName": str, "apiServer.replicas": int, "apiServer.startupProbe.failureThreshold": int,
    "createUserJob.enabled": bool, "dagProcessor.livenessProbe.command[]": str, "dagProcessor.logGroomerSidecar.args[]": str,
    "dags.gitSync.enabled": bool, "dags.persistence.enabled": bool, "data.metadataSecretName": str, "defaultAirflowRepository": str,
    "defaultAirflowTag": str, "env[].name": str, "env[].value": str, "executor": str, "extraEnvFrom": str,
    "fernetKeySecretName": str, "jwtSecretName": str,
    "logs.persistence.enabled": bool, "logs.persistence.size": str, "postgresql.enabled": bool,
    "redis.enabled": bool, "scheduler.livenessProbe.command[]": str, "scheduler.logGroomerSidecar.enabled": bool,
    "scheduler.replicas": int, "scheduler.startupProbe.command[]": str, "scheduler.startupProbe.failureThreshold": int,
    "securityContexts.containers.allowPrivilegeEscalation": bool, "securityContexts.containers.capabilities.drop[]": str,
    "securityContexts.pod.fsGroup": int, "securityContexts.pod.runAsGroup": int, "securityContexts.pod.runAsNonRoot": bool,
    "securityContexts.pod.runAsUser": int, "statsd.enabled": bool, "triggerer.livenessProbe.command[]": str,
    "triggerer.logGroomerSidecar.enabled": bool, "useStandardNaming": bool, "volumeMounts[].mountPath": str,
    "volumeMounts[].name": str, "volumeMounts[].readOnly": bool, "volumes[].configMap.name": str, "volumes[].name": str,
    "volumes[].persistentVolumeClaim.claimName": str, **CHART_RESOURCES,
}  # fmt: skip
CHART_PROBES = {  # a container whose probe the chart fills in with /entrypoint, which only Airflow's own image has
    "scheduler.livenessProbe": "SchedulerJob", "scheduler.startupProbe": "SchedulerJob",
    "dagProcessor.livenessProbe": "DagProcessorJob", "triggerer.livenessProbe": "TriggererJob",
}  # fmt: skip


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Paths as the chart's documentation writes them, with [] for any item of a list, and the value at each."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}".lstrip("."))
    elif isinstance(node, list):
        for item in node:
            yield from leaves(item, f"{path}[]")
    else:
        yield path, node


@pytest.mark.parametrize("target", ["run", "ui"])
def test_make_hands_a_file_of_sources_on_whatever_its_name(target: str, tmp_path: Path) -> None:
    """A space in it was the end of it, and an apostrophe an error of the shell."""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    name = 'it\'s my "own" sources.toml'
    command = ["make", "--no-print-directory", "--old-file=.venv/.run", target, f"BIN={tmp_path}", f"SOURCES={name}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["--sources", name]


@pytest.mark.parametrize("target", ["env", "compose-check"])
def test_what_needs_docker_alone_asks_for_no_python_of_the_range(target: str) -> None:
    """A server that runs containers may have another one; without any name the script itself was to be executed."""
    command = ["make", "--no-print-directory", "--dry-run", target, "PYTHON="]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("python3 ")


def test_what_a_backup_leaves_in_a_clone_is_never_committed() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text().split("## Back up and restore")[1].split("Nothing needs to stop")[0]
    left = re.findall(r"(?:> |^\$ cp \.env )(\S+)", guide, re.MULTILINE)
    assert {"warehouse.dump", "store.tar", "env.backup"} <= set(left)
    ignored = subprocess.run(["git", "check-ignore", *left], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert ignored.split() == left


def test_what_is_backed_up_is_restored_and_roles_before_the_rights_that_name_them() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text().split("## Back up and restore")[1].split("## Scale")[0]
    written, read = (re.findall(rf"^\$ docker .* {sign} (\S+\.(?:dump|tar))", guide, re.MULTILINE) for sign in "><")
    assert read == written
    assert read[0] == "roles.dump"
    rehearsal = (ROOT / "deploy" / "compose_check.py").read_text()
    assert rehearsal.count("roles.dump") == 2


@pytest.mark.parametrize("name", ["Dockerfile", "Makefile"])
def test_where_pip_stands_in_for_uv_it_resolves_nothing(name: str) -> None:
    (instead,) = re.findall(r"\|\| (.*pip .*install .*)", (ROOT / name).read_text())
    assert "--no-deps --require-hashes" in instead, "old pips break down over what the whole lock makes needless"


def test_every_helm_value_is_one_that_the_chart_takes(helm: dict[str, Any]) -> None:
    given = list(leaves(helm))
    unknown = {path for path, _ in given} - CHART_TYPES.keys()
    assert not unknown, "the chart ignores an unknown key at the top and refuses one below: look it up, then add it here"
    assert {path: type(value) for path, value in given if type(value) is not CHART_TYPES[path]} == {}
    assert CHART_TYPES.keys() == {path for path, _ in given}, "no longer set"
    assert all(isinstance(entry["secretRef"]["name"], str) for entry in yaml.safe_load(helm["extraEnvFrom"]))


def test_the_helm_values_configure_what_the_code_knows(helm: dict[str, Any]) -> None:
    assert helm["executor"] == "KubernetesExecutor"
    names = {field.name for field in dataclasses.fields(Settings)}
    ours = [entry["name"] for entry in helm["env"] if entry["name"].startswith("COPYDESK_")]
    assert {name.removeprefix("COPYDESK_").lower() for name in ours} <= names
    assert {volume["name"] for volume in helm["volumes"]} == {mount["name"] for mount in helm["volumeMounts"]}
    assert "image: apache/airflow" not in str(helm)


def test_the_helm_values_need_no_script_of_airflows_own_image(helm: dict[str, Any]) -> None:
    for probe, job in CHART_PROBES.items():
        part, kind = probe.split(".")
        assert helm[part].get(kind, {}).get("command") == ["airflow", "jobs", "check", "--job-type", job, "--local"], probe
    for part in ("scheduler", "dagProcessor", "triggerer"):  # by default a sidecar runs /clean-logs
        groomer = helm[part].get("logGroomerSidecar", {})
        assert groomer.get("enabled") is False or "args" in groomer, part
    assert not re.search("/entrypoint|/clean-logs", str(helm))


def test_the_helm_values_run_the_airflow_of_the_lock(helm: dict[str, Any]) -> None:
    assert f"apache-airflow=={helm['airflowVersion']} " in (ROOT / "requirements-scale.lock").read_text()
