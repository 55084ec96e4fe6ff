"""SQL statements per route: counted, and the same however much there is."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from marquee_shared.events.social import RatingSet
from marquee_shared.testing.plugin import new_uuid


@pytest.fixture
def statements(app):
    """Collect the statements that the application executes."""
    database = app.state.database

    @contextmanager
    def collect():
        seen = []

        def note(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        engines = [database.write_engine.sync_engine, database.read_engine.sync_engine]
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            for engine in engines:
                event.remove(engine, "before_cursor_execute", note)

    return collect


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
