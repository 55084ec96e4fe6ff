"""The supervisor behind `make up`, with stand-ins for the services: it and PostgreSQL and Redis
are real, what it runs is a few lines."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil  # type: ignore[import-untyped]
import pytest

from marquee_shared.bootstrap import create_database
from marquee_shared.embedded import start_postgres, start_redis

ROOT = Path(__file__).parents[1]
STAND_IN = ROOT / "tests" / "stand_ins" / "stand_in.py"
NAMES = ("identity", "catalog", "social", "recommender", "gateway")
RUN = f"import os, sys; os.execv(sys.executable, [sys.executable, '{STAND_IN}', %r, *sys.argv[1:]])"


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stand-ins")
    for name in NAMES:
        package = folder / f"marquee_{name}"
        (package / "migrations").mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(RUN % name)
    return folder


@dataclass
class Run:
    process: asyncio.subprocess.Process
    data_dir: Path
    output: bytes = b""

    async def until(self, words: bytes) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            while words not in self.output:
                line = await self.process.stdout.readline()
                assert line, self.output.decode()
                self.output += line

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(how)
        async with asyncio.timeout(30):
            rest, _ = await self.process.communicate()
        self.output += rest
        assert self.process.returncode is not None
        return self.process.returncode

    @property
    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = json.loads((self.data_dir / "run.json").read_text())
        return record

    @property
    def history(self) -> list[str]:
        return (self.data_dir / "history").read_text().splitlines()

    def pid(self, name: str) -> int:
        return int(self.record["processes"][name]["pid"])


@asynccontextmanager
async def supervisor(
    stand_ins: Path, data_dir: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Run]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.local", *arguments),
        cwd=ROOT,
        env={
            **{key: os.environ[key] for key in os.environ.keys() - {"DATABASE_URL", "REDIS_URL"}},
            "PYTHONPATH": str(stand_ins),
            "DATA_DIR": str(data_dir),
            "PORT": "0",
            **(environment or {}),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    run = Run(process, data_dir)
    try:
        yield run
    finally:
        await run.end(signal.SIGKILL)


async def get(url: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=20) as client:
        return await client.get(url)


def living(record: dict[str, Any]) -> list[str]:
    found = []
    for name, entry in record["processes"].items():
        try:
            process = psutil.Process(int(entry["pid"]))
            dead = process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
            if not dead and process.create_time() == entry["created"]:
                found.append(name)
        except psutil.NoSuchProcess:
            continue
    return sorted(found)


async def test_first_start_then_second_then_an_end_in_order(
    stand_ins: Path, tmp_path: Path
) -> None:
    async with supervisor(stand_ins, tmp_path) as first:
        await first.until(b"Marquee is up")
        record = first.record
        assert len(living(record)) == 11  # PostgreSQL, Redis, the gateway, four APIs, four workers
        assert (await get(f"{record['gateway_url']}/health/ready")).status_code == 200
        for name in ("run.json", "secrets.json", "state.json"):
            assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        assert record["service_urls"]["catalog"].startswith("http://127.0.0.1:")

        assert await first.end() == 0

    assert living(record) == []
    assert not (tmp_path / "run.json").exists()
    history = first.history
    started, ended = history[:-9], history[-9:]
    assert started.index("social migrate") < started.index("social api")
    assert started[-2:] == ["identity bootstrap", "catalog import"]
    assert ended[0] == "gateway drained"
    assert all(line.endswith("drained") for line in ended)

    async with supervisor(stand_ins, tmp_path) as second:
        await second.until(b"Marquee is up")
        again = second.history[len(history) :]
        assert {line.split()[1] for line in again} == {"api", "worker"}
        assert await second.end(signal.SIGINT) == 0

    environment = {"MOVIELENS": str(tmp_path / "mail")}
    async with supervisor(stand_ins, tmp_path, environment=environment) as third:
        await third.until(b"Marquee is up")
        assert third.history[-1] == "catalog import"


async def test_what_dies_is_started_again_and_its_address_stays(
    stand_ins: Path, tmp_path: Path
) -> None:
    async with supervisor(stand_ins, tmp_path) as run:
        await run.until(b"Marquee is up")
        address = run.record["service_urls"]["catalog"]
        before = (await get(f"{address}/health/live")).json()["pid"]
        os.kill(run.pid("catalog-api"), signal.SIGKILL)
        os.kill(run.pid("postgres"), signal.SIGKILL)

        # The listening socket is the supervisor's, so the call waits for the successor.
        answer = (await get(f"{address}/health/live")).json()

        assert answer["pid"] == run.pid("catalog-api") != before
        assert await run.end() == 0


async def test_a_killed_one_leaves_nothing_that_stops_the_next(
    stand_ins: Path, tmp_path: Path
) -> None:
    async with supervisor(stand_ins, tmp_path) as killed:
        await killed.until(b"Marquee is up")
        record = killed.record
        await killed.end(signal.SIGKILL)

    async with supervisor(stand_ins, tmp_path) as successor:
        await successor.until(b"Marquee is up")
        assert living(record) == []
        assert await successor.end() == 0


async def test_side_by_side_on_other_folders_but_not_on_the_same(
    stand_ins: Path, tmp_path: Path
) -> None:
    async with (
        supervisor(stand_ins, tmp_path / "one") as one,
        supervisor(stand_ins, tmp_path / "two") as two,
    ):
        await one.until(b"Marquee is up")
        await two.until(b"Marquee is up")

        async with supervisor(stand_ins, tmp_path / "one") as third:
            await third.process.wait()
            await third.end()
            assert third.process.returncode == 1
            assert f"in use by process {one.process.pid}".encode() in third.output

        async with supervisor(stand_ins, tmp_path / "one", "clean") as cleaner:
            assert await cleaner.process.wait() == 1

        assert await one.end() == 0
        assert len(living(two.record)) == 11
        assert await two.end() == 0

    async with supervisor(stand_ins, tmp_path / "one", "clean") as cleaner:
        assert await cleaner.process.wait() == 0
    assert not (tmp_path / "one").exists()


async def test_real_servers_are_used_in_place_of_ours_and_left_running(
    stand_ins: Path, tmp_path: Path
) -> None:
    async with (
        start_postgres(tmp_path / "elsewhere" / "postgres", durable=False) as postgres,
        start_redis(tmp_path / "elsewhere" / "redis", durable=False) as redis,
    ):
        database = await create_database(postgres.url, "real")
        environment = {
            "DATABASE_URL": database.replace("postgresql:", "postgresql+asyncpg:"),
            "REDIS_URL": redis.url,
        }
        async with supervisor(stand_ins, tmp_path / "data", environment=environment) as run:
            await run.until(b"Marquee is up")
            assert len(living(run.record)) == 9
            assert run.record["redis_url"] == redis.url
            service = await asyncpg.connect(run.record["database_urls"]["catalog"])
            assert await service.fetchval("SELECT current_schema()") == "catalog"
            await service.close()
            assert await run.end() == 0
        assert not (tmp_path / "data" / "postgres").exists()
        assert postgres.process.poll() is None
        assert redis.process.poll() is None


async def test_a_taken_port_is_said_before_anything_starts(stand_ins: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with supervisor(stand_ins, tmp_path, environment={"PORT": port}) as run:
            assert await run.process.wait() == 1
            await run.end()
            assert b"choose another: make up PORT=" in run.output
    assert not (tmp_path / "postgres").exists()


async def test_data_that_is_not_there_is_said_before_anything_starts(
    stand_ins: Path, tmp_path: Path
) -> None:
    environment = {"MOVIELENS": "/no/such/folder"}
    async with supervisor(stand_ins, tmp_path, environment=environment) as run:
        assert await run.process.wait() == 1
        await run.end()
        assert b"MOVIELENS" in run.output
        assert b"/no/such/folder" in run.output


async def test_a_failed_migration_ends_the_start_and_says_why(
    stand_ins: Path, tmp_path: Path
) -> None:
    environment = {"BREAK_MIGRATION": "social"}
    async with supervisor(stand_ins, tmp_path, environment=environment) as run:
        assert await run.process.wait() == 1
        await run.end()
        assert b"social migrate failed" in run.output
        assert b"no such revision" in run.output


async def test_clean_leaves_a_folder_alone_that_is_not_ours(
    stand_ins: Path, tmp_path: Path
) -> None:
    (tmp_path / "thesis").write_text("years of work")
    async with supervisor(stand_ins, tmp_path, "clean") as cleaner:
        assert await cleaner.process.wait() == 1
    assert (tmp_path / "thesis").exists()
