"""Keys over their life, and python-jose as the independent reader of what we sign."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from cryptography.exceptions import InvalidTag
from jose import jwt as peer
from pydantic import SecretStr, ValidationError
from sqlalchemy import text

from marquee_identity.__main__ import command
from marquee_identity.keys import repository
from marquee_identity.keys.ring import KeyRing
from marquee_identity.keys.sealing import Seal
from marquee_identity.keys.service import (
    KEY_LIFETIME,
    rotate_if_old,
    rotate_keys,
    states,
    withdraw_key,
)
from marquee_identity.settings import IdentitySettings
from marquee_shared.auth.revocations import Revocations
from marquee_shared.auth.tokens import KEYS_SECONDS, JwksCache, TokenVerifier
from marquee_shared.outbox.relay import Relay
from marquee_shared.problems import InvalidToken

JWKS = "/v1/.well-known/jwks.json"


@pytest.fixture
def seal(settings):
    return Seal(settings.key_encryption_key)


@pytest.fixture
def published(client):
    async def read():
        answer = await client.get(JWKS)
        assert answer.status_code == 200
        return answer.json()

    return read


@pytest.fixture
def pass_time(database, app):
    """Let time pass for the keys, and let the process read them anew."""

    async def move(interval):
        async with database.transaction() as session:
            await session.execute(
                text(
                    "UPDATE signing_keys SET created_at = created_at - CAST(:i AS interval), "
                    "signs_from = signs_from - CAST(:i AS interval)"
                ),
                {"i": interval},
            )
        app.state.context.state["identity"].keys._read_at = float("-inf")

    return move


@pytest.fixture
def rotate(database, seal):
    async def run():
        async with database.transaction() as session:
            following, _added = await rotate_keys(session, seal)
        return following

    return run


def kid(token):
    return peer.get_unverified_header(token)["kid"]


def checker(keys):
    """A checker of tokens as every service has it; `keys` fetches the set."""
    cache = JwksCache(keys)
    return TokenVerifier(
        issuer="marquee", audience="marquee", jwks=cache, revocations=Revocations()
    )


async def test_current_and_next_key_are_published_without_their_private_halves(client):
    answer = await client.get(JWKS)
    keys = answer.json()["keys"]
    assert len(keys) == 2
    assert len({key["kid"] for key in keys}) == 2
    for key in keys:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["etag"]


async def test_first_keys_are_made_once_however_many_ask(context):
    seal = Seal(context.settings.key_encryption_key)
    rings = [KeyRing(context.database, seal) for _ in range(6)]
    signers = await asyncio.gather(*(ring.signer() for ring in rings))
    assert len({key.kid for key in signers}) == 1
    async with context.database.reading() as session:
        assert len(await repository.list_keys(session)) == 2


async def test_independent_library_verifies_what_we_sign(sign_up, published):
    made = await sign_up("ada")
    token = made["access_token"]
    header = peer.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("ES256", "at+jwt")
    claims = peer.decode(
        token, await published(), algorithms=["ES256"], audience="marquee", issuer="marquee"
    )
    assert claims["sub"] == made["user"]["id"]


async def test_rotation_never_refuses_a_valid_token(
    sign_up, client, published, rotate, pass_time, password
):
    """A checker with the longest allowed cache meets every token over a whole rotation."""
    made = await sign_up("ada")
    fetched = []

    async def stale_keys():
        # What a cache in front may still give: the set as it was a minute and more ago.
        return fetched[0]

    fetched.append(await published())
    old = made["access_token"]
    following = await rotate()
    assert kid(old) != following.kid
    assert following.kid in {key["kid"] for key in fetched[0]["keys"]}
    await checker(stale_keys).verify(old)

    await pass_time(timedelta(seconds=5 * 60 + KEYS_SECONDS))
    login = {"login": "ada", "password": password}
    new = (await client.post("/v1/auth/login", json=login)).json()["access_token"]
    assert kid(new) == following.kid
    await checker(stale_keys).verify(new)
    fetched[0] = await published()
    assert len(fetched[0]["keys"]) == 3
    for token in (old, new):
        await checker(stale_keys).verify(token)


async def test_key_signs_only_after_it_was_published_for_the_lead(
    sign_up, client, rotate, pass_time, password
):
    old = kid((await sign_up("ada"))["access_token"])
    following = await rotate()
    login = {"login": "ada", "password": password}
    await pass_time(timedelta(seconds=280))
    assert kid((await client.post("/v1/auth/login", json=login)).json()["access_token"]) == old
    await pass_time(timedelta(seconds=30))
    new = (await client.post("/v1/auth/login", json=login)).json()["access_token"]
    assert kid(new) == following.kid


async def test_retired_key_goes_when_its_last_token_has_expired_and_is_refused(
    sign_up, published, rotate, pass_time
):
    made = await sign_up("ada")
    old = kid(made["access_token"])
    await rotate()
    await pass_time(timedelta(seconds=300 + 15 * 60))
    assert old in {key["kid"] for key in (await published())["keys"]}
    await pass_time(timedelta(seconds=6 * 60))
    left = await published()
    assert old not in {key["kid"] for key in left["keys"]}
    assert len(left["keys"]) == 2

    async def fetch():
        return left

    with pytest.raises(InvalidToken):
        await checker(fetch).verify(made["access_token"])


async def test_old_key_is_rotated_by_the_schedule_once(database, seal, pass_time, published):
    await published()
    async with database.transaction() as session:
        assert not await rotate_if_old(session, seal)
    await pass_time(KEY_LIFETIME)
    for rotated in (True, False):
        async with database.transaction() as session:
            assert await rotate_if_old(session, seal) is rotated


async def test_expired_keys_are_destroyed(database, seal, published, rotate, pass_time):
    first = {key["kid"] for key in (await published())["keys"]}
    await rotate()
    await pass_time(timedelta(seconds=3600))
    await rotate()
    async with database.reading() as session:
        kids = {key.kid for key in await repository.list_keys(session)}
    assert len(first & kids) == 1
    assert len(kids) == 3


async def test_private_halves_are_sealed_in_the_database(database, published, seal):
    await published()
    async with database.reading() as session:
        for key in await repository.list_keys(session):
            assert b'"d"' not in key.private_sealed
            assert b'"d"' in seal.open(key.kid, key.private_sealed)
            with pytest.raises(InvalidTag):
                Seal(SecretStr("another key-encryption key")).open(key.kid, key.private_sealed)
            with pytest.raises(InvalidTag):
                seal.open("another kid", key.private_sealed)


def test_production_refuses_the_development_key_and_a_shared_one():
    own = "a secret of more than 32 characters"
    given = {"environment": "production", "secret_key": own, "_env_file": None}
    for bad in ({}, {"key_encryption_key": "short"}, {"key_encryption_key": own}):
        with pytest.raises(ValidationError, match="KEY_ENCRYPTION_KEY"):
            IdentitySettings(**given, **bad)
    good = IdentitySettings(**given, key_encryption_key="another secret of over 32 characters")
    assert good.is_production


async def test_signing_reads_no_key_while_its_ring_is_fresh(context, monkeypatch):
    ring = KeyRing(context.database, Seal(context.settings.key_encryption_key))
    first = await ring.signer()

    async def fail(_session):
        raise AssertionError

    monkeypatch.setattr(repository, "list_keys", fail)
    assert (await ring.signer()).kid == first.kid
    assert time.monotonic() > ring._read_at


async def test_every_key_has_one_state_and_no_keys_have_none(database, seal, published, rotate):
    assert states([], datetime.now(UTC)) == {}
    await published()
    await rotate()
    async with database.reading() as session:
        found = states(await repository.list_keys(session), datetime.now(UTC))
    assert list(found.values()) == ["current", "scheduled", "next"]


def run_command(settings, monkeypatch, *words, **environment):
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return CliRunner().invoke(command, ["keys", *words])


async def test_a_key_whose_name_begins_with_a_dash_is_no_option(published, settings, monkeypatch):
    await published()
    done = await asyncio.to_thread(run_command, settings, monkeypatch, "withdraw", "-yK0")
    assert "there is no key -yK0" in done.output


async def test_withdrawn_key_signs_and_verifies_nothing_at_once(
    sign_up, client, published, settings, monkeypatch, context, service, password
):
    made = await sign_up("ada")
    compromised = kid(made["access_token"])
    assert (await client.get("/v1/me", headers=made["headers"])).status_code == 200
    relay = Relay(service.name, settings.database_url, service.name, context.redis)
    running = asyncio.create_task(relay.run())
    try:
        done = await asyncio.to_thread(run_command, settings, monkeypatch, "withdraw", compromised)
        assert done.exit_code == 0, done.output
        async with asyncio.timeout(5):
            while (await client.get("/v1/me", headers=made["headers"])).status_code != 401:
                await asyncio.sleep(0.02)
        login = {"login": "ada", "password": password}
        async with asyncio.timeout(5):
            while True:
                token = (await client.post("/v1/auth/login", json=login)).json()["access_token"]
                if kid(token) != compromised:
                    break
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    headers = {"Authorization": f"Bearer {token}"}
    assert (await client.get("/v1/me", headers=headers)).status_code == 200
    kids = [key["kid"] for key in (await published())["keys"]]
    assert compromised not in kids
    assert len(kids) == 2
    refused = await client.post("/v1/auth/refresh", json={"refresh_token": made["refresh_token"]})
    assert refused.status_code == 200  # the session is sound: only its token was not


async def test_withdrawing_the_next_key_leaves_the_current_one(database, seal, context):
    await KeyRing(context.database, seal).signer()
    async with database.transaction() as session:
        current, following = await repository.list_keys(session)
        signing = await withdraw_key(session, seal, following.kid)
        assert signing.kid == current.kid
        assert await withdraw_key(session, seal, "no such key") is None
    async with database.reading() as session:
        keys = await repository.list_keys(session)
    assert keys[0].kid == current.kid
    assert len(keys) == 2
    assert following.kid not in {key.kid for key in keys}


async def test_keys_outlive_a_change_of_the_secret_that_seals_them(
    sign_up, client, settings, monkeypatch, context
):
    made = await sign_up("ada")
    old, new = settings.key_encryption_key.get_secret_value(), "n" * 40
    lost = await asyncio.to_thread(
        run_command, settings, monkeypatch, "reseal", KEY_ENCRYPTION_KEY=new
    )
    assert lost.exit_code == 1
    assert "opens the keys" in lost.output
    both = Seal(SecretStr(new), SecretStr(old))
    assert (await KeyRing(context.database, both).signer()).kid == kid(made["access_token"])
    done = await asyncio.to_thread(
        run_command, settings, monkeypatch, "reseal",
        KEY_ENCRYPTION_KEY=new, PREVIOUS_KEY_ENCRYPTION_KEY=old,
    )  # fmt: skip
    assert done.output == "2 sealed anew\n"
    signer = await KeyRing(context.database, Seal(SecretStr(new))).signer()
    assert signer.kid == kid(made["access_token"])
    with pytest.raises(InvalidTag):
        await KeyRing(context.database, Seal(SecretStr(old))).signer()
