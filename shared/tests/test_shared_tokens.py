"""Who is let in: tokens, keys, revocations, and the stream that brings them."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from worker_process import until

from marquee_shared.auth.revocations import SESSIONS, Revocations, revocation_tail
from marquee_shared.auth.tokens import JwksCache, TokenVerifier
from marquee_shared.events.identity import KeyWithdrawn, SessionRevoked
from marquee_shared.problems import InvalidToken, Unavailable
from marquee_shared.streams import StreamTail
from marquee_shared.testing.plugin import as_event, as_message, new_uuid


class Keys:
    """A key set that counts how often it is fetched and can be out of reach."""

    def __init__(self, jwks):
        self.jwks = jwks
        self.fetched = 0
        self.down = False

    async def __call__(self):
        self.fetched += 1
        if self.down:
            raise ConnectionError
        return self.jwks


@pytest.fixture
def keys(jwks):
    return Keys(jwks)


@pytest.fixture
def revocations():
    return Revocations()


@pytest.fixture
def verifier(keys, revocations):
    return TokenVerifier(
        issuer="marquee", audience="marquee", jwks=JwksCache(keys), revocations=revocations
    )


async def test_valid_token_names_its_member(verifier, token):
    sub = new_uuid()
    principal = await verifier.verify(token(sub=sub, username="Ada", roles=["member", "editor"]))
    assert (principal.id, principal.username, principal.kind) == (sub, "Ada", "member")
    assert principal.has_role("editor")
    assert not principal.has_role("moderator")


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"iss": "somebody else"},
        {"aud": "another app"},
        {"iat": int(time.time()) + 600},
        {"sub": "not a uuid"},
        {"username": None, "sub": None},
    ],
)
async def test_wrong_claims_are_refused(verifier, signing_key, claims):
    now = int(time.time())
    payload = {"sub": str(new_uuid()), "username": "x", "iss": "marquee", "aud": "marquee"}
    payload |= {"iat": now, "exp": now + 60} | claims
    payload = {key: value for key, value in payload.items() if value is not None}
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "test-key"}
    with pytest.raises(InvalidToken):
        await verifier.verify(jwt.encode(header, payload, signing_key, algorithms=["ES256"]))


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "é.é.é", "mqt_unknown", "." * 100, "a" * 10_000]
)
async def test_garbage_is_refused(verifier, token):
    with pytest.raises(InvalidToken):
        await verifier.verify(token)


async def test_unknown_kid_is_fetched_once_not_for_every_token(verifier, keys, token):
    await verifier.verify(token())
    foreign = ECKey.generate_key("P-256", {"kid": "foreign"})
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "foreign"}
    before = keys.fetched
    for number in range(50):
        forged = jwt.encode(header, {"sub": str(number)}, foreign, algorithms=["ES256"])
        with pytest.raises(InvalidToken):
            await verifier.verify(forged)
    assert keys.fetched <= before + 1


async def test_keys_out_of_reach_do_not_refuse_known_ones(verifier, keys, token):
    await verifier.verify(token())
    keys.down = True
    assert await verifier.verify(token())


async def test_no_keys_at_all_is_unavailable_and_not_401(verifier, keys, token):
    keys.down = True
    with pytest.raises(Unavailable):
        await verifier.verify(token())


async def test_revoked_session_is_refused_though_its_token_was_cached(verifier, revocations, token):
    session_id = new_uuid()
    bearer = token(sid=str(session_id))
    await verifier.verify(bearer)
    revocations.revoke(session_id, time.time() + 900)
    with pytest.raises(InvalidToken):
        await verifier.verify(bearer)


async def test_revocations_are_forgotten_when_they_no_longer_matter(revocations):
    gone, live = new_uuid(), new_uuid()
    revocations.revoke(gone, time.time() + 0.01)
    await asyncio.sleep(0.02)  # the revocation's own end
    data = SessionRevoked(
        session_id=live, user_id=live, until=datetime.now(UTC) + timedelta(minutes=15)
    )
    await revocations.on_events([as_event(data, 1)])
    assert revocations.is_revoked(live)
    assert not revocations.is_revoked(gone)


@pytest.fixture
async def follow(redis):
    tasks = []

    async def start(tail):
        tasks.append(asyncio.create_task(tail.run()))
        await tail.started.wait()

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def revocation():
    now = datetime.now(UTC) + timedelta(minutes=15)
    return SessionRevoked(session_id=new_uuid(), user_id=new_uuid(), until=now)


async def add(redis, data, entry_id):
    await redis.xadd(SESSIONS, {"event": as_message(data, 1)}, id=entry_id)


async def test_tail_replays_and_follows(redis, revocations, follow):
    early, late = revocation(), revocation()
    await add(redis, early, "1-1")
    await follow(StreamTail(redis, [SESSIONS], revocations.on_events, replay=True))
    await add(redis, late, "2-1")

    async def both():
        return all(revocations.is_revoked(data.session_id) for data in (early, late))

    await until(both)


async def test_tail_tells_when_redis_lost_the_stream(redis, follow):
    gaps, seen = [], []

    async def on_events(events):
        seen.extend(events)

    async def on_gap():
        gaps.append(1)

    await add(redis, revocation(), "5-1")
    await follow(StreamTail(redis, [SESSIONS], on_events, on_gap=on_gap))
    await add(redis, revocation(), "6-1")

    async def one_seen():
        return len(seen) == 1

    await until(one_seen)
    await redis.delete(SESSIONS)
    await add(redis, revocation(), "1-1")

    async def gap_told():
        return bool(gaps) and len(seen) == 2

    await until(gap_told)


async def test_tail_passes_malformed_messages_over(redis, revocations, follow):
    good = revocation()
    await redis.xadd(SESSIONS, {"event": b"{"}, id="1-1")
    await add(redis, good, "1-2")
    await follow(StreamTail(redis, [SESSIONS], revocations.on_events, replay=True))

    async def seen():
        return revocations.is_revoked(good.session_id)

    await until(seen)


async def test_service_refuses_a_revoked_session_within_seconds(client, app, token, redis):
    data = revocation()
    headers = {"Authorization": f"Bearer {token(sid=str(data.session_id))}"}
    assert (await client.get("/v1/notes", headers=headers)).status_code == 200
    await add(redis, data, "1-1")

    async def refused():
        return (await client.get("/v1/notes", headers=headers)).status_code == 401

    await until(refused, seconds=5)


async def test_anonymous_write_is_401_and_unverified_403(client, authorization):
    anonymous = await client.post("/v1/notes", json={"title": "x"})
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not_authenticated")
    assert anonymous.headers["www-authenticate"].startswith("Bearer")
    headers = authorization(verified=False)
    unverified = await client.post("/v1/notes", json={"title": "x"}, headers=headers)
    assert (unverified.status_code, unverified.json()["code"]) == (403, "email_not_verified")


async def test_bad_token_is_401_even_on_a_public_route(client):
    for header in ("Bearer nonsense", "bearer nonsense", "Basic eDp5", "Bearer", ""):
        answer = await client.get("/v1/notes", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token"), header


async def test_scheme_name_is_case_insensitive(client, token):
    answer = await client.get("/v1/notes", headers={"Authorization": f"bEaReR {token()}"})
    assert answer.status_code == 200


async def test_late_process_reads_what_still_matters_before_it_answers(redis, revocations, follow):
    recent = [revocation() for _ in range(1200)]  # several pages
    past = revocation().model_copy(update={"until": datetime.now(UTC) - timedelta(hours=1)})
    for number in range(3000):
        data = past if number < 1800 else recent[number - 1800]
        await redis.xadd(SESSIONS, {"event": as_message(data, 1)}, id=f"{number + 1}-1")
    seen = []
    tail = revocation_tail(redis, revocations)
    original = tail._on_events

    async def counting(events):
        seen.extend(events)
        await original(events)

    tail._on_events = counting
    await follow(tail)
    await asyncio.wait_for(tail.caught_up.wait(), 5)
    assert all(revocations.is_revoked(data.session_id) for data in recent)
    assert len(seen) < 1200 + 500


async def test_withdrawn_key_is_known(redis, revocations, follow):
    await redis.xadd(
        "events:identity:key", {"event": as_message(KeyWithdrawn(kid="k"), 1)}, id="1-1"
    )
    tail = revocation_tail(redis, revocations)
    await follow(tail)
    await asyncio.wait_for(tail.caught_up.wait(), 5)
    assert revocations.is_withdrawn("k")
