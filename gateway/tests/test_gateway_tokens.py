import asyncio
import base64
import hmac
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from marquee_shared.events.identity import SessionRevoked
from marquee_shared.testing.plugin import new_uuid


def encode(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def bearer(token: str, scheme: str = "Bearer") -> dict[str, str]:
    return {"Authorization": f"{scheme} {token}"}


async def test_the_service_gets_the_verified_token(gateway: Any, upstream: Any, token: Any) -> None:
    upstream.answers("/v1/me")
    good = token()
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert (await gateway.client.get("/v1/me", headers=bearer(good, scheme))).is_success
    assert upstream.received("/v1/me")[0].headers["authorization"] == f"Bearer {good}"
    assert len(upstream.received("/v1/.well-known/jwks.json")) == 1


@pytest.mark.parametrize("path", ["/v1/me", "/v1/movies", "/v1/users/ada", "/v1/nothing"])
async def test_a_bad_token_is_refused_even_where_none_is_needed(
    gateway: Any, upstream: Any, token: Any, signing_key: ECKey, path: str
) -> None:
    now = int(time.time())
    public_pem = signing_key.as_pem(private=False)
    payload = orjson.dumps({"sub": str(new_uuid()), "username": "x", "exp": now + 99})
    foreign = ECKey.generate_key("P-256")
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "test-key"}
    signed = encode(orjson.dumps({**header, "alg": "HS256"})) + b"." + encode(payload)
    confused = signed + b"." + encode(hmac.digest(public_pem, signed, "sha256"))
    bad = {
        "expired": token(iat=now - 1000, exp=now - 100),
        "issuer": token(iss="someone"),
        "audience": token(aud="other"),
        "foreign key": jws.serialize_compact(header, payload, foreign),
        "confused": confused.decode(),
        "none": "eyJhbGciOiJub25lIn0.e30.",
        "garbage": "x",
        "altered": token()[:-4] + "AAAA",
        "long": "x" * 9000,
    }
    for name, value in bad.items():
        answer = await gateway.client.get(path, headers=bearer(value))
        assert answer.status_code == 401, name
        assert answer.json()["code"] == "invalid_token"
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert "ratelimit" in answer.headers
    for headers in ({"Authorization": "Basic dXNlcjpwYXNz"}, {"Authorization": "Bearer"}):
        assert (await gateway.client.get(path, headers=headers)).status_code == 401
    assert {request.path for request in upstream.requests} <= {"/v1/.well-known/jwks.json"}


async def test_without_a_token_reads_are_open_and_the_rest_is_not(
    gateway: Any, upstream: Any
) -> None:
    upstream.answers("*")
    for method, path in (
        ("GET", "/v1/me"),
        ("GET", "/v1/me/recommendations"),
        ("PUT", "/v1/movies/dune/rating"),
        ("POST", "/v1/movies"),
        ("GET", "/v1/recommender/models"),
    ):
        answer = await gateway.client.request(method, path)
        assert answer.status_code == 401, path
        assert answer.json()["code"] == "not_authenticated"
        assert answer.headers["www-authenticate"] == 'Bearer realm="marquee"'
    assert upstream.requests == []
    for method, path in (("GET", "/v1/movies"), ("POST", "/v1/auth/login")):
        assert (await gateway.client.request(method, path)).is_success


async def test_a_revoked_session_ends_at_once(
    gateway: Any, upstream: Any, token: Any, publish: Any
) -> None:
    upstream.answers("*")
    session = new_uuid()
    headers = bearer(token(sid=str(session)))
    assert (await gateway.client.get("/v1/me", headers=headers)).is_success
    until = datetime.now(UTC) + timedelta(minutes=15)
    await publish(SessionRevoked(session_id=session, user_id=UUID(int=1), until=until))
    async with asyncio.timeout(2):
        while (await gateway.client.get("/v1/me", headers=headers)).status_code != 401:
            await asyncio.sleep(0.01)
    assert (await gateway.client.get("/v1/movies", headers=headers)).status_code == 401
    assert (await gateway.client.get("/v1/me", headers=bearer(token()))).is_success


async def test_a_gateway_that_starts_later_knows_revocations(
    start_gateway: Any, upstream: Any, token: Any, publish: Any
) -> None:
    upstream.answers("*")
    session = new_uuid()
    until = datetime.now(UTC) + timedelta(minutes=15)
    await publish(SessionRevoked(session_id=session, user_id=UUID(int=1), until=until))
    gateway = await start_gateway()
    headers = bearer(token(sid=str(session)))
    async with asyncio.timeout(2):
        while (await gateway.client.get("/v1/me", headers=headers)).status_code != 401:
            await asyncio.sleep(0.01)


async def test_opaque_tokens_are_looked_up_once(gateway: Any, upstream: Any) -> None:
    active = {"active": True, "sub": str(new_uuid()), "username": "bot", "kind": "service"}

    async def introspect(request: Any) -> Any:
        good = orjson.loads(request.body) == {"token": "mqt_good"}
        return upstream.reply(body=orjson.dumps(active if good else {"active": False}))

    upstream.answers("/internal/introspect", introspect)
    upstream.answers("*")
    for _ in range(3):
        answer = await gateway.client.get("/v1/recommender/models", headers=bearer("mqt_good"))
        assert answer.is_success
    assert len(upstream.received("/internal/introspect")) == 1
    assert upstream.requests[-1].headers["authorization"] == "Bearer mqt_good"
    assert (await gateway.client.get("/v1/movies", headers=bearer("mqt_bad"))).status_code == 401


async def test_without_identity_tokens_cannot_be_checked(
    start_gateway: Any, upstream: Any, token: Any
) -> None:
    upstream.answers("*")
    gateway = await start_gateway(identity_url="http://127.0.0.1:9")
    answer = await gateway.client.get("/v1/movies", headers=bearer(token()))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert (await gateway.client.get("/v1/movies")).is_success
