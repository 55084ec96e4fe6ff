import asyncio
import re
from typing import Any

import pytest


async def test_a_read_reaches_its_service_and_comes_back(gateway: Any, upstream: Any) -> None:
    upstream.answers("/v1/users/ada", body=b'{"username":"ada"}', headers={"x-own": "1"})
    answer = await gateway.client.get("/v1/users/ada?fields=id")
    assert answer.status_code == 200
    assert answer.json() == {"username": "ada"}
    assert answer.headers["x-own"] == "1"
    [request] = upstream.received("/v1/users/ada")
    assert request.target == "/v1/users/ada?fields=id"


async def test_unknown_paths_are_a_problem_and_reach_nobody(gateway: Any, upstream: Any) -> None:
    for path in ("/v1/nothing", "/internal/introspect", "/metrics", "/v1/movies/a/b/c", "/v1/auth"):
        answer = await gateway.client.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert body["code"] == "route_not_found"
        assert body["instance"] == path
        assert body["request_id"] == answer.headers["x-request-id"]
        assert body["title"] == "Not Found"
    assert upstream.requests == []


async def test_another_method_is_refused_with_the_ones_there_are(gateway: Any) -> None:
    answer = await gateway.client.put("/v1/movies")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert answer.json()["code"] == "method_not_allowed"


async def test_options_tells_the_methods(gateway: Any) -> None:
    answer = await gateway.client.options("/v1/movies/dune/rating")
    assert answer.status_code == 204
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"
    assert (await gateway.client.options("/v1/nothing")).status_code == 404


async def test_problems_speak_the_callers_language(gateway: Any) -> None:
    answer = await gateway.client.get("/v1/nothing", headers={"Accept-Language": "de"})
    assert answer.headers["content-language"] == "de"
    assert answer.json()["title"] == "Nicht gefunden"
    assert (await gateway.client.get("/v1/nothing?lang=fr")).json()["title"] == "Introuvable"


async def test_ids_are_passed_on_or_made(gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    given = {"X-Request-ID": "request-0001", "traceparent": trace}
    answer = await gateway.client.get("/v1/users/a", headers=given)
    assert answer.headers["x-request-id"] == "request-0001"
    bad = {"X-Request-ID": 'not"ok"at all', "traceparent": "00-zz-zz-01"}
    other = await gateway.client.get("/v1/users/b", headers=bad)
    first, second = upstream.received("/v1/users/a")[0], upstream.received("/v1/users/b")[0]
    assert first.headers["x-request-id"] == "request-0001"
    assert first.headers["traceparent"] == trace
    assert re.fullmatch(r"[0-9a-f]{32}", other.headers["x-request-id"])
    assert second.headers["x-request-id"] == other.headers["x-request-id"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", second.headers["traceparent"])


async def test_nobody_outside_speaks_in_the_edges_name(gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    forged = {
        "Marquee-After": "forged",
        "Marquee-Deadline-Ms": "999999",
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Host": "evil",
        "Forwarded": "for=6.6.6.6",
        "X-Original-URL": "/internal",
        "Connection": "keep-alive, X-Drop",
        "X-Drop": "1",
        "X_Under": "1",
        "X-Kept": "1",
    }
    await gateway.client.get("/v1/users/a", headers=forged)
    [request] = upstream.received("/v1/users/a")
    sent = request.headers
    assert sent["x-forwarded-for"] == "127.0.0.1"
    assert 1 < int(sent["marquee-deadline-ms"]) <= 10_000
    assert sent["x-kept"] == "1"
    gone = {"marquee-after", "x-forwarded-host", "forwarded", "x-original-url", "x-drop", "x_under"}
    assert not gone & set(sent)


async def test_internal_headers_stay_inside(gateway: Any, upstream: Any) -> None:
    internal = {
        "Cache-Tag": "movie:1",
        "Cache-Purge": "movie:1",
        "Marquee-Events": "x",
        "Server": "uvicorn",
        "X-Powered-By": "us",
    }
    upstream.answers("/v1/users/a", headers=internal)
    answer = await gateway.client.get("/v1/users/a")
    assert not {name.lower() for name in internal} & set(answer.headers)


async def test_every_answer_has_the_security_headers(gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    for path in ("/v1/users/a", "/v1/movies", "/v1/movies", "/v1/nothing", "/health/live"):
        headers = (await gateway.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "strict-transport-security" not in headers


async def test_https_clients_are_told_to_stay(start_gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    gateway = await start_gateway(public_url="https://marquee.example")
    answer = await gateway.client.get("/v1/users/a")
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


async def test_bodies_go_through_whole(gateway: Any, upstream: Any, token: Any) -> None:
    upstream.answers("/v1/imports", status=202)
    bearer = {"Authorization": f"Bearer {token()}"}
    small, large = b"x" * 1000, bytes(range(256)) * 20_000

    async def pieces() -> Any:
        for start in range(0, len(large), 100_000):
            yield large[start : start + 100_000]

    for content in (small, large, pieces()):
        answer = await gateway.client.post("/v1/imports", content=content, headers=bearer)
        assert answer.status_code == 202
    assert [r.body for r in upstream.received("/v1/imports")] == [small, large, large]


async def test_too_large_bodies_are_refused(gateway: Any, upstream: Any, token: Any) -> None:
    upstream.answers("*")
    bearer = {"Authorization": f"Bearer {token()}"}

    async def pieces() -> Any:
        for _ in range(30):
            yield b"x" * 50_000

    for content in (b"x" * 1_000_001, pieces()):
        answer = await gateway.client.patch("/v1/me", content=content, headers=bearer)
        assert answer.status_code == 413
        assert answer.json()["code"] == "content_too_large"
        assert "1000000" in answer.json()["detail"]
    assert (
        await gateway.client.patch("/v1/me", content=b"x" * 1_000_000, headers=bearer)
    ).status_code == 200


@pytest.mark.parametrize("size", [66_000, 130_000, 900_000])
async def test_a_body_nobody_reads_does_not_stop_what_follows(
    gateway: Any, upstream: Any, size: int
) -> None:
    """A body may have come whole, and be held back, when its request is refused."""
    upstream.answers("*")
    async with gateway.connection() as (reader, writer), asyncio.timeout(10):
        writer.write(
            b"PATCH /v1/me HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n"
            b"Authorization: Bearer nobody's\r\n\r\n%b" % (size, b"x" * size)
        )
        refused = await reader.readuntil(b"\r\n\r\n")
        assert refused.startswith(b"HTTP/1.1 401 ")
        if b"connection: close" in refused:
            await reader.read()
            return
        length = re.search(rb"content-length: (\d+)", refused)
        assert length is not None
        await reader.readexactly(int(length[1]))
        writer.write(b"GET /v1/users/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")


async def test_an_expecting_client_is_invited(gateway: Any, upstream: Any, token: Any) -> None:
    upstream.answers("/v1/me")
    async with gateway.connection() as (reader, writer):
        writer.write(
            b"PATCH /v1/me HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n"
            b"Authorization: Bearer %b\r\nConnection: close\r\n\r\n" % token().encode()
        )
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"{  }")
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    assert upstream.received("/v1/me")[0].body == b"{  }"


async def test_a_refused_upload_is_not_invited(gateway: Any, upstream: Any) -> None:
    answer = await gateway.raw(
        b"POST /v1/imports HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n"
        b"Expect: 100-continue\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert upstream.requests == []


async def test_long_answers_stream_as_they_come(gateway: Any, upstream: Any, token: Any) -> None:
    gate = asyncio.Event()
    upstream.answers(
        "/v1/imports/7/events",
        headers={"content-type": "text/event-stream"},
        pieces=[b"data: 1\n\n", gate, b"data: 2\n\n"],
    )
    bearer = {"Authorization": f"Bearer {token()}"}
    async with gateway.client.stream("GET", "/v1/imports/7/events", headers=bearer) as answer:
        events = answer.aiter_raw()
        assert await anext(events) == b"data: 1\n\n"
        gate.set()
        assert await anext(events) == b"data: 2\n\n"
    [request] = upstream.received("/v1/imports/7/events")
    assert int(request.headers["marquee-deadline-ms"]) >= 3_600_000


async def test_a_client_that_leaves_ends_the_stream_upstream(
    gateway: Any, upstream: Any, token: Any
) -> None:
    upstream.answers(
        "/v1/imports/7/events", pieces=[b"data: 1\n\n", asyncio.Event()], headers={"a": "b"}
    )
    bearer = {"Authorization": f"Bearer {token()}"}
    async with gateway.client.stream("GET", "/v1/imports/7/events", headers=bearer) as answer:
        await anext(answer.aiter_raw())
        [streaming] = [w for w in upstream.connections if not w.is_closing()][-1:]

    async def write_on() -> None:
        while True:
            streaming.write(b"1\r\nx\r\n")
            await streaming.drain()
            await asyncio.sleep(0)

    async with asyncio.timeout(5):
        with pytest.raises(ConnectionError):
            await write_on()


async def test_a_slow_reader_holds_the_service_back(gateway: Any, upstream: Any) -> None:
    sent = 0

    async def endless(_: Any) -> Any:
        nonlocal sent

        class Counting(list[bytes]):
            def __iter__(self) -> Any:
                nonlocal sent
                for _ in range(2_000):
                    sent += 1
                    yield b"x" * 65_536

        return upstream.reply(pieces=Counting())

    upstream.answers("/v1/users/a", endless)
    async with gateway.connection() as (reader, writer):
        writer.write(b"GET /v1/users/a HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(0.3)
        assert sent < 500, "a client that reads nothing must stop the service from sending"


async def test_head_answers_like_get_without_a_body(gateway: Any, upstream: Any) -> None:
    upstream.answers("*", body=b"12345")
    for path in ("/v1/users/a", "/v1/movies"):
        answer = await gateway.client.head(path)
        assert answer.status_code == 200
        assert answer.headers["content-length"] == "5"
        assert answer.content == b""
        assert upstream.received(path)[0].method == "GET"


async def test_pipelined_requests_are_answered_in_order(gateway: Any, upstream: Any) -> None:
    for name in "abc":
        upstream.answers(f"/v1/users/{name}", body=name.encode() * 3)
    request = b"GET /v1/users/%b HTTP/1.1\r\nHost: a\r\n%b\r\n"
    answer = await gateway.raw(
        request % (b"a", b"") + request % (b"b", b"") + request % (b"c", b"Connection: close\r\n")
    )
    assert [answer.find(body) > 0 for body in (b"aaa", b"bbb", b"ccc")] == [True] * 3
    assert answer.find(b"aaa") < answer.find(b"bbb") < answer.find(b"ccc")


async def test_http_1_0_is_answered_and_closed(gateway: Any, upstream: Any) -> None:
    upstream.answers("/v1/users/a", pieces=[b"one", b"two"])
    answer = await gateway.raw(b"GET /v1/users/a HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\nonetwo")


async def test_the_panel_keeps_its_own_policy_cookies_and_signed_out_visitors(
    gateway: Any, upstream: Any
) -> None:
    headers = {
        "Content-Security-Policy": "default-src 'none'; script-src 'self'",
        "Set-Cookie": "marquee-editor=secret; HttpOnly; SameSite=lax; Path=/",
        "Cache-Control": "private, no-store",
        "Location": "/admin",
    }
    for path in ("/admin", "/admin/login", "/admin/movies/list"):
        upstream.answers(path, status=303, headers=headers)
    for method, path in (
        ("GET", "/admin"),
        ("POST", "/admin/login"),
        ("GET", "/admin/movies/list"),
    ):
        answer = await gateway.client.request(
            method, path, headers={"Cookie": "marquee-editor=old"}, follow_redirects=False
        )
        assert answer.status_code == 303
        policies = answer.headers.get_list("content-security-policy")
        assert set(policies) == {headers["Content-Security-Policy"], "frame-ancestors 'none'"}
        assert answer.headers["set-cookie"] == headers["Set-Cookie"]
        assert answer.headers["location"] == "/admin"
        assert upstream.received(path)[-1].headers["cookie"] == "marquee-editor=old"
