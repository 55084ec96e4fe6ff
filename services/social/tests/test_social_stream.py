"""The live stream over a real socket: what arrives, what a reconnect brings, when it ends."""

import asyncio
import socket
import time
from contextlib import asynccontextmanager

import httpx
import orjson
import pytest
import uvicorn

from marquee_shared.events.identity import SessionRevoked
from marquee_shared.outbox.relay import Relay
from marquee_shared.testing.plugin import as_message, new_uuid
from marquee_social.notifications import live, stream


@pytest.fixture
async def relaying(service, context, settings, app):
    """The worker's relay, without which hints go nowhere."""
    relay = Relay(service.name, settings.database_url, service.name, context.redis)
    app.state.database.on_published = relay.wake
    task = asyncio.create_task(relay.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def server(app):
    """The application on a port; its lifespan runs already."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, lifespan="off", log_level="warning", timeout_graceful_shutdown=1)
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve([listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    running.should_exit = True
    await task
    listening.close()


class Events:
    """What one stream has sent."""

    def __init__(self, lines):
        self._lines = lines

    async def next(self, wanted="notification"):
        """Return the id and data of the next event of a kind; None at the end."""
        found = {}
        async with asyncio.timeout(20):
            async for line in self._lines:
                key, _, value = line.partition(": ")
                if line.startswith(":") and wanted == "comment":
                    return line
                if line:
                    found[key] = value
                elif found.get("event") == wanted:
                    return int(found.get("id", 0)), orjson.loads(found["data"])
                else:
                    found = {}
        return None


@pytest.fixture
def follow(server):
    @asynccontextmanager
    async def connect(member, **headers):
        sent = {**member.headers, "Marquee-Deadline-Ms": "600000", **headers}
        async with (
            httpx.AsyncClient(base_url=server, timeout=30) as client,
            client.stream("GET", "/v1/stream", headers=sent) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-store"
            lines = answer.aiter_lines()
            assert (await anext(lines)).startswith("retry:")
            yield Events(lines)

    return connect


async def test_notification_arrives_while_it_happens(new_person, follow, relaying):
    ann, bob = await new_person("ann"), await new_person("bob")
    async with follow(ann) as events:
        await bob.put("/v1/users/ann/friend-request")
        number, data = await events.next()
    assert (number, data["kind"], data["actor"]["username"]) == (1, "friend_request", "bob")
    (stored,) = (await ann.get("/v1/me/notifications")).json()["items"]
    assert data == stored


async def test_reconnect_brings_everything_since_and_nothing_twice(new_person, follow, relaying):
    ann = await new_person("ann")
    actors = [await new_person(f"actor{number}") for number in range(7)]
    await actors[0].put("/v1/users/ann/friend-request")
    async with follow(ann, **{"Last-Event-ID": "0"}) as events:
        first, _ = await events.next()
    await asyncio.gather(*(actor.put("/v1/users/ann/friend-request") for actor in actors[1:4]))
    async with follow(ann, **{"Last-Event-ID": str(first)}) as events:
        missed = [await events.next() for _ in range(3)]
        await asyncio.gather(*(actor.put("/v1/users/ann/friend-request") for actor in actors[4:]))
        live_ones = [await events.next() for _ in range(3)]
    assert [number for number, _ in missed + live_ones] == [2, 3, 4, 5, 6, 7]
    names = {data["actor"]["username"] for _, data in missed + live_ones}
    assert names == {actor.username for actor in actors[1:]}


async def test_stream_without_last_event_id_begins_now(new_person, follow, relaying):
    ann, bob, cat = [await new_person(name) for name in ("ann", "bob", "cat")]
    await bob.put("/v1/users/ann/friend-request")
    async with follow(ann) as events:
        await cat.put("/v1/users/ann/friend-request")
        assert (await events.next())[1]["actor"]["username"] == "cat"


async def test_muted_and_blocked_actors_stay_silent(new_person, follow, relaying):
    ann, bob, cat, dan = [await new_person(name) for name in ("ann", "bob", "cat", "dan")]
    await ann.put("/v1/me/mutes/bob")
    await cat.block(ann)
    async with follow(ann) as events:
        await bob.put("/v1/users/ann/friend-request")
        assert (await cat.put("/v1/users/ann/friend-request")).status_code == 404
        await dan.put("/v1/users/ann/friend-request")
        assert (await events.next())[1]["actor"]["username"] == "dan"


async def test_silent_stream_says_that_it_lives(new_person, follow, monkeypatch):
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    async with follow(await new_person("ann")) as events:
        for _ in range(3):
            assert await events.next("comment") == ": alive"


async def test_stream_ends_with_its_session_and_no_other_does(
    new_person, new_member, follow, redis, relaying
):
    session_id = new_uuid()
    ann, bob = await new_person("ann", sid=str(session_id)), await new_person("bob")
    async with follow(ann) as events, follow(bob) as others:
        told = SessionRevoked(session_id=session_id, user_id=ann.id, until="2099-01-01T00:00:00Z")
        await redis.xadd("events:identity:session", {"event": as_message(told, 1)})
        assert (await events.next("end"))[1] == {"code": "invalid_token"}
        assert await events.next() is None
        cat = await new_person("cat")
        await cat.put("/v1/users/bob/friend-request")
        assert (await others.next())[0] == 1


async def test_stream_ends_when_its_token_expires(new_person, follow, monkeypatch):
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    ann = await new_person("ann", exp=int(time.time()) + 1)
    async with follow(ann) as events:
        assert (await events.next("end"))[1] == {"code": "invalid_token"}


@pytest.mark.parametrize("wrong", ["x", "-1", "1.5", str(2**63)])
async def test_what_is_no_event_id_is_422(new_person, wrong):
    ann = await new_person("ann")
    assert (await ann.get("/v1/stream", **{"Last-Event-ID": wrong})).status_code == 422


async def test_stream_needs_a_member(client):
    assert (await client.get("/v1/stream")).status_code == 401


async def test_event_id_from_the_future_counts_as_the_newest(new_person, follow, relaying):
    ann, bob = await new_person("ann"), await new_person("bob")
    async with follow(ann, **{"Last-Event-ID": "999"}) as events:
        await bob.put("/v1/users/ann/friend-request")
        assert (await events.next())[0] == 1


async def test_streams_of_one_member_are_limited_and_freed(new_person, follow, monkeypatch, server):
    monkeypatch.setattr(live, "MOST", 1)
    ann = await new_person("ann")
    async with follow(ann), httpx.AsyncClient(base_url=server) as client:
        refused = await client.get("/v1/stream", headers=ann.headers)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
        assert refused.headers["retry-after"]
