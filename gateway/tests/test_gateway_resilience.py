import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from marquee_gateway import server
from marquee_gateway.edge import exchange
from marquee_gateway.gateway import Gateway
from marquee_gateway.routes import ROUTES, Route
from marquee_gateway.upstream.breaker import FIRST_PAUSE, LONGEST_PAUSE, THRESHOLD, Breaker
from marquee_shared.embedded import start_redis

READ = "/v1/users/a"
WRITE = "/v1/auth/login"

REPLICA = """
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


class Process:
    """A replica in a process of its own, which can be frozen and killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", REPLICA], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture
def processes() -> Iterator[list[Process]]:
    started = [Process() for _ in range(2)]
    yield started
    for process in started:
        process.end()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every route little time."""
    short: tuple[Route, ...] = tuple(replace(route, timeout=0.5) for route in ROUTES)
    monkeypatch.setattr(server, "ROUTES", short)


async def test_a_service_out_of_reach_is_503(start_gateway: Any) -> None:
    gateway = await start_gateway(identity_url="http://127.0.0.1:9")
    for method, path in (("GET", READ), ("POST", WRITE)):
        answer = await gateway.client.request(method, path)
        assert answer.status_code == 503
        assert answer.json()["code"] == "unavailable"
        assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    "raw",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", b"nonsense\r\n\r\n"],
    ids=["closes", "breaks off", "no HTTP"],
)
async def test_a_broken_answer_is_502(gateway: Any, upstream: Any, raw: bytes) -> None:
    upstream.answers(READ, raw=raw, close=True)
    answer = await gateway.client.get(READ)
    assert answer.status_code == 502
    assert answer.json()["code"] == "bad_gateway"
    assert answer.headers["retry-after"]


@pytest.mark.usefixtures("hurried")
async def test_a_late_answer_is_504(start_gateway: Any, upstream: Any) -> None:
    gateway = await start_gateway()
    upstream.answers("*", hold=asyncio.Event())
    for method, path in (("GET", READ), ("GET", "/v1/movies"), ("POST", WRITE)):
        answer = await gateway.client.request(method, path)
        assert answer.status_code == 504
        assert answer.json()["code"] == "deadline_exceeded"
        assert answer.headers["retry-after"]
    deadlines = [int(request.headers["marquee-deadline-ms"]) for request in upstream.requests]
    assert all(300 < deadline <= 500 for deadline in deadlines)


async def test_a_stream_that_breaks_off_is_seen_as_broken(gateway: Any, upstream: Any) -> None:
    upstream.answers(
        READ, raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", close=True
    )
    answer = await gateway.raw(b"GET /v1/users/a HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.endswith(b"3\r\nabc\r\n"), "no final chunk: the client can tell"


async def test_calls_are_spread_over_replicas(
    start_gateway: Any, upstream: Any, make_upstream: Any
) -> None:
    other = await make_upstream()
    gateway = await start_gateway(identity_url=f"{upstream.url},{other.url}")
    gate = asyncio.Event()
    for each in (upstream, other):
        for n in range(20):  # not the probes, or a replica seems sick meanwhile
            each.answers(f"/v1/users/{n}", hold=gate)
    waiting = [asyncio.create_task(gateway.client.get(f"/v1/users/{n}")) for n in range(20)]
    for each in (upstream, other):
        async with asyncio.timeout(5):
            async with each.arrived:
                await each.arrived.wait_for(
                    lambda each=each: sum("users" in r.path for r in each.requests) == 10
                )
    gate.set()
    await asyncio.gather(*waiting)


async def test_a_read_is_tried_elsewhere(
    start_gateway: Any, upstream: Any, make_upstream: Any
) -> None:
    sick = await make_upstream()
    gateway = await start_gateway(identity_url=f"{upstream.url},{sick.url}")
    upstream.answers("*", body=b"well")
    for trouble in ({"raw": b"", "close": True}, {"status": 503}, {"status": 502}):
        sick.answers("*", **trouble)
        for _ in range(4):  # few enough for the retry budget
            assert (await gateway.client.get(READ)).text == "well"
    assert sick.received(READ)


async def test_a_write_is_never_sent_twice(
    start_gateway: Any, upstream: Any, make_upstream: Any
) -> None:
    other = await make_upstream()
    gateway = await start_gateway(identity_url=f"{upstream.url},{other.url}")
    for each in (upstream, other):
        each.answers("*", raw=b"", close=True)
    for _ in range(8):
        assert (await gateway.client.post(WRITE)).status_code == 502
    assert len(upstream.received(WRITE)) + len(other.received(WRITE)) == 8


async def test_a_write_that_was_not_sent_goes_elsewhere(start_gateway: Any, upstream: Any) -> None:
    gateway = await start_gateway(identity_url=f"{upstream.url},http://127.0.0.1:9")
    upstream.answers("*")
    assert {(await gateway.client.post(WRITE)).status_code for _ in range(8)} == {200}


async def test_a_connection_closed_while_idle_does_no_harm(gateway: Any, upstream: Any) -> None:
    upstream.answers("*", body=b"1")
    for _ in range(3):
        assert (await gateway.client.get(READ)).text == "1"
        for writer in list(upstream.connections):
            writer.transport.abort()


async def test_retries_are_bounded_by_a_budget(gateway: Any, upstream: Any) -> None:
    upstream.answers("*", raw=b"", close=True)
    answers = await asyncio.gather(*(gateway.client.get(f"/v1/users/{n}") for n in range(100)))
    assert {answer.status_code for answer in answers} <= {502, 503}
    assert len(upstream.requests) < 130


async def test_the_circuit_opens_and_closes_again(gateway: Any, upstream: Any) -> None:
    upstream.answers("*", raw=b"", close=True)
    for _ in range(THRESHOLD):
        await gateway.client.post(WRITE)
    seen = len(upstream.requests)
    answer = await gateway.client.get(READ)
    assert answer.status_code == 503
    assert len(upstream.requests) == seen, "an open circuit spares the replica"
    upstream.answers("*")
    async with asyncio.timeout(5):
        while (await gateway.client.get(READ)).status_code != 200:
            await asyncio.sleep(0.05)


def test_a_breaker_waits_longer_each_time_and_lets_one_through() -> None:
    breaker = Breaker()
    for _ in range(THRESHOLD):
        assert breaker.allows(0.0)
        breaker.fail(0.0)
    now, pause = 0.0, FIRST_PAUSE
    for _ in range(10):
        assert not breaker.allows(now + pause - 0.01)
        now += pause
        assert breaker.allows(now)
        breaker.try_once(now)
        assert not breaker.allows(now), "one at a time"
        breaker.fail(now)
        pause = min(pause * 2, LONGEST_PAUSE)
    breaker.succeed()
    assert breaker.allows(now)
    assert breaker.closed


async def test_an_open_circuit_is_better_than_no_answer(
    start_gateway: Any, upstream: Any, make_upstream: Any
) -> None:
    other = await make_upstream()
    gateway = await start_gateway(identity_url=f"{upstream.url},{other.url}")
    upstream.answers("*", raw=b"", close=True)
    other.answers("*")
    while len(upstream.requests) < THRESHOLD:
        assert (await gateway.client.get(READ)).status_code == 200
    upstream.answers("*")
    await other.stop()
    assert {(await gateway.client.get(READ)).status_code for _ in range(3)} == {200}


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("hangs", ["_forward", "_set_off"])
async def test_an_answer_that_hangs_is_given_up(
    start_gateway: Any,
    upstream: Any,
    hangs: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def forever(*_: object) -> None:
        await asyncio.Event().wait()

    gateway = await start_gateway()
    upstream.answers("*")
    assert (await gateway.client.get(READ)).status_code == 200
    monkeypatch.setattr(exchange, "GRACE", 0.0)
    monkeypatch.setattr(Gateway, "_set_off", lambda *_: hangs == "_set_off")
    monkeypatch.setattr(Gateway, "_forward", forever)
    answer = await gateway.client.get(READ)
    assert answer.status_code == 504
    assert answer.json()["code"] == "deadline_exceeded"
    assert ("forever" if hangs == "_forward" else "without a task") in caplog.text
    monkeypatch.undo()
    assert (await gateway.client.get(READ)).status_code == 200


@pytest.mark.usefixtures("hurried")
async def test_a_killed_or_frozen_replica_is_not_noticed_by_readers(
    start_gateway: Any, processes: list[Process]
) -> None:
    frozen, killed = processes
    gateway = await start_gateway(identity_url=f"{frozen.url},{killed.url}")

    async def read() -> int:
        status: int = (await gateway.client.get(READ)).status_code
        return status

    assert {await read() for _ in range(10)} == {200}
    frozen.send(signal.SIGSTOP)
    assert {await read() for _ in range(6)} == {200}, "a black hole costs a second try"
    frozen.send(signal.SIGCONT)
    killed.send(signal.SIGKILL)
    assert {await read() for _ in range(10)} == {200}


async def test_unready_replicas_are_avoided(
    start_gateway: Any, upstream: Any, make_upstream: Any
) -> None:
    unready = await make_upstream()
    unready.answers("/health/ready", status=503)
    for each in (upstream, unready):
        each.answers("*")
    gateway = await start_gateway(identity_url=f"{upstream.url},{unready.url}")
    await gateway.client.get("/health/ready")
    for n in range(20):
        assert (await gateway.client.get(f"/v1/users/{n}")).is_success
    assert not [request for request in unready.requests if "users" in request.path]


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_redis_away_and_back_is_survived(
    start_gateway: Any, upstream: Any, tmp_path: Path, token: Any, how: str
) -> None:

    upstream.answers("*")
    bearer = {"Authorization": f"Bearer {token()}"}
    async with start_redis(tmp_path, durable=False) as own:
        gateway = await start_gateway(redis_url=own.url)
        requests = (("GET", READ), ("GET", "/v1/movies"), ("POST", WRITE), ("GET", "/v1/me"))

        async def statuses() -> set[int]:
            return {
                (await gateway.client.request(method, path, headers=bearer)).status_code
                for method, path in requests
            }

        assert await statuses() == {200}
        if how == "killed":
            await own.kill()
        else:
            own.process.send_signal(signal.SIGSTOP)
        for _ in range(3):
            assert await statuses() == {200}
        if how == "killed":
            await own.start()
        else:
            own.process.send_signal(signal.SIGCONT)
            async with Redis.from_url(own.url) as client:
                await client.flushall()
        async with asyncio.timeout(10):
            while True:
                headers = {"Authorization": f"Bearer {token()}"}
                answer = await gateway.client.get("/v1/me", headers=headers)
                assert answer.status_code == 200
                if await own_keys(own.url):
                    break
                await asyncio.sleep(0.05)


async def own_keys(url: str) -> list[bytes]:
    from redis.asyncio import Redis

    async with Redis.from_url(url) as client:
        keys: list[bytes] = await client.keys("rate:*")
        return keys


@pytest.mark.parametrize(
    ("setting", "part", "status"),
    [
        ("HEAD_TIMEOUT", b"GET /v1/movies HT", 408),
        ("BODY_TIMEOUT", b"PATCH /v1/me HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab", 401),
        (
            "BODY_TIMEOUT",
            b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab",
            408,
        ),
    ],
)
async def test_slow_senders_are_given_up(
    start_gateway: Any, monkeypatch: pytest.MonkeyPatch, setting: str, part: bytes, status: int
) -> None:
    monkeypatch.setattr(f"marquee_gateway.edge.connection.{setting}", 0.3)
    monkeypatch.setattr("marquee_gateway.edge.server.SWEEP_INTERVAL", 0.05)
    gateway = await start_gateway()
    answer = await gateway.raw(part, timeout=8)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"connection: close" in answer


async def test_silent_clients_are_let_go(
    start_gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marquee_gateway.edge.connection.HEAD_TIMEOUT", 0.2)
    monkeypatch.setattr("marquee_gateway.edge.connection.IDLE_TIMEOUT", 0.2)
    monkeypatch.setattr("marquee_gateway.edge.server.SWEEP_INTERVAL", 0.05)
    gateway = await start_gateway()
    assert await gateway.raw(b"") == b""
    answer = await gateway.raw(b"GET /v1/nothing HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 ")


async def test_more_clients_than_allowed_are_turned_away(start_gateway: Any) -> None:
    gateway = await start_gateway(max_connections=2)

    async def turned_away() -> bool:
        try:
            return not await gateway.raw(
                b"GET /v1/nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            )
        except ConnectionError:
            return True

    async with gateway.connection() as (first, writer), gateway.connection():
        writer.write(b"GET /v1/nothing HTTP/1.1\r\nHost: a\r\n\r\n")
        await first.readuntil(b"}")
        assert await turned_away()
    async with asyncio.timeout(5):
        while await turned_away():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("step", ["_find_route", "_come_back", "_forward"])
async def test_a_fault_of_ours_is_500_and_logged_without_harm_to_others(
    gateway: Any, upstream: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any, step: str
) -> None:
    upstream.answers("*", body=b"well")
    reached: list[str] = []

    def broken(*_: Any) -> None:
        reached.append(step)
        raise RuntimeError("secret detail")

    with monkeypatch.context() as patch:
        patch.setattr(f"marquee_gateway.gateway.Gateway.{step}", broken)
        async with asyncio.timeout(10):
            # `_come_back` is on the way of a read only once a connection stands ready for it.
            while not reached:
                answer = await gateway.client.get(READ)
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text
    assert "secret detail" in caplog.text
    assert (await gateway.client.get(READ)).text == "well"
