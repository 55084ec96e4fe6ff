import asyncio
import re
import socket
from typing import Any

import httpx
import orjson
import pytest

from marquee_gateway.documentation.merge import merge
from marquee_gateway.problems import MethodNotAllowed, RouteNotFound
from marquee_gateway.routes import ROUTES, route
from marquee_gateway.routing import RouteTable


def operation(name: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {
        "operationId": name,
        "summary": "Do <it>",
        "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
        "requestBody": {"content": content},
        "responses": {"200": {"description": "ok", "content": content}},
    }


def document(paths: dict[str, Any], **schemas: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}


CATALOG = document(
    {
        "/v1/movies": {"get": operation("read", "Page")},
        "/internal/movies": {"get": operation("secret", "Secret")},
        "/metrics": {"get": operation("metrics", "Page")},
        "/v1/users": {"get": operation("not_mine", "Page")},
    },
    Page={"type": "object", "properties": {"items": {"$ref": "#/components/schemas/Movie"}}},
    Movie={"type": "object", "title": "Movie"},
    Secret={"type": "string"},
)
SOCIAL = document(
    {"/v1/movies/{slug}/rating": {"put": operation("read", "Page")}},
    Page={"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Movie"}}},
    Movie={"type": "object", "title": "Movie"},
)


async def test_ready_means_every_part_is(gateway: Any, upstream: Any, redis: Any) -> None:
    live = await gateway.client.get("/health/live")
    assert (live.status_code, live.json()) == (200, {"status": "live"})
    answer = await gateway.client.get("/health/ready")
    assert answer.status_code == 503
    for service in ("identity", "catalog", "social", "recommender"):
        await redis.set(f"heartbeat:{service}:worker", "1", ex=5)
    answer = await gateway.client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "services": {
            service: {"ready": True, "replicas": "1/1"}
            for service in ("identity", "catalog", "social", "recommender")
        },
        "workers": dict.fromkeys(("identity", "catalog", "social", "recommender"), True),
    }
    await redis.delete("heartbeat:social:worker")
    answer = await gateway.client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["workers"]["social"] is False
    upstream.answers("/health/ready", status=503)
    assert (await gateway.client.get("/health/ready")).json()["services"]["catalog"] == {
        "ready": False,
        "replicas": "0/1",
    }


async def test_one_ready_replica_is_enough(start_gateway: Any, upstream: Any, redis: Any) -> None:
    for service in ("identity", "catalog", "social", "recommender"):
        await redis.set(f"heartbeat:{service}:worker", "1", ex=5)
    gateway = await start_gateway(catalog_url=f"{upstream.url},http://127.0.0.1:9")
    answer = await gateway.client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["services"]["catalog"]["replicas"] == "1/2"


async def test_metrics_are_on_a_port_of_their_own(start_gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    gateway = await start_gateway(metrics_port=port)
    for path in ("/v1/movies/a", "/v1/movies/a", "/v1/users/x"):
        await gateway.client.get(path)
    assert (await gateway.client.get("/metrics")).status_code == 404
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        text = (await client.get("/metrics")).text
    line = 'marquee_gateway_answers_total{method="GET",route="/v1/movies/{slug}",status="200"} 2.0'
    assert line in text
    assert 'marquee_gateway_cache_total{outcome="memory"} 1.0' in text
    assert re.search(r'seconds_bucket\{le="\+Inf",route="/v1/users/\{username\}"\} 1.0', text)
    assert "marquee_gateway_connections 1.0" in text


async def test_the_public_document_and_its_page(gateway: Any, upstream: Any) -> None:
    upstream.answers("/openapi.json", body=orjson.dumps(CATALOG))
    answer = await gateway.client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()["paths"]) == ["/v1/movies", "/v1/users"]
    page = await gateway.client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "<code>/v1/movies</code>" in page.text
    assert "Do &lt;it&gt;" in page.text
    assert not re.search(r"(src|href)=\"(?!/openapi|#)", page.text), "asks nobody else"
    assert "<script" not in page.text
    policy = page.headers.get_list("content-security-policy")
    nonce = re.search(r'<style nonce="([^"]+)"', page.text)
    assert nonce is not None
    assert any(f"style-src 'nonce-{nonce[1]}'" in part for part in policy)
    assert len(upstream.received("/openapi.json")) == 4, "once for each service"


async def test_a_service_that_is_away_is_left_out_until_it_is_back(
    gateway: Any, upstream: Any
) -> None:
    upstream.answers("/openapi.json", status=404)
    assert (await gateway.client.get("/openapi.json")).json()["paths"] == {}
    upstream.answers("/openapi.json", body=orjson.dumps(CATALOG))
    assert (await gateway.client.get("/openapi.json")).json()["paths"]


def test_merging_keeps_what_the_table_lets_through() -> None:
    merged = merge({"catalog": CATALOG, "social": SOCIAL}, RouteTable(ROUTES))
    assert list(merged["paths"]) == ["/v1/movies", "/v1/movies/{slug}/rating"]
    schemas = merged["components"]["schemas"]
    assert schemas["Page"] == CATALOG["components"]["schemas"]["Page"]
    assert schemas["SocialPage"] == SOCIAL["components"]["schemas"]["Page"]
    assert "SocialMovie" not in schemas, "the same under the same name stays one"
    read, put = (
        merged["paths"]["/v1/movies"]["get"],
        merged["paths"]["/v1/movies/{slug}/rating"]["put"],
    )
    reference = put["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    assert reference == "#/components/schemas/SocialPage"
    assert (read["operationId"], put["operationId"]) == ("read", "social_read")
    assert read["security"] == [{}, {"bearer": []}]
    assert put["security"] == [{"bearer": []}]
    assert read["responses"]["429"] == {"$ref": "#/components/responses/TooManyRequests"}
    assert "RateLimit" in read["responses"]["200"]["headers"]
    answer = merged["components"]["responses"]["TooManyRequests"]
    assert "application/problem+json" in answer["content"]
    assert "Retry-After" in answer["headers"]
    assert merged["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for found in re.findall(rb'"\$ref":"#/components/([^"]+)"', orjson.dumps(merged)):
        kind, name = found.decode().split("/")
        assert name in merged["components"][kind]
    assert CATALOG["paths"]["/v1/movies"]["get"]["operationId"] == "read", (
        "sources stay as they are"
    )


def test_every_line_of_the_table_finds_itself() -> None:
    table = RouteTable(ROUTES)
    for each in ROUTES:
        path = re.sub(r"\{\w+\}", "x", each.pattern).replace("*", "a/b").encode()
        assert table.match(each.method, path) is each
    assert not [each for each in ROUTES if each.cache and each.member_only]
    assert not [each for each in ROUTES if "internal" in each.pattern]


def test_literals_come_before_parameters_and_those_before_the_rest() -> None:
    lines = [
        *route("GET", "/v1/a/*", "catalog"),
        *route("GET", "/v1/a/{b}", "social"),
        *route("GET", "/v1/a/b", "identity"),
        *route("GET POST", "/v1/a/{b}/c", "recommender"),
    ]
    table = RouteTable(lines)
    found = {
        path: table.match("GET", path.encode()).service
        for path in ("/v1/a/b", "/v1/a/x", "/v1/a/b/c", "/v1/a/x/c", "/v1/a/x/y", "/v1/a/b/y/z")
    }
    assert list(found.values()) == [
        "identity", "social", "recommender", "recommender", "catalog", "catalog",
    ]  # fmt: skip
    for path in ("/v1/a", "/v1", "/", "/v1/a/", "/v2/a/b"):
        with pytest.raises(RouteNotFound):
            table.match("GET", path.encode())
    with pytest.raises(MethodNotAllowed):
        table.match("POST", b"/v1/a/b")
    with pytest.raises(ValueError, match="two lines"):
        RouteTable([*route("GET", "/v1/{x}", "social"), *route("GET", "/v1/{y}", "catalog")])


async def test_pages_do_not_hold_up_what_is_proxied(gateway: Any, upstream: Any) -> None:
    gate = asyncio.Event()
    upstream.answers("/openapi.json", hold=gate)
    upstream.answers("/v1/users/a")
    slow = asyncio.create_task(gateway.client.get("/openapi.json"))
    await upstream.until("/openapi.json")
    assert (await gateway.client.get("/v1/users/a")).is_success
    gate.set()
    await slow


async def test_own_pages_keep_the_conventions(gateway: Any) -> None:
    for path in ("/health/live", "/openapi.json", "/docs"):
        assert (await gateway.client.head(path)).status_code == 200
        refused = await gateway.client.post(path)
        assert refused.status_code == 405
        assert refused.headers["allow"] == "GET, HEAD, OPTIONS"
        assert refused.json()["code"] == "method_not_allowed"
        assert (await gateway.client.options(path)).headers["allow"] == "GET, HEAD, OPTIONS"
    assert "ratelimit" in (await gateway.client.get("/openapi.json")).headers
    assert "ratelimit" not in (await gateway.client.get("/health/live")).headers
