"""Opaque tokens, their introspection, and the first accounts."""

import asyncio
import stat
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from sqlalchemy import text

from marquee_identity.bootstrap import bootstrap
from marquee_identity.tokens.service import create_service_token, revoke_service_tokens
from marquee_shared.events.identity import SessionRevoked
from marquee_shared.service import verification


async def introspect(client, token):
    answer = await client.post("/internal/introspect", json={"token": token})
    assert answer.status_code == 200
    return answer.json()


async def test_service_token_is_introspected_with_its_scopes(client, database):
    expires = datetime.now(UTC) + timedelta(days=1)
    async with database.transaction() as session:
        token = await create_service_token(session, "data-team", ["recommender"], expires)
    answer = await introspect(client, token)
    sub = answer.pop("sub")
    assert answer.pop("sid") == sub
    assert answer == {
        "active": True, "kind": "service", "username": "data-team", "scope": "recommender",
        "roles": [], "verified": True, "boarded": False, "language": None, "token_type": "Bearer",
        "exp": int(expires.timestamp()),
    }  # fmt: skip


async def test_unknown_revoked_and_expired_tokens_are_inactive_alike(client, database):
    past = datetime.now(UTC) - timedelta(seconds=1)
    async with database.transaction() as session:
        revoked = await create_service_token(session, "one", ["recommender"])
        expired = await create_service_token(session, "two", ["recommender"], past)
        assert await revoke_service_tokens(session, "one") == 1
    for token in (revoked, expired, "mqt_" + "A" * 43, "", "\u00e9"):
        assert await introspect(client, token) == {"active": False}


async def test_revoking_acts_at_once_even_where_a_service_token_is_remembered(
    client, app, database, sink
):
    async with database.transaction() as session:
        token = await create_service_token(session, "one", ["recommender"])
    headers = {"Authorization": f"Bearer {token}"}
    assert (await client.get("/v1/me", headers=headers)).status_code == 403
    async with database.transaction() as session:
        await revoke_service_tokens(session, "one")
    (told,) = await sink.events(SessionRevoked)
    app.state.verifier._revocations.revoke(told.data.session_id, told.data.until.timestamp())
    assert (await client.get("/v1/me", headers=headers)).status_code == 401


async def test_token_of_a_member_carries_the_members_identity(client, sign_up, database):
    made = await sign_up("ada", language="es")
    async with database.transaction() as session:
        token = await create_service_token(session, "laptop", ["profile"])
        await session.execute(
            text("UPDATE opaque_tokens SET kind = 'member', user_id = :id"),
            {"id": made["user"]["id"]},
        )
    answer = await introspect(client, token)
    assert (answer["sub"], answer["username"]) == (made["user"]["id"], "ada")
    assert (answer["kind"], answer["roles"], answer["verified"]) == ("member", ["member"], False)


async def test_introspection_is_in_no_public_document(client):
    document = (await client.get("/openapi.json")).text
    assert "introspect" not in document


async def test_use_is_noted_and_secrets_are_hashed(client, database):
    async with database.transaction() as session:
        token = await create_service_token(session, "data-team", ["recommender"])
    await introspect(client, token)
    async with database.reading() as session:
        row = (await session.execute(text("SELECT * FROM opaque_tokens"))).one()
    assert row.last_used_at is not None
    assert token not in str(row)
    assert token.encode() not in bytes(row.token_hash)


async def test_identity_verifies_tokens_without_calling_itself(context, sign_up, database):
    """No server listens at IDENTITY_URL here, and its own verifier works."""
    made = await sign_up("ada")
    async with database.transaction() as session:
        opaque = await create_service_token(session, "data-team", ["recommender"])
    verifier, _tail = verification(context)
    assert (await verifier.verify(made["access_token"])).username == "ada"
    assert (await verifier.verify(opaque)).kind == "service"


async def test_service_token_is_no_member(client, database):
    async with database.transaction() as session:
        token = await create_service_token(session, "data-team", ["recommender"])
    headers = {"Authorization": f"Bearer {token}"}
    answer = await client.get("/v1/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new folder" / "credentials.json"


async def test_bootstrap_makes_working_credentials_for_the_owner_alone(client, context, path):
    assert await bootstrap(context, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    written = orjson.loads(path.read_bytes())
    assert set(written) == {"admin", "service_token"}
    login = {"login": written["admin"]["username"], "password": written["admin"]["password"]}
    answer = await client.post("/v1/auth/login", json=login)
    assert answer.status_code == 200
    user = answer.json()["user"]
    assert set(user["roles"]) == {"member", "moderator", "editor", "administrator"}
    assert user["verified"] is True
    assert (await introspect(client, written["service_token"]))["scope"] == "recommender"


async def test_bootstrap_again_changes_nothing(context, path, sink):
    assert await bootstrap(context, path)
    before = path.read_bytes()
    assert not await bootstrap(context, path)
    assert path.read_bytes() == before
    assert len(await sink.events()) == 1


async def test_bootstrap_after_the_file_was_lost_gives_new_secrets(client, context, path):
    await bootstrap(context, path)
    old = orjson.loads(path.read_bytes())
    path.unlink()
    assert await bootstrap(context, path)
    new = orjson.loads(path.read_bytes())
    for credentials, status in ((old, 401), (new, 200)):
        login = {"login": "admin", "password": credentials["admin"]["password"]}
        assert (await client.post("/v1/auth/login", json=login)).status_code == status
    assert await introspect(client, old["service_token"]) == {"active": False}


async def test_bootstrap_twice_at_once_is_done_once(client, context, path, database):
    made = await asyncio.gather(bootstrap(context, path), bootstrap(context, path))
    assert sorted(made) == [False, True]
    admin = orjson.loads(path.read_bytes())["admin"]
    login = {"login": admin["username"], "password": admin["password"]}
    assert (await client.post("/v1/auth/login", json=login)).status_code == 200
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM users")) == 1
        live = "SELECT count(*) FROM opaque_tokens WHERE revoked_at IS NULL"
        assert await session.scalar(text(live)) == 1
