import gzip
from typing import Any

LONG = b'{"text": "' + b"marquee " * 400 + b'"}'
PLAIN = {"Accept-Encoding": "identity"}


async def test_a_client_that_has_it_is_told_so(gateway: Any, upstream: Any) -> None:
    upstream.answers("/v1/movies/a", body=b"{}")
    first = await gateway.client.get("/v1/movies/a")
    tag = first.headers["etag"]
    assert tag.startswith('"')
    for header in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = await gateway.client.get("/v1/movies/a", headers={"If-None-Match": header})
        assert again.status_code == 304, header
        assert again.content == b""
        assert again.headers["etag"] == tag
        assert "content-type" not in again.headers
        assert "ratelimit" in again.headers
    other = await gateway.client.get("/v1/movies/a", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


async def test_a_members_own_answer_is_compared_too(
    gateway: Any, upstream: Any, token: Any
) -> None:
    upstream.answers("/v1/me", headers={"etag": '"3-abc"'})
    headers = {"Authorization": f"Bearer {token()}", "If-None-Match": '"3-abc"'}
    answer = await gateway.client.get("/v1/me", headers=headers)
    assert answer.status_code == 304
    assert answer.headers["etag"] == '"3-abc"'
    assert upstream.received("/v1/me")[0].headers["if-none-match"] == '"3-abc"'


async def test_a_services_own_304_passes(gateway: Any, upstream: Any, token: Any) -> None:
    upstream.answers("/v1/me", raw=b'HTTP/1.1 304 X\r\nETag: "3"\r\n\r\n')
    headers = {"Authorization": f"Bearer {token()}", "If-None-Match": '"3"'}
    for _ in range(2):
        answer = await gateway.client.get("/v1/me", headers=headers)
        assert (answer.status_code, answer.headers["etag"]) == (304, '"3"')


async def test_long_text_is_compressed(gateway: Any, upstream: Any, token: Any) -> None:
    bearer = {"Authorization": f"Bearer {token()}"}
    upstream.answers("/v1/movies/a", body=LONG, headers={"etag": '"1"'})
    upstream.answers("/v1/me", body=LONG, headers={"etag": '"1"'})
    for path in ("/v1/movies/a", "/v1/movies/a", "/v1/me"):
        async with gateway.client.stream("GET", path, headers=bearer) as answer:
            raw = b"".join([piece async for piece in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(raw) == LONG
        assert len(raw) == int(answer.headers["content-length"]) < len(LONG) // 5
        assert "Accept-Encoding" in answer.headers["vary"]
        assert answer.headers["etag"] == '"1-gzip"', "other bytes need another strong tag"
        plain = await gateway.client.get(path, headers=bearer | PLAIN)
        assert plain.content == LONG
        assert "content-encoding" not in plain.headers
        assert plain.headers["etag"] == '"1"'
        again = await gateway.client.get(path, headers=bearer | {"If-None-Match": '"1-gzip"'})
        assert again.status_code == 304
    assert "accept-encoding" not in upstream.received("/v1/me")[0].headers


async def test_the_compressed_tag_is_translated_for_the_service(
    gateway: Any, upstream: Any, token: Any
) -> None:
    upstream.answers("/v1/me")
    headers = {"Authorization": f"Bearer {token()}", "If-Match": '"3-abc-gzip"'}
    await gateway.client.patch("/v1/me", headers=headers)
    assert upstream.received("/v1/me")[0].headers["if-match"] == '"3-abc"'


async def test_what_gains_nothing_is_left_alone(gateway: Any, upstream: Any) -> None:
    upstream.answers("/v1/users/short", body=b"x" * 500)
    upstream.answers("/v1/users/image", body=LONG, headers={"content-type": "image/png"})
    packed = gzip.compress(LONG) + b"x" * 1500
    upstream.answers("/v1/users/packed", body=packed, headers={"content-encoding": "br"})
    for name in ("short", "image"):
        assert "content-encoding" not in (await gateway.client.get(f"/v1/users/{name}")).headers
    async with gateway.client.stream("GET", "/v1/users/packed") as answer:
        assert b"".join([piece async for piece in answer.aiter_raw()]) == packed
    refusing = {"Accept-Encoding": "gzip;q=0, identity"}
    upstream.answers("/v1/users/long", body=LONG)
    answer = await gateway.client.get("/v1/users/long", headers=refusing)
    assert "content-encoding" not in answer.headers


async def test_listed_origins_may_read_answers(start_gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    gateway = await start_gateway(cors_origins="https://app.example, https://tv.example")
    for origin, allowed in (("https://tv.example", True), ("https://evil.example", False)):
        headers = {"Origin": origin}
        for path in ("/v1/movies", "/v1/movies", "/v1/users/a", "/v1/nothing"):
            answer = await gateway.client.get(path, headers=headers)
            assert (answer.headers.get("access-control-allow-origin") == origin) is allowed
            assert "origin" in answer.headers["vary"].lower()
            assert "access-control-allow-credentials" not in answer.headers
        asked = headers | {"Access-Control-Request-Method": "PUT"}
        preflight = await gateway.client.options("/v1/movies/a/rating", headers=asked)
        assert preflight.status_code == 204
        assert ("access-control-allow-origin" in preflight.headers) is allowed
        assert "PUT" in preflight.headers["access-control-allow-methods"]
        assert "Authorization" in preflight.headers["access-control-allow-headers"]


async def test_without_a_list_no_origin_may(gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    answer = await gateway.client.get("/v1/users/a", headers={"Origin": "https://app.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
