"""What is deployed elsewhere than here is held to its formats' own rules, and to ours."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
SERVICES = ("identity", "catalog", "social", "recommender")
PROCESSES = {f"{service}-{role}" for service in SERVICES for role in ("migrate", "api", "worker")}


def tool(name: str) -> str:
    beside_python = Path(sys.executable).with_name(name)
    return str(beside_python) if beside_python.exists() else shutil.which(name) or ""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return content


def test_compose_file_follows_the_specification() -> None:
    checker = tool("check-jsonschema")
    if not checker:
        pytest.skip("check-jsonschema, which carries the specification's schema, is not installed")
    check = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", "compose.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stdout + check.stderr


def test_compose_runs_every_process_well_guarded(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services.keys() >= PROCESSES | {"gateway", "postgres", "redis"}
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "memory" in service["deploy"]["resources"]["limits"], name
        assert "healthcheck" in service or name.endswith("-api") or name == "gateway", name


def test_compose_publishes_the_gateway_alone_and_on_loopback(compose: dict[str, Any]) -> None:
    published = {
        name: service["ports"]
        for name, service in compose["services"].items()
        if "ports" in service
    }
    assert published.pop("gateway") == ["${BIND:-127.0.0.1}:${PORT:-8000}:8000"]
    assert published == {"grafana": ["127.0.0.1:${GRAFANA_PORT:-3000}:3000"]}
    assert compose["services"]["postgres"]["networks"] == ["database"]
    assert "database" not in compose["services"]["gateway"]["networks"]
    assert compose["networks"]["database"]["internal"]


def test_every_compose_secret_must_be_given_and_is_in_the_example() -> None:
    text = (ROOT / "compose.yaml").read_text()
    example = (ROOT / ".env.example").read_text()
    secret = re.compile(r"\$\{(\w*(?:PASSWORD|SECRET|KEY)\w*)(.*?)\}")
    for name, default in secret.findall(text):
        assert default.startswith(":?") or name == "GRAFANA_PASSWORD", name
    for name in set(re.findall(r"(?<!\$)\$\{(\w+)", text)):
        given = re.search(rf"(?m)^#?{name}=(.*)$", example)
        assert given, f"{name} is missing in .env.example"
        assert not given[1] or not re.search("PASSWORD|KEY", name), f"{name} has a default"


def test_each_service_knows_its_own_secrets_only(compose: dict[str, Any]) -> None:
    for name in PROCESSES:
        service = name.partition("-")[0]
        given = " ".join(map(str, compose["services"][name]["environment"].values()))
        owners = {owner.lower() for owner in re.findall(r"\$\{([A-Z]+)_\w*(?:PASSWORD|KEY)", given)}
        assert owners == {service}, name


def test_what_compose_leaves_to_the_environment_is_in_the_example(compose: dict[str, Any]) -> None:
    example = (ROOT / ".env.example").read_text()
    for name in PROCESSES:
        left = [key for key, value in compose["services"][name]["environment"].items() if not value]
        for key in left:
            assert re.search(rf"(?m)^#?{key}=", example), f"{key} is missing in .env.example"
    identity = compose["services"]["identity-worker"]["environment"].keys()
    assert identity >= {"SMTP_URL", "GOOGLE_CLIENT_SECRET", "PREVIOUS_KEY_ENCRYPTION_KEY"}
    assert identity >= {"STORAGE_URL", "ERASURE_GRACE", "PUBLIC_URL"}


def test_dockerfile_passes_hadolint() -> None:
    check = subprocess.run(
        [tool("hadolint"), "deploy/Dockerfile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stdout + check.stderr


def test_image_runs_as_nobody_special_and_says_how_it_is() -> None:
    final = (DEPLOY / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert re.search(r"(?m)^USER 10001:10001$", final)
    assert re.search(r"(?m)^HEALTHCHECK ", final)


@pytest.mark.parametrize("package", [*SERVICES, "gateway", "build"])
def test_what_an_image_installs_is_in_the_lock_with_its_hashes(package: str) -> None:
    listed = (DEPLOY / "dependencies" / f"{package}.txt").read_text().splitlines()
    entries = subprocess.run(
        [sys.executable, DEPLOY / "locked.py", package], capture_output=True, text=True, check=True
    ).stdout
    pinned = re.findall(r"(?m)^([a-z0-9._-]+==[^ ]+)", entries)
    assert pinned == [line.partition(" ;")[0] for line in listed]
    assert all("--hash=sha256:" in entry for entry in re.split(r"(?m)^(?=[a-z])", entries)[1:])


def test_the_gateways_image_holds_no_database_and_no_numbers() -> None:
    listed = (DEPLOY / "dependencies" / "gateway.txt").read_text()
    assert not re.search(r"(?m)^(numpy|scipy|sqlalchemy|asyncpg|aiohttp|arq)==", listed)


@pytest.fixture(scope="module")
def manifests() -> list[dict[str, Any]]:
    kubectl = tool("kubectl")
    if not kubectl:
        pytest.skip("kubectl, which builds the manifests, is not installed")
    built = subprocess.run(
        [kubectl, "kustomize", "deploy/kubernetes"],
        cwd=ROOT,
        env={**os.environ, "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=True,
    )
    return list(yaml.safe_load_all(built.stdout))


def of_kind(manifests: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {found["metadata"]["name"]: found for found in manifests if found["kind"] == kind}


def test_kubernetes_scales_every_process_apart(manifests: list[dict[str, Any]]) -> None:
    processes = {name for name in PROCESSES if not name.endswith("migrate")} | {"gateway"}
    for kind in ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"):
        assert of_kind(manifests, kind).keys() == processes
    for name, scaler in of_kind(manifests, "HorizontalPodAutoscaler").items():
        assert scaler["spec"]["scaleTargetRef"]["name"] == name
    assert of_kind(manifests, "Job").keys() == PROCESSES - processes


def test_kubernetes_pods_are_confined_and_hold_one_secret(manifests: list[dict[str, Any]]) -> None:
    workloads = of_kind(manifests, "Deployment") | of_kind(manifests, "Job")
    for name, workload in workloads.items():
        pod = workload["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["automountServiceAccountToken"] is False, name
        assert container["securityContext"]["readOnlyRootFilesystem"], name
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
        assert container["resources"]["limits"]["memory"], name
        secrets = [source["secretRef"]["name"] for source in container["envFrom"][1:]]
        assert secrets == [f"marquee-{name.partition('-')[0]}"], name


def test_kubernetes_services_find_the_pods_they_name(manifests: list[dict[str, Any]]) -> None:
    labels = {
        name: workload["spec"]["template"]["metadata"]["labels"]
        for name, workload in of_kind(manifests, "Deployment").items()
    }
    for name, service in of_kind(manifests, "Service").items():
        selector = service["spec"]["selector"].items()
        assert [pod for pod, held in labels.items() if selector <= held.items()] == [name]
    peers = of_kind(manifests, "ConfigMap")["marquee"]["data"]
    for peer in SERVICES:
        assert peers[f"{peer.upper()}_URL"] == f"http://{peer}-api:8000"
        assert f"{peer}-api" in of_kind(manifests, "Service")


def test_kubernetes_lets_the_world_reach_the_gateway_alone(
    manifests: list[dict[str, Any]],
) -> None:
    open_doors = [
        policy["spec"]["podSelector"]
        for policy in of_kind(manifests, "NetworkPolicy").values()
        if any("from" not in rule for rule in policy["spec"].get("ingress", []))
    ]
    assert open_doors == [{"matchLabels": {"service": "gateway"}}]
    assert of_kind(manifests, "NetworkPolicy")["nothing-by-default"]["spec"]["podSelector"] == {}


def test_alerts_and_dashboard_speak_of_metrics_that_exist() -> None:
    known = set()
    for folder in ("shared", "gateway", "services"):
        for source in (ROOT / folder).rglob("marquee_*/**/*.py"):
            known |= set(re.findall(r'"(marquee_[a-z_]+?)(?:_total)?"', source.read_text()))
    alerts = yaml.safe_load((DEPLOY / "observability" / "alerts.yml").read_text())
    dashboard = json.loads((DEPLOY / "observability" / "grafana" / "marquee.json").read_text())
    expressions = [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    expressions += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    used = set(re.findall(r"marquee_[a-z_]+", " ".join(expressions)))
    base = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in used}
    assert base
    assert base <= known


def test_prometheus_asks_every_process(compose: dict[str, Any]) -> None:
    jobs = yaml.safe_load((DEPLOY / "observability" / "prometheus.yml").read_text())
    targets = {
        target.partition(":")[0]
        for job in jobs["scrape_configs"]
        for config in job["static_configs"]
        for target in config["targets"]
    }
    assert targets == {name for name in PROCESSES if not name.endswith("migrate")} | {"gateway"}
    assert all("ops" in compose["services"][target]["networks"] for target in targets)
