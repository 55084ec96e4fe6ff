"""Bad input through the one door: always a documented 4xx that says what is wrong."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from urllib.parse import urlsplit

import pytest
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry, serialize_compact
from steps import eventually

FILM = "the-matrix-1999"


def is_problem(answer, status, code=None):
    assert answer.status_code == status, (answer.status_code, answer.text[:300])
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert {"type", "title", "status", "detail", "instance", "code", "request_id"} <= set(body)
    assert code is None or body["code"] == code, body
    return body


def encode(part):
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(**changes):
    now = int(time.time())
    return {
        "sub": "01890000-0000-7000-8000-000000000001",
        "username": "mallory",
        "verified": True,
        "boarded": True,
        "roles": ["member", "administrator"],
        "scope": "recommender",
        "iss": "marquee",
        "aud": "marquee",
        "iat": now,
        "exp": now + 600,
        **changes,
    }


async def forgeries(http):
    """Tokens an attacker can make who knows everything that is public."""
    jwks = (await http.get("/v1/.well-known/jwks.json")).json()
    public = ECKey.import_key(jwks["keys"][0])
    header = {"alg": "ES256", "typ": "at+jwt", "kid": jwks["keys"][0]["kid"]}
    own = ECKey.generate_key("P-256")
    registry = JWSRegistry(algorithms=["ES256"])

    def signed(header, payload, key):
        return serialize_compact(header, json.dumps(payload), key, registry=registry)

    def hmac_signed(secret):
        """By hand: the library refuses to help with this one."""
        text = f"{encode({**header, 'alg': 'HS256'})}.{encode(claims())}"
        return f"{text}.{encode(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"

    pem = public.as_pem(private=False)
    der = public.as_der(private=False)
    return {
        "unsigned": f"{encode(header)}.{encode(claims())}.",
        "alg none": f"{encode({**header, 'alg': 'none'})}.{encode(claims())}.",
        "alg None": f"{encode({**header, 'alg': 'NoNe'})}.{encode(claims())}.",
        "own key": signed(header, claims(), own),
        "own key in jwk": signed({**header, "jwk": own.as_dict(private=False)}, claims(), own),
        "hs256 pem": hmac_signed(pem),
        "hs256 der": hmac_signed(der),
        "hs256 jwk": hmac_signed(json.dumps(jwks["keys"][0]).encode()),
        "expired": signed(header, claims(exp=int(time.time()) - 60), own),
        "foreign issuer": signed(header, claims(iss="https://evil.example"), own),
        "unknown kid": signed({**header, "kid": "unknown"}, claims(), own),
        "garbage": "not.a.token",
        "opaque": "mqt_" + "0" * 43,
    }


async def test_forged_tokens_are_401_at_the_door_and_behind_it(system, http):
    tokens = await forgeries(http)
    services = system.run["service_urls"]
    for name, token in tokens.items():
        headers = {"Authorization": f"Bearer {token}"}
        for path in ("/v1/me", "/v1/me/recommendations", "/v1/movies", "/v1/recommender/models"):
            is_problem(await http.get(path, headers=headers), 401, "invalid_token")
        behind = await http.get(f"{services['catalog']}/v1/movies", headers=headers)
        assert behind.status_code == 401, name


async def test_refresh_token_is_no_access_token(http, sign_up):
    member = await sign_up(verified=False)
    headers = {"Authorization": f"Bearer {member.tokens['refresh_token']}"}
    is_problem(await http.get("/v1/me", headers=headers), 401, "invalid_token")


@pytest.mark.parametrize("limit", ["0", "-1", "101", "1000000000", "x", "1.5", "٣"])
async def test_limit_out_of_range_is_422(http, limit):
    body = is_problem(await http.get("/v1/movies", params={"limit": limit}), 422)
    assert body["errors"][0]["pointer"] == "/query/limit"


async def test_cursor_of_another_list_is_422(http):
    page = (await http.get("/v1/movies", params={"limit": 1, "genre": "drama"})).json()
    cursor = page["next_cursor"]
    for path, parameters in [
        ("/v1/movies", {"cursor": cursor, "genre": "comedy"}),
        ("/v1/movies", {"cursor": cursor}),
        ("/v1/genres", {"cursor": cursor}),
        ("/v1/movies", {"cursor": "AAAA" + cursor, "genre": "drama"}),
    ]:
        is_problem(await http.get(path, params=parameters), 422, "invalid_cursor")


@pytest.mark.parametrize(
    "query", ["genre=a%00b", "q=%00", "unknown=1", "sort=nope", "fields=nope", "include=nope",
              "year_from=2000&year_to=1990", "page=1&cursor=x"],
)  # fmt: skip
async def test_bad_filters_are_422(http, query):
    is_problem(await http.get(f"/v1/movies?{query}"), 422)


async def test_unknown_slug_in_a_filter_finds_nothing(http):
    answer = await http.get("/v1/movies", params={"genre": "no-such-genre"})
    assert (answer.status_code, answer.json()["items"]) == (200, [])


@pytest.mark.parametrize(
    "value", ["0", "0.25", "5.5", "4.7", '"4"', "null", "true", "[]", "1e9", "-1", "NaN"]
)
async def test_rating_outside_the_half_steps_is_refused(sign_up, value):
    member = await sign_up()
    answer = await member.put(
        f"/v1/movies/{FILM}/rating",
        content=b'{"value": ' + value.encode() + b"}",
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in (400, 422), answer.text
    assert (await member.get(f"/v1/movies/{FILM}/rating")).status_code == 404


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe\x00", "application/json", 400),
        (b'{"value": 4.0, "user_id": 1}', "application/json", 422),
        (b"value=4", "application/x-www-form-urlencoded", 415),
        (b"", "application/json", 422),
        (b'{"value": 4.0' + b" " * 10_000_000 + b"}", "application/json", 413),
    ],
)
async def test_bad_bodies(sign_up, content, kind, status):
    member = await sign_up()
    headers = {"Content-Type": kind}
    answer = await member.put(f"/v1/movies/{FILM}/rating", content=content, headers=headers)
    is_problem(answer, status)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "me"),
        ("username", "ab"),
        ("username", "a" * 31),
        ("username", "bad name"),
        ("username", "nul\x00byte"),
        ("username", 5),
        ("email", "not an address"),
        ("email", "x@y@z"),
        ("password", "short"),
        ("password", "password123"),
        ("password", "x" * 10_000),
        ("role", "administrator"),
        ("verified", True),
    ],
)
async def test_bad_signup_names_the_field(http, field, value):
    body = {
        "username": "somebody-new",
        "email": "somebody-new@example.org",
        "password": "correct horse battery staple",
        field: value,
    }
    problem = is_problem(await http.post("/v1/auth/signup", json=body), 422)
    assert any(field in error["pointer"] for error in problem["errors"])


async def test_import_of_something_else_is_refused_and_says_why(system, http):
    admin = system.credentials["admin"]
    signed_in = await http.post(
        "/v1/auth/login", json={"login": admin["username"], "password": admin["password"]}
    )
    headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    count = (await http.get("/v1/movies", params={"page": 1, "limit": 1})).json()["total"]
    for name, content in [
        ("movies.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20),
        ("movies.zip", b"PK\x03\x04 this is no archive"),
        ("movies.csv", b"just,some,other\n1,2,3\n"),
    ]:
        answer = await http.post(
            "/v1/imports",
            headers=headers,
            data={"source": "movielens"},
            files={"file": (name, content)},
        )
        if answer.status_code == 202:
            location = answer.headers["location"]

            async def ended(location=location):
                job = (await http.get(location, headers=headers)).json()
                return job if job["state"] in ("failed", "succeeded") else None

            job = await eventually(ended, what="the import's end")
            assert job["state"] == "failed"
            assert job["error"]
        else:
            is_problem(answer, 422)
    after = (await http.get("/v1/movies", params={"page": 1, "limit": 1})).json()["total"]
    assert after == count


async def test_import_needs_an_editor(http, sign_up):
    member = await sign_up()
    files = {"file": ("movies.csv", b"movieId,title,genres\n")}
    data = {"source": "movielens"}
    is_problem(await member.post("/v1/imports", data=data, files=files), 403)
    is_problem(await http.post("/v1/imports", data=data, files=files), 401)


async def raw(system, request: bytes) -> bytes:
    """Send bytes as they are; httpx would mend them."""
    address = urlsplit(system.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(request)
    try:
        async with asyncio.timeout(10):
            return await reader.read(65_536)
    finally:
        writer.close()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /v1/movies HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"GET /v1/movies HTTP/1.1\r\nHost: x\r\nX-A: a\r\n b\r\n\r\n",
        b"GET /v1/%2e%2e/internal/introspect HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1//movies HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /internal/introspect HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/movies HTTP/1.1\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"GET /v1/movies\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_ambiguous_or_broken_requests_never_get_through(system, request_bytes):
    answer = await raw(system, request_bytes)
    status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 400
    assert 400 <= status < 500, answer[:200]


async def test_same_conventions_directly_at_a_service(system, http):
    for name, url in system.run["service_urls"].items():
        missing = await http.get(f"{url}/v1/nothing-here")
        body = is_problem(missing, 404, "route_not_found")
        assert body["request_id"], name
    direct = await http.get(f"{system.run['service_urls']['social']}/v1/movies/{FILM}/rating")
    is_problem(direct, 401, "not_authenticated")
