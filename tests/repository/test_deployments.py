from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from baton.settings import Settings
from tests.repository.checkout import ROOT

FOLDER = ROOT / "deployments"
DOCKERFILE = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
MANIFESTS: list[dict[str, Any]] = [
    manifest
    for path in sorted((FOLDER / "k8s").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
PODS = {
    manifest["metadata"]["name"]: manifest["spec"]["template"]["spec"]
    for manifest in MANIFESTS
    if manifest["kind"] == "Deployment"
}
API_PORT = Settings.model_fields["api_port"].default


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    composed = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    found: dict[str, Any] = composed["services"]
    return found


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    kept = {
        line.removeprefix("!")
        for line in (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    copied = {
        source
        for line in DOCKERFILE.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }
    assert copied == kept
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_the_image_does_not_run_as_root() -> None:
    users = [line.split()[1] for line in DOCKERFILE.splitlines() if line.startswith("USER ")]
    assert users == ["10001"]
    assert "--uid 10001" in DOCKERFILE


@pytest.mark.parametrize("name", list(PODS))
def test_a_pod_may_no_more_than_it_must(name: str) -> None:
    pod = PODS[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_a_service_finds_the_pods_that_its_name_promises() -> None:
    labels = {
        manifest["metadata"]["name"]: manifest["spec"]["template"]["metadata"]["labels"]
        for manifest in MANIFESTS
        if manifest["kind"] == "Deployment"
    }
    chosen = {
        manifest["metadata"]["name"]: manifest["spec"]["selector"]
        for manifest in MANIFESTS
        if manifest["kind"] == "Service"
    }
    assert chosen == labels


def test_baton_finds_prefect_where_it_is(services: dict[str, Any]) -> None:
    address = services["baton"]["environment"]["BATON_PREFECT_API_URL"]
    assert address == "http://prefect:4200/api"
    (baton,) = PODS["baton"]["containers"]
    environment = {one["name"]: one.get("value") for one in baton["env"]}
    assert environment["BATON_PREFECT_API_URL"] == "http://baton-prefect:4200/api"


def test_the_api_is_served_on_its_default_port(services: dict[str, Any]) -> None:
    (baton,) = PODS["baton"]["containers"]
    assert baton["ports"] == [{"name": "http", "containerPort": API_PORT}]
    assert services["baton"]["ports"] == [f"127.0.0.1:{API_PORT}:{API_PORT}"]
    assert f"EXPOSE {API_PORT} " in DOCKERFILE


def test_nothing_but_this_machine_reaches_what_compose_publishes(services: dict[str, Any]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert all(str(port).startswith("127.0.0.1:") for port in published)


def test_what_kustomize_names_is_there() -> None:
    (kustomization,) = [one for one in MANIFESTS if one["kind"] == "Kustomization"]
    assert all((FOLDER / "k8s" / Path(name)).is_file() for name in kustomization["resources"])
