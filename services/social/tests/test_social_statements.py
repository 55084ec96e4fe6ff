"""SQL statements per route: counted, and the same however much there is."""

from datetime import UTC, datetime
from hashlib import md5
from uuid import UUID

from sqlalchemy import event, text

from marquee_shared.events.social import RatingSet
from marquee_shared.testing.plugin import new_uuid
from marquee_social.friendships import reading


async def test_routes_take_a_known_number_of_statements(new_member, films, statements):
    member = new_member()
    counted = {}

    async def measure(name, call):
        with statements() as seen:
            answer = await call
        assert answer.is_success, answer.text
        counted[name] = len(seen)

    path = f"/v1/movies/{films[0]}"
    await measure("first put", member.rate(films[0], 4))
    await measure("changing put", member.rate(films[0], 5))
    await measure("equal put", member.rate(films[0], 5))
    await measure("get", member.get(f"{path}/rating"))
    await measure("summary", member.get(f"{path}/ratings"))
    await measure("interactions", member.get("/internal/me/interactions"))
    await measure("delete", member.unrate(films[0]))
    await measure("second delete", member.unrate(films[0]))
    for slug in films:
        await member.rate(slug, 3)
    await measure("list of one", member.get("/v1/me/ratings?limit=1"))
    await measure("list of three", member.get("/v1/me/ratings?limit=3"))
    await measure("signal", member.signal(films[0], "like"))
    await measure("equal signal", member.signal(films[0], "like"))
    await measure("signals", member.get("/v1/me/signals"))
    assert counted == {
        "first put": 2,  # the rating with its film and counter, and the event
        "changing put": 2,
        "equal put": 1,
        "get": 1,
        "summary": 1,
        "interactions": 1,
        "delete": 2,
        "second delete": 1,
        "list of one": 1,
        "list of three": 1,
        "signal": 2,
        "equal signal": 1,
        "signals": 1,
    }


async def test_friendships_take_a_known_number_of_statements(new_person, statements):
    ann, bob = await new_person("ann"), await new_person("bob")
    counted = {}

    async def measure(name, call):
        with statements() as seen:
            answer = await call
        assert answer.is_success, answer.text
        counted[name] = len(seen)

    asking = ann.put("/v1/users/bob/friend-request")
    await measure("ask", asking)  # author, whom, pair and its event, notice and its event
    await measure("ask again", ann.put("/v1/users/bob/friend-request"))
    await measure("accept", bob.put("/v1/users/ann/friend-request"))
    for number in range(3):
        await ann.befriend(await new_person(f"friend{number}"))
    for limit in (1, 3):
        await measure(f"{limit} friends", ann.get(f"/v1/me/friends?limit={limit}"))
        await measure(f"{limit} of ann", bob.get(f"/v1/users/ann/friends?limit={limit}"))
        path = f"/v1/me/friend-suggestions?limit={limit}"
        await measure(f"{limit} suggested", bob.get(path))
        await measure(f"{limit} requests", ann.get(f"/v1/me/friend-requests?limit={limit}"))
    await measure("unfriend", ann.delete("/v1/me/friends/bob"))
    await measure("block", ann.put("/v1/me/blocks/bob"))
    await measure("blocks", ann.get("/v1/me/blocks"))
    assert counted == {
        "ask": 6,
        "ask again": 3,
        "accept": 6,
        **{
            f"{limit} {what}": 1
            for limit in (1, 3)
            for what in ("friends", "suggested", "requests")
        },
        **{f"{limit} of ann": 3 for limit in (1, 3)},  # who, whether they show them, the friends
        "unfriend": 3,
        "block": 3,
        "blocks": 1,
    }


PLANNED = text(
    """
    INSERT INTO relationships (low_id, high_id, friendship, friendship_at, revision)
    SELECT DISTINCT ON (low, high) low, high, 'friends', now(), 1 FROM (
        SELECT least(md5(a::text)::uuid, md5(b::text)::uuid) AS low,
            greatest(md5(a::text)::uuid, md5(b::text)::uuid) AS high
        FROM generate_series(1, 400) a, generate_series(1, 400) b
        WHERE a < b AND (a + b) % 7 = 0
    ) AS pairs
    """
)


async def plan(session, statement, values):
    explained = text("EXPLAIN (FORMAT TEXT) " + statement.text)
    return "\n".join(await session.scalars(explained, values))


async def test_lists_of_people_are_read_from_indexes(database):
    async with database.transaction() as session:
        await session.execute(PLANNED)
    async with database.write_engine.connect() as connection:
        analyzing = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await analyzing.execute(text("ANALYZE relationships"))
    member = UUID(md5(b"7").hexdigest())  # noqa: S324 - a made-up id
    window = {"at": datetime(9999, 1, 1, tzinfo=UTC), "id": member, "limit": 20}
    async with database.reading() as session:
        people = {"viewer": member, "member": member, **window}
        friends = await plan(session, reading.FRIENDS, people)
        suggestions = await plan(
            session, reading.SUGGESTIONS, {"viewer": member, "mutual": 9, **window}
        )
        requests = await plan(session, reading.REQUESTS["incoming"], {"member": member, **window})
    for found in (friends, suggestions, requests):
        assert "ix_relationships_of_low" in found, found
        assert "ix_relationships_of_high" in found, found
        assert "Seq Scan on relationships" not in found, found


async def test_totals_take_the_same_statements_for_one_film_and_for_many(
    context, service, new_member, deliver, films
):
    counts = []
    engine = context.database.write_engine.sync_engine

    def note(*_args):
        counts[-1] += 1

    event.listen(engine, "before_cursor_execute", note)
    try:
        for number in (1, 3):
            batch = []
            for slug in films[:number]:
                member = new_member()
                rating = (await member.rate(slug, 4)).json()
                told = RatingSet(
                    user_id=new_uuid(),
                    movie_id=rating["movie"]["id"],
                    value=4,
                    rated_at=rating["updated_at"],
                )
                batch.append((told, 1))
            counts.append(0)
            await deliver(*batch)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert service.handlers.streams
    assert counts == [4, 4]  # inbox, lock, sum, publish
