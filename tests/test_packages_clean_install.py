"""Each package is built, installed with what it declares and nothing else, and started there."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement

from marquee_shared.bootstrap import bootstrap_databases, create_database
from marquee_shared.embedded import start_postgres, start_redis

ROOT = Path(__file__).parents[1]
SERVICES = ("identity", "catalog", "social", "recommender")
UV = Path(sys.executable).with_name("uv")


def uv(*arguments: str | Path) -> str:
    """Run uv from its cache alone, and with the index only where that does not do."""
    for mode in (("--offline",), ()):
        outcome = subprocess.run(
            [UV, *mode, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if outcome.returncode == 0:
            return outcome.stdout
    raise AssertionError(outcome.stderr)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("wheels")
    built = {}
    for name in ("shared", "gateway", *SERVICES):
        source = ROOT / ("services" if name in SERVICES else "") / name
        # Elsewhere, so that nothing is left in the sources and nothing lies beside them unseen.
        copy = shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        uv("build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable,
           "--out-dir", folder, copy)  # fmt: skip
        (built[name],) = folder.glob(f"marquee_{name}-*.whl")
    return built


def install(environment: Path, *wheels: Path) -> Path:
    """A new environment with these wheels and what they declare, as the lock pins it."""
    uv("venv", "--quiet", "--no-project", "--python", sys.executable, environment)
    python = environment / "bin" / "python"
    uv("pip", "install", "--quiet", "--python", python,
       "--constraints", ROOT / "requirements.lock", *wheels)  # fmt: skip
    return python


def installed(python: Path) -> set[str]:
    frozen = uv("pip", "freeze", "--python", python).splitlines()
    return {line for line in frozen if not line.startswith("marquee-")}


def listed(package: str) -> set[str]:
    lines = (ROOT / "deploy" / "dependencies" / f"{package}.txt").read_text().splitlines()
    requirements = [Requirement(line) for line in lines]
    return {
        f"{needed.name}{needed.specifier}"
        for needed in requirements
        if needed.marker is None or needed.marker.evaluate()
    }


@dataclass
class Servers:
    database_urls: Mapping[str, str]
    redis_url: str


@pytest.fixture(scope="module")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    folder = tmp_path_factory.mktemp("servers")
    async with (
        start_postgres(folder / "postgres", durable=False) as postgres,
        start_redis(folder / "redis", durable=False) as redis,
    ):
        admin_url = await create_database(postgres.url, "clean_install")
        passwords = dict.fromkeys(SERVICES, "clean")
        urls = await bootstrap_databases(admin_url, SERVICES, passwords)
        yield Servers(urls, redis.url)


def test_shared_is_useful_without_its_extras(wheels: dict[str, Path], tmp_path: Path) -> None:
    python = install(tmp_path / "environment", wheels["shared"])
    subprocess.run(
        [
            python,
            "-c",
            "import marquee_shared.settings, marquee_shared.logs, marquee_shared.events",
        ],
        cwd=tmp_path,
        env={},
        check=True,
    )
    assert not re.search("sqlalchemy|fastapi|asyncpg", " ".join(installed(python)).lower())


@pytest.mark.parametrize("name", [*SERVICES, "gateway"])
async def test_package_starts_with_what_it_declares(
    name: str, wheels: dict[str, Path], servers: Servers, tmp_path: Path
) -> None:
    python = install(tmp_path / "environment", wheels["shared"], wheels[name])
    assert installed(python) == listed(name), "run `make lock`"

    environment = {
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "test",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": servers.database_urls.get(name, ""),
        "REDIS_URL": servers.redis_url,
    }

    async def run(
        *arguments: str, listener: socket.socket | None = None
    ) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(str(python), "-m", f"marquee_{name}", *arguments),
            cwd=tmp_path,
            env=environment,
            pass_fds=[listener.fileno()] if listener else [],
        )

    assert await (await run("--help")).wait() == 0
    if name in SERVICES:
        assert await (await run("migrate")).wait() == 0
        assert await (await run("migrate", "--check")).wait() == 0, "a model has no migration"

    with socket.create_server(("127.0.0.1", 0)) as listener:
        api = await run("api", "--fd", str(listener.fileno()), listener=listener)
        try:
            port = listener.getsockname()[1]
            async with httpx.AsyncClient(timeout=30) as client:
                answer = await client.get(f"http://127.0.0.1:{port}/health/live")
            assert answer.status_code == 200
        finally:
            api.terminate()
            await api.wait()
