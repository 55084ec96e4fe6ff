"""OAuth: codes with PKCE, what their tokens may do, and how they end."""

import asyncio
import hashlib
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jws
from orjson import loads
from sqlalchemy import text

from marquee_identity.oauth.tokens import delete_expired_authorizations
from marquee_shared.events.identity import SessionRevoked

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
REDIRECT = "https://tv.example/cb?from=marquee"


def bearer(tokens):
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def claims(tokens):
    return loads(jws.extract_compact(tokens["access_token"].encode()).payload)


@pytest.fixture
async def application(client, verified):
    body = {"name": "Marquee TV", "redirect_uris": [REDIRECT]}
    made = await client.post("/v1/me/applications", json=body, headers=verified["headers"])
    return made.json()["id"]


@pytest.fixture
def asked(application):
    return {
        "response_type": "code",
        "client_id": application,
        "redirect_uri": REDIRECT,
        "scope": "read write",
        "state": "xyz&=#",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }


@pytest.fixture
def approve(client, verified, asked):
    """Let the application in; return its code."""

    async def answer(headers=None, **fields):
        body = {**asked, "approve": True, **fields}
        told = await client.post(
            "/v1/oauth/authorize", json=body, headers=headers or verified["headers"]
        )
        assert told.status_code == 200, told.text
        return parse_qs(urlsplit(told.json()["redirect_to"]).query)["code"][0]

    return answer


@pytest.fixture
def exchange(client, application):
    async def spend(code, /, **fields):
        form = {
            "grant_type": "authorization_code",
            "client_id": application,
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
            **fields,
        }
        return await client.post("/v1/oauth/token", data=form)

    return spend


@pytest.fixture
def renew(client, application):
    async def spend(tokens, **fields):
        form = {
            "grant_type": "refresh_token",
            "client_id": application,
            "refresh_token": tokens["refresh_token"],
            **fields,
        }
        return await client.post("/v1/oauth/token", data=form)

    return spend


@pytest.fixture
def refused_everywhere(app, sink):
    """Take in what was told of ended sessions, as every checker of tokens does."""

    async def take():
        for event in await sink.events(SessionRevoked):
            app.state.verifier._revocations.revoke(
                event.data.session_id, event.data.until.timestamp()
            )

    return take


def error_of(answer):
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"error", "error_description"}
    return answer.json()["error"]


async def test_the_consent_screen_and_the_way_back(client, verified, asked):
    shown = await client.get("/v1/oauth/authorize", params=asked, headers=verified["headers"])
    assert shown.json() == {
        "application": {"id": asked["client_id"], "name": "Marquee TV"},
        "scopes": ["read", "write"],
        "redirect_uri": REDIRECT,
    }
    for approve in (True, False):
        told = await client.post(
            "/v1/oauth/authorize", json={**asked, "approve": approve}, headers=verified["headers"]
        )
        target = urlsplit(told.json()["redirect_to"])
        query = {name: value for name, (value,) in parse_qs(target.query).items()}
        assert (target.netloc, target.path, query.pop("from")) == ("tv.example", "/cb", "marquee")
        assert query.pop("code" if approve else "error")
        assert query == {"state": "xyz&=#", "iss": "http://localhost:8000/v1"}


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [("redirect_uri", "https://evil.example/cb", 422), ("redirect_uri", REDIRECT + "&x", 422),
     ("client_id", "00000000-0000-4000-8000-000000000000", 404), ("client_id", "x", 422),
     ("response_type", "token", 422), ("code_challenge_method", "plain", 422),
     ("code_challenge", "short", 422), ("scope", "admin", 422), ("scope", "", 422),
     ("state", "\x00", 422), ("state", "x" * 501, 422)],
)  # fmt: skip
async def test_a_wrong_request_sends_nobody_anywhere(client, verified, asked, field, value, status):
    wrong = {**asked, field: value}
    headers = verified["headers"]
    shown = await client.get("/v1/oauth/authorize", params=wrong, headers=headers)
    told = await client.post(
        "/v1/oauth/authorize", json={**wrong, "approve": True}, headers=headers
    )
    assert (shown.status_code, told.status_code) == (status, status), (shown.text, told.text)
    without = {name: value for name, value in asked.items() if name != "code_challenge"}
    body = {**without, "approve": True}
    assert (await client.post("/v1/oauth/authorize", json=body, headers=headers)).status_code == 422


async def test_a_code_gives_tokens_that_may_do_what_was_granted(
    client, approve, exchange, application, database
):
    async with database.transaction() as session:
        await session.execute(text("UPDATE users SET roles = '{member,administrator}'"))
    answer = await exchange(await approve(scope="read"))
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    said = claims(tokens)
    assert (said["scope"], said["client_id"], said["roles"]) == ("read", application, [])
    assert (await client.get("/v1/me", headers=bearer(tokens))).json()["username"] == "ada"
    refused = await client.patch("/v1/me", json={"bio": "x"}, headers=bearer(tokens))
    assert refused.json()["code"] == "insufficient_scope"
    for method, path in [
        ("GET", "/v1/me/sessions"), ("POST", "/v1/auth/logout"), ("GET", "/v1/me/tokens"),
        ("GET", "/v1/me/applications"), ("GET", "/v1/me/security-events"),
    ]:  # fmt: skip
        closed = await client.request(method, path, headers=bearer(tokens))
        assert (closed.status_code, closed.json()["code"]) == (403, "session_needed"), path
    writing = (await exchange(await approve(scope="write read"))).json()
    assert writing["scope"] == "read write"
    changed = await client.patch("/v1/me", json={"bio": "x"}, headers=bearer(writing))
    assert changed.status_code == 200
    leaving = await client.delete("/v1/me", headers=bearer(writing))
    assert leaving.json()["code"] == "session_needed"


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"code_verifier": VERIFIER[:-1] + "X"}, "invalid_grant"),
     ({"code_verifier": CHALLENGE}, "invalid_grant"), ({"code_verifier": "x"}, "invalid_grant"),
     ({"redirect_uri": "https://tv.example/other"}, "invalid_grant"),
     ({"client_id": "00000000-0000-4000-8000-000000000000"}, "invalid_client"),
     ({"client_id": "x"}, "invalid_request"), ({"code": "x"}, "invalid_grant"),
     ({"code_verifier": ""}, "invalid_request"), ({"grant_type": "password"},
      "unsupported_grant_type"), ({"grant_type": "refresh_token"}, "invalid_request"),
     ({"grant_type": ""}, "invalid_request"), ({"code": "\x00"}, "invalid_request"),
     ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "x"},
      "invalid_grant")],
)  # fmt: skip
async def test_what_does_not_fit_gives_nothing_and_spends_nothing(approve, exchange, fields, error):
    code = await approve()
    assert error_of(await exchange(code, **fields)) == error
    assert (await exchange(code)).status_code == 200


async def test_another_application_cannot_spend_a_code(client, verified, approve, exchange):
    body = {"name": "Other", "redirect_uris": [REDIRECT]}
    other = await client.post("/v1/me/applications", json=body, headers=verified["headers"])
    code = await approve()
    assert error_of(await exchange(code, client_id=other.json()["id"])) == "invalid_grant"


async def test_a_code_spent_many_times_at_once_gives_one_pair_and_a_replay_ends_it(
    client, approve, exchange, renew, database, refused_everywhere
):
    code = await approve()
    answers = await asyncio.gather(*(exchange(code) for _ in range(20)))
    (won,) = [answer for answer in answers if answer.status_code == 200]
    assert {error_of(answer) for answer in answers if answer is not won} == {"invalid_grant"}
    async with database.reading() as session:
        made = await session.scalar(
            text("SELECT count(*) FROM sessions WHERE application_id IS NOT NULL")
        )
    assert made == 1
    await refused_everywhere()
    assert (await client.get("/v1/me", headers=bearer(won.json()))).status_code == 401
    assert error_of(await renew(won.json())) == "invalid_grant"


async def test_a_replay_of_a_code_ends_what_it_gave(
    client, approve, exchange, renew, refused_everywhere
):
    code = await approve()
    tokens = (await exchange(code)).json()
    assert (await client.get("/v1/me", headers=bearer(tokens))).status_code == 200
    assert error_of(await exchange(code)) == "invalid_grant"
    await refused_everywhere()
    assert (await client.get("/v1/me", headers=bearer(tokens))).status_code == 401
    assert error_of(await renew(tokens)) == "invalid_grant"


async def test_a_code_is_good_for_a_minute_and_then_forgotten(approve, exchange, database, context):
    code = await approve()
    for age, left in (("61 seconds", 1), ("1 hour", 0)):
        async with database.transaction() as session:
            await session.execute(
                text(f"UPDATE authorizations SET expires_at = expires_at - interval '{age}'")  # noqa: S608
            )
        assert error_of(await exchange(code)) == "invalid_grant"
        await delete_expired_authorizations(context)
        async with database.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM authorizations")) == left


async def test_codes_are_stored_as_hashes(approve, database):
    code = await approve()
    async with database.reading() as session:
        row = (await session.execute(text("SELECT * FROM authorizations"))).one()
    assert row.code_hash == hashlib.sha256(code.encode()).digest()
    assert code not in str(tuple(row))
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    assert row.challenge == urlsafe_b64encode(digest).rstrip(b"=").decode()


async def test_refreshing_rotates_and_may_narrow_but_never_widen(approve, exchange, renew, client):
    tokens = (await exchange(await approve(scope="read"))).json()
    assert error_of(await renew(tokens, scope="read write")) == "invalid_scope"
    assert error_of(await renew(tokens, scope="admin")) == "invalid_scope"
    second = (await renew(tokens)).json()
    assert claims(second)["scope"] == "read"
    again = (await renew(tokens)).json()
    assert again["refresh_token"] == second["refresh_token"]
    both = (await exchange(await approve())).json()
    narrow = (await renew(both, scope="read")).json()
    assert (narrow["scope"], claims(narrow)["scope"]) == ("read", "read")
    assert (await renew(narrow)).json()["scope"] == "read write"


async def test_a_grants_refresh_token_never_becomes_a_sessions_or_anothers(
    client, approve, exchange, renew, verified, application
):
    tokens = (await exchange(await approve(scope="read"))).json()
    body = {"refresh_token": tokens["refresh_token"]}
    own = await client.post("/v1/auth/refresh", json=body)
    assert (own.status_code, own.json()["code"]) == (401, "invalid_refresh_token")
    assert error_of(await renew(verified)) == "invalid_grant"
    other = await client.post(
        "/v1/me/applications", json={"name": "Other"}, headers=verified["headers"]
    )
    wrong = await renew(tokens, client_id=other.json()["id"])
    assert error_of(wrong) == "invalid_grant"
    assert (await renew(tokens)).status_code == 200


async def test_a_refresh_token_used_twice_ends_the_grant(
    approve, exchange, renew, database, client, refused_everywhere
):
    tokens = (await exchange(await approve())).json()
    second = (await renew(tokens)).json()
    async with database.transaction() as session:
        late = "UPDATE refresh_tokens SET spent_at = spent_at - interval '11 seconds'"
        await session.execute(text(late))
    assert error_of(await renew(tokens)) == "invalid_grant"
    assert error_of(await renew(second)) == "invalid_grant"
    await refused_everywhere()
    assert (await client.get("/v1/me", headers=bearer(second))).status_code == 401


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_an_application_gives_its_tokens_back(
    client, approve, exchange, renew, application, refused_everywhere, kind
):
    tokens = (await exchange(await approve())).json()
    form = {"token": tokens[kind], "client_id": application, "token_type_hint": kind}
    other = {**form, "client_id": "00000000-0000-4000-8000-000000000000"}
    assert (await client.post("/v1/oauth/revoke", data=other)).status_code == 200
    assert (await client.get("/v1/me", headers=bearer(tokens))).status_code == 200
    assert (await client.post("/v1/oauth/revoke", data=form)).status_code == 200
    unknown = {"token": "x", "client_id": application}
    assert (await client.post("/v1/oauth/revoke", data=unknown)).status_code == 200
    await refused_everywhere()
    assert (await client.get("/v1/me", headers=bearer(tokens))).status_code == 401
    assert error_of(await renew(tokens)) == "invalid_grant"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_no_application_ends_a_session(client, verified, application, kind):
    form = {"token": verified[kind], "client_id": application}
    assert (await client.post("/v1/oauth/revoke", data=form)).status_code == 200
    body = {"refresh_token": verified["refresh_token"]}
    assert (await client.post("/v1/auth/refresh", json=body)).status_code == 200


async def test_a_member_sees_and_withdraws_what_was_granted(
    client, approve, exchange, renew, verified, application, refused_everywhere, sign_up
):
    tokens, waiting = (await exchange(await approve())).json(), await approve()
    listed = await client.get("/v1/me/applications/authorized", headers=verified["headers"])
    (item,) = listed.json()["items"]
    assert item["application"] == {"id": application, "name": "Marquee TV"}
    assert item["scopes"] == ["read", "write"]
    sessions = await client.get("/v1/me/sessions", headers=verified["headers"])
    assert [row["application"] for row in sessions.json()["items"]] == ["Marquee TV", None]
    path = f"/v1/me/applications/authorized/{application}"
    stranger = await sign_up("bob")
    await client.delete(path, headers=stranger["headers"])
    assert (await client.get("/v1/me", headers=bearer(tokens))).status_code == 200
    for _ in "ab":
        assert (await client.delete(path, headers=verified["headers"])).status_code == 204
    await refused_everywhere()
    assert (await client.get("/v1/me", headers=bearer(tokens))).status_code == 401
    assert error_of(await renew(tokens)) == "invalid_grant"
    assert error_of(await exchange(waiting)) == "invalid_grant"
    listed = await client.get("/v1/me/applications/authorized", headers=verified["headers"])
    assert listed.json()["items"] == []


async def test_deleting_an_application_ends_what_it_was_granted(
    client, approve, exchange, verified, application, refused_everywhere, sign_up
):
    bob = await sign_up("bob")
    tokens = (await exchange(await approve(bob["headers"]))).json()
    assert (await client.get("/v1/me", headers=bearer(tokens))).json()["username"] == "bob"
    waiting = await approve()
    path = f"/v1/me/applications/{application}"
    assert (await client.delete(path, headers=verified["headers"])).status_code == 204
    await refused_everywhere()
    assert (await client.get("/v1/me", headers=bearer(tokens))).status_code == 401
    assert error_of(await exchange(waiting)) == "invalid_client"


async def test_a_new_password_ends_grants_and_codes_under_way(
    client, approve, exchange, renew, verified, password, refused_everywhere
):
    tokens, waiting = (await exchange(await approve())).json(), await approve()
    body = {"current_password": password, "new_password": "quite-another-91-harbour"}
    changed = await client.put("/v1/me/password", json=body, headers=verified["headers"])
    assert changed.status_code == 204
    assert error_of(await exchange(waiting)) == "invalid_grant"
    assert error_of(await renew(tokens)) == "invalid_grant"
    await refused_everywhere()
    assert (await client.get("/v1/me", headers=bearer(tokens))).status_code == 401


async def test_no_application_brings_a_leaving_or_suspended_member_back(
    client, approve, exchange, renew, verified, database
):
    tokens, waiting = (await exchange(await approve())).json(), await approve()
    async with database.transaction() as session:
        suspend = text(
            "INSERT INTO suspensions (user_id, suspended, reason, epoch, revision) "
            "SELECT id, true, 'spam', 1, 1 FROM users"
        )
        await session.execute(suspend)
    assert error_of(await renew(tokens)) == "invalid_grant"
    assert error_of(await exchange(waiting)) == "invalid_grant"
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM suspensions"))
    left = await client.delete("/v1/me", headers=verified["headers"])
    assert error_of(await renew(tokens)) == "invalid_grant"
    assert error_of(await exchange(waiting)) == "invalid_grant"
    assert (await client.get(left.headers["location"])).json()["state"] == "waiting"


async def test_letting_an_application_in_is_told(client, approve, verified, run_jobs, mails):
    await approve()
    await run_jobs()
    assert mails()[-1]["subject"] == "An application may use your Marquee account"
    told = await client.get("/v1/me/security-events", headers=verified["headers"])
    assert told.json()["items"][0]["kind"] == "application_authorized"


async def test_a_token_in_place_of_a_secret_is_refused_as_oauth_says(client, application):
    form = {"grant_type": "refresh_token", "client_id": application, "refresh_token": "x"}
    answer = await client.post("/v1/oauth/token", data=form, auth=(application, "secret"))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"]


async def test_metadata_names_what_there_is(client):
    found = (await client.get("/v1/.well-known/oauth-authorization-server")).json()
    assert found["issuer"] == "http://localhost:8000/v1"
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["token_endpoint_auth_methods_supported"] == ["none"]
    for name in ("token_endpoint", "device_authorization_endpoint", "revocation_endpoint"):
        path = found[name].removeprefix("http://localhost:8000")
        assert error_of(await client.post(path)) == "invalid_request"
