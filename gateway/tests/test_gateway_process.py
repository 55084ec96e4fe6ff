import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest


class GatewayProcess:
    """`python -m marquee_gateway api`, as it runs in earnest (uvloop)."""

    def __init__(self, upstream: Any, redis_url: str, *arguments: str, **options: Any) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environment = {
            **os.environ,
            "ENVIRONMENT": "test",
            "PORT": str(self.port),
            "REDIS_URL": redis_url,
            **{
                f"{service}_URL": upstream.url
                for service in ("IDENTITY", "CATALOG", "SOCIAL", "RECOMMENDER")
            },
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "marquee_gateway", "api", *arguments],
            env=environment,
            stderr=subprocess.PIPE,
            **options,
        )

    async def until_listening(self) -> None:
        assert self.process.stderr is not None
        line = await asyncio.to_thread(self.process.stderr.readline)
        assert b"listening" in line, line

    async def ended(self) -> int:
        return await asyncio.to_thread(self.process.wait, 15)


@pytest.fixture
def started() -> Iterator[list[GatewayProcess]]:
    processes: list[GatewayProcess] = []
    yield processes
    for each in processes:
        each.process.kill()
        each.process.wait()
        assert each.process.stderr is not None
        each.process.stderr.close()


async def test_sigterm_lets_answers_finish(
    upstream: Any, redis: Any, redis_server: Any, started: list[GatewayProcess]
) -> None:
    del redis
    gate = asyncio.Event()
    upstream.answers("/v1/users/slow", hold=gate, body=b"finished")
    upstream.answers("/v1/users/fast")
    gateway = GatewayProcess(upstream, redis_server.url)
    started.append(gateway)
    await gateway.until_listening()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client:
        assert (await client.get("/v1/users/fast")).is_success
        slow = asyncio.create_task(client.get("/v1/users/slow"))
        await upstream.until("/v1/users/slow")
        gateway.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
                except ConnectionRefusedError:
                    break
                writer.close()
                await asyncio.sleep(0.02)
        assert gateway.process.poll() is None
        gate.set()
        answer = await slow
    assert answer.text == "finished"
    assert answer.headers["connection"] == "close"
    assert await gateway.ended() == 0


async def test_it_serves_on_an_inherited_socket(
    upstream: Any, redis_server: Any, started: list[GatewayProcess]
) -> None:
    upstream.answers("/v1/users/a", body=b"here")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        descriptor = listener.fileno()
        # Two processes may share it: the kernel hands each connection to one of them.
        for _ in range(2):
            gateway = GatewayProcess(
                upstream, redis_server.url, "--fd", str(descriptor), pass_fds=(descriptor,)
            )
            started.append(gateway)
            await gateway.until_listening()
        port = listener.getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/v1/users/a")).text == "here"
    for gateway in started:
        gateway.process.send_signal(signal.SIGTERM)
        assert await gateway.ended() == 0


async def test_many_clients_at_once_are_all_served(
    upstream: Any, redis: Any, redis_server: Any, started: list[GatewayProcess]
) -> None:
    del redis

    async def echo(request: Any) -> Any:
        return upstream.reply(body=request.path.encode() * 100)

    for n in range(200):
        upstream.answers(f"/v1/users/{n}", echo)
    gateway = GatewayProcess(upstream, redis_server.url)
    started.append(gateway)
    await gateway.until_listening()
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{gateway.port}", limits=limits, timeout=30
    ) as client:
        answers = await asyncio.gather(*(client.get(f"/v1/users/{n}") for n in range(200)))
    for n, answer in enumerate(answers):
        assert answer.text == f"/v1/users/{n}" * 100


def test_the_gateway_needs_no_database_and_no_arithmetic() -> None:
    unwanted = {"sqlalchemy", "asyncpg", "alembic", "aiohttp", "httpx", "numpy", "scipy", "arq"}
    code = "import sys, marquee_gateway.__main__; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert not unwanted & set(loaded.stdout.split())
