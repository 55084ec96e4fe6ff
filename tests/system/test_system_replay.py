"""Other services' replicas, built anew by their own consumers from every event there ever was."""

import asyncio

import asyncpg
import orjson
import pytest
from steps import eventually

from marquee_identity.app import SERVICE as IDENTITY
from marquee_recommender.app import SERVICE as RECOMMENDER
from marquee_shared import migrations
from marquee_shared.database import Database
from marquee_shared.events import parse
from marquee_shared.outbox.consumer import Consumer
from marquee_shared.outbox.relay import envelope
from marquee_shared.testing.plugin import new_database
from marquee_social.app import SERVICE as SOCIAL

SERVICES = {service.name: service for service in (IDENTITY, RECOMMENDER, SOCIAL)}
REPLICAS = {
    "social": {
        "movies": ("catalog.movie.created", "catalog.movie.updated", "catalog.movie.deleted"),
        "users": ("identity.user.created", "identity.user.updated", "identity.user.deleted"),
    },
    "recommender": {
        "movies": ("catalog.movie.created", "catalog.movie.updated", "catalog.movie.deleted"),
        "users": ("identity.user.created", "identity.user.updated", "identity.user.deleted"),
    },
    "identity": {
        "friendships": ("social.friendship.",),
        "blocks": ("social.block.",),
    },
}
PREFIXES = {p for tables in REPLICAS.values() for prefixes in tables.values() for p in prefixes}
TELLERS = ("identity", "catalog", "social")
BATCH = 500
UNSEEN = "- 'epoch'"
"""A relay that lost its database counts epochs on; the rows that were there keep the old one."""


async def rows_of(url, service, table):
    connection = await asyncpg.connect(url, server_settings={"search_path": service})
    try:
        rows = await connection.fetch(
            f"SELECT (to_jsonb(t) {UNSEEN})::text AS row FROM {table} AS t"  # noqa: S608 - ours
        )
    finally:
        await connection.close()
    return sorted(seen(orjson.loads(row["row"])) for row in rows)


def seen(row):
    """Return a row as text; of a tombstone only what it is of and since when, not its remains."""
    if row.get("deleted"):
        row = {name: row[name] for name in ("id", "revision", "deleted")}
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS).decode()


async def told_by(url, service):
    """Return all that a service has ever told of what others keep, as its relay sends it."""
    connection = await asyncpg.connect(url, server_settings={"search_path": service})
    try:
        rows = await connection.fetch(
            "SELECT outbox.*, relay_state.epoch FROM outbox, relay_state "
            "WHERE type LIKE ANY($1::text[]) ORDER BY seq",
            [f"{prefix}%" for prefix in sorted(PREFIXES)],
        )
    finally:
        await connection.close()
    return [envelope(service, row) for row in rows]


async def edit_the_catalog(http, admin):
    """Change films in every way in which a film can change."""

    async def send(method, path, **body):
        answer = await http.request(method, f"/v1/{path}", json=body or None, headers=admin)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    kept, double, gone, destroyed, back = [
        (await send("POST", "movies", title="Replay", year=1931, genres=["drama"]))["slug"]
        for _ in range(5)
    ]
    await send("PUT", f"movies/{kept}/translations/fr", title="Rejeu")
    await send("PATCH", f"movies/{kept}", slug=f"{kept}-kept", synopsis="Kept.")
    await send("POST", f"movies/{double}/merge", into=f"{kept}-kept")
    await send("DELETE", f"movies/{gone}")
    await send("DELETE", f"movies/{destroyed}?hard=true")
    await send("DELETE", f"movies/{back}")
    return await send("POST", f"movies/{back}/restore")


@pytest.fixture
async def admin(system, http):
    given = system.credentials["admin"]
    login = {"login": given["username"], "password": given["password"]}
    token = (await http.post("/v1/auth/login", json=login)).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


async def test_replicas_come_out_the_same_from_nothing(
    system, http, admin, sign_up, postgres, redis
):
    urls = system.run["database_urls"]
    one, other = await sign_up(), await sign_up()
    await one.put(f"/v1/users/{other.username}/friend-request")
    await other.put(f"/v1/users/{one.username}/friend-request")
    await other.put(f"/v1/me/blocks/{one.username}")
    last = await edit_the_catalog(http, admin)
    fresh = await new_database(postgres, "replayed", sorted(REPLICAS))
    for name in REPLICAS:  # one after the other: alembic keeps what it does in globals
        await asyncio.to_thread(migrations.upgrade, SERVICES[name].package, fresh[name])

    async def replay(name, replicas, events):
        settings = SERVICES[name].settings(
            database_url=fresh[name], environment="test", _env_file=None
        )
        database = Database(settings, name, process="replay")
        consumer = Consumer(name, database, redis, SERVICES[name].handlers)
        wanted = tuple(prefix for prefixes in replicas.values() for prefix in prefixes)
        taken = [event for event in events if event.type.startswith(wanted)]
        try:
            for start in range(0, len(taken), BATCH):
                await consumer.handle(taken[start : start + BATCH])
        finally:
            await database.close()

    async def arrived():
        """Whether the last edit and the block have come to every consumer."""
        blocks = await rows_of(urls["identity"], "identity", "blocks")
        found = [any('"blocked":true' in row for row in blocks)]
        for name in ("social", "recommender"):
            films = [orjson.loads(row) for row in await rows_of(urls[name], name, "movies")]
            found.append(any(f["id"] == last["id"] and not f["deleted"] for f in films))
        return all(found)

    await eventually(arrived, what="the last event's arrival")
    differing = {}

    async def same():
        """Whether both are the same; what the system still told meanwhile is replayed too."""
        raw = [line for name in TELLERS for line in await told_by(urls[name], name)]
        events = [event for event in map(parse, raw) if event is not None]
        found = {}
        for name, replicas in REPLICAS.items():
            await replay(name, replicas, events)
            for table in replicas:
                lives = await rows_of(urls[name], name, table)
                again = await rows_of(fresh[name], name, table)
                assert lives, (name, table)
                if lives != again:
                    found[name, table] = sorted(set(lives) ^ set(again))[:4]
        differing.clear()
        differing.update(found)
        return not found

    try:
        await eventually(same, seconds=60, what="the same replicas")
    except pytest.fail.Exception as failed:
        pytest.fail(f"{failed}: {differing}")
