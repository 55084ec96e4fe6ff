import asyncio
import random
import re
from typing import Any

import pytest

HOST = b"Host: marquee.example\r\n"
LEN = b"Content-Length: 4\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
EMPTY = b"0\r\n\r\n"

CORPUS = {
    "length and chunked": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + LEN + CHUNKED + b"\r\n" + EMPTY,
    "chunked and length": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + CHUNKED + LEN + b"\r\n" + EMPTY,
    "two lengths": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + LEN + b"Content-Length: 5\r\n\r\nabcde",
    "twice the same length": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + LEN + LEN + b"\r\nabcd",
    "a list of lengths": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + b"Content-Length: 4, 4\r\n\r\nabcd",
    "a signed length": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + b"Content-Length: +4\r\n\r\nabcd",
    "a hexadecimal length": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + b"Content-Length: 0x4\r\n\r\nabcd",
    "a negative length": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    "an overflowing length": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + b"Content-Length: 18446744073709551617\r\n\r\n",
    "no length at all": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + b"Content-Length: \r\n\r\n",
    "another coding": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n" + EMPTY,
    "two codings": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + EMPTY,
    "chunked not last": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + EMPTY,
    "chunked twice": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + CHUNKED + CHUNKED + b"\r\n" + EMPTY,
    "chunked in 1.0": b"POST /v1/auth/login HTTP/1.0\r\n" + HOST + CHUNKED + b"\r\n" + EMPTY,
    "coding after a tab": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding:\x0bchunked\r\n\r\n" + EMPTY,
    "blank before the colon": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding : chunked\r\n\r\n" + EMPTY,
    "folded header": b"GET /v1/movies HTTP/1.1\r\n" + HOST + b"X-A: b\r\n c\r\n\r\n",
    "folded coding": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + EMPTY,
    "bare line feeds": b"GET /v1/movies HTTP/1.1\nHost: a\n\n",
    "bare carriage return": b"GET /v1/movies HTTP/1.1\r\n" + HOST + b"X-A: b\rX-B: c\r\n\r\n",
    "null in a header": b"GET /v1/movies HTTP/1.1\r\n" + HOST + b"X-A: b\x00c\r\n\r\n",
    "no header name": b"GET /v1/movies HTTP/1.1\r\n" + HOST + b": b\r\n\r\n",
    "a broken chunk size": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n-1\r\n\r\n",
    "a chunk size that ends in LF": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n4\nabcd\r\n" + EMPTY,
    "a chunk longer than it says": b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n2\r\nabcd\r\n" + EMPTY,
    "absolute form": b"GET http://evil.example/v1/movies HTTP/1.1\r\n" + HOST + b"\r\n",
    "authority form": b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "asterisk form": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "no Host": b"GET /v1/movies HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /v1/movies HTTP/1.1\r\n" + HOST + b"Host: other\r\n\r\n",
    "empty Host": b"GET /v1/movies HTTP/1.1\r\nHost: \r\n\r\n",
    "a Host with a path": b"GET /v1/movies HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a Host with a user": b"GET /v1/movies HTTP/1.1\r\nHost: a@b\r\n\r\n",
    "a Host with a blank": b"GET /v1/movies HTTP/1.1\r\nHost: a b\r\n\r\n",
    "two tokens": b"GET /v1/movies HTTP/1.1\r\n" + HOST + b"Authorization: a\r\nAuthorization: b\r\n\r\n",
    "HTTP/0.9": b"GET /v1/movies\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/3.7": b"GET /v1/movies HTTP/3.7\r\n" + HOST + b"\r\n",
    "an unknown method": b"GRAB /v1/movies HTTP/1.1\r\n" + HOST + b"\r\n",
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}  # fmt: skip

TARGETS = [
    "//v1/movies", "/v1//movies", "/v1/movies/", "/v1/movies//", "/v1/./movies", "/v1/../v1/movies",
    "/v1/movies/..", "/v1/%2e%2e/internal/introspect", "/v1/movies/%2E", "/v1/movies%2fdune",
    "/v1/movies/%2Fdune", "/v1/movies/a%5cb", "/v1/movies/%00", "/v1/movies/%0d%0aX", "/v1/movies/%zz",
    "/v1/movies/%", "/v1/movies/%ff", "/v1/movies\\dune", "/v1/movies/<x>", "/v1/movies#x",
    "/v1/movies?a=b#c", "v1/movies", "?x", "/v1/movies/%7f",
]  # fmt: skip


def problem(answer: bytes) -> int:
    """Check that an answer is one whole problem after which the connection closes."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    length = re.search(rb"content-length: (\d+)", head)
    assert length is not None
    assert len(body) == int(length[1]), "exactly one answer"
    assert b"application/problem+json" in head
    assert b"connection: close" in head
    return status


@pytest.mark.parametrize("name", CORPUS)
async def test_ambiguous_requests_are_refused(gateway: Any, upstream: Any, name: str) -> None:
    upstream.answers("*")
    smuggled = b"GET /v1/users/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    assert problem(await gateway.raw(CORPUS[name] + smuggled)) in {400, 413, 505}
    assert upstream.requests == []


@pytest.mark.parametrize("target", TARGETS)
async def test_ambiguous_targets_are_refused(gateway: Any, upstream: Any, target: str) -> None:
    upstream.answers("*")
    answer = await gateway.raw(
        b"GET %b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % target.encode()
    )
    assert problem(answer) in {400, 404}
    assert upstream.requests == []


async def test_escaped_text_in_a_path_goes_through_as_it_is(gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    target = "/v1/users/caf%C3%A9%20x:@!$&'()*+,;=~"
    answer = await gateway.raw(
        b"GET %b?q=%%2e%%2e/|[] HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % target.encode()
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert upstream.requests[0].target == target + "?q=%2e%2e/|[]"


async def test_limits_of_address_and_headers(gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    head = b"GET /v1/users/a%b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%b\r\n"
    assert problem(await gateway.raw(head % (b"?" + b"x" * 8_192, b""))) == 414
    assert problem(await gateway.raw(head % (b"?" + b"x" * 800_000, b""))) == 414
    assert problem(await gateway.raw(head % (b"", b"X: %b\r\n" % (b"x" * 33_000)))) == 431
    assert problem(await gateway.raw(head % (b"", b"X: %b\r\n" % (b"x" * 900_000)))) == 431
    many = b"".join(b"X-%d: 1\r\n" % n for n in range(200))
    assert problem(await gateway.raw(head % (b"", many))) == 400
    assert upstream.requests == []
    fits = await gateway.raw(head % (b"?" + b"x" * 8_000, b"X: %b\r\n" % (b"x" * 16_000)))
    assert fits.startswith(b"HTTP/1.1 200 ")


async def test_trailers_cannot_add_headers(gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    answer = await gateway.raw(
        b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        b"Connection: close\r\n\r\n4\r\nabcd\r\n0\r\nX-Late: 1\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    [request] = upstream.requests
    assert request.body == b"abcd"
    assert "x-late" not in request.headers
    assert request.headers["content-length"] == "4"


async def test_an_upgrade_is_answered_in_http_1_and_ends_the_connection(
    gateway: Any, upstream: Any
) -> None:
    upstream.answers("*")
    answer = await gateway.raw(
        b"GET /v1/users/a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n"
        b"GET /v1/users/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert "upgrade" not in upstream.requests[0].headers
    assert not upstream.received("/v1/users/smuggled")


async def test_only_listed_hosts_are_served(start_gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    gateway = await start_gateway(allowed_hosts="marquee.example,localhost:8000")
    request = b"GET /v1/users/a HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n"
    assert (await gateway.raw(request % b"Marquee.Example")).startswith(b"HTTP/1.1 200 ")
    assert problem(await gateway.raw(request % b"evil.example")) == 400


async def test_a_replica_that_answers_twice_is_not_believed(gateway: Any, upstream: Any) -> None:
    one = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n%b"
    upstream.answers("/v1/users/a", raw=one % b"ok" + one % b"no")
    upstream.answers("/v1/users/b", body=b"mine")
    for _ in range(3):
        assert (await gateway.client.get("/v1/users/a")).content == b"ok"
        assert (await gateway.client.get("/v1/users/b")).content == b"mine"


async def test_it_does_not_matter_how_bytes_are_packed(gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    request = (
        b"POST /v1/auth/login?a=b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        b"X-Request-ID: packed-0001\r\nConnection: close\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"
    )
    async with gateway.connection() as (reader, writer):
        for byte in request:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    [received] = upstream.requests
    assert (received.target, received.body) == ("/v1/auth/login?a=b", b"abcde")
    assert received.headers["x-request-id"] == "packed-0001"


async def test_damaged_requests_never_break_the_edge(
    start_gateway: Any,
    upstream: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for setting in ("HEAD_TIMEOUT", "BODY_TIMEOUT", "IDLE_TIMEOUT"):
        monkeypatch.setattr(f"marquee_gateway.edge.connection.{setting}", 0.2)
    monkeypatch.setattr("marquee_gateway.edge.server.SWEEP_INTERVAL", 0.05)
    upstream.answers("*")
    gateway = await start_gateway(rate_limit_factor=1000)
    chance = random.Random(7)
    whole = [
        b"GET /v1/users/a?b=c HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n",
        b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\n%b\r\n4\r\nabcd\r\n%b" % (CHUNKED, EMPTY),
    ]

    def damaged() -> bytes:
        data = bytearray(b"".join(chance.choices(whole, k=2)))
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    del data[at : at + chance.randint(1, 8)]
                case _:
                    data[at:at] = bytes([chance.choice(b"\r\n\0 :%/\\;,\t0")]) * chance.randint(
                        1, 3
                    )
        return bytes(data)

    async def statuses(data: bytes) -> list[int]:
        try:
            answer = await gateway.raw(data, timeout=15)
        except ConnectionError:
            return []
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]

    for _ in range(6):
        answers = await asyncio.gather(*(statuses(damaged()) for _ in range(60)))
        for found in answers:
            assert all(status < 500 or status == 505 for status in found), found
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]
    assert (await gateway.client.get("/v1/users/a")).is_success
