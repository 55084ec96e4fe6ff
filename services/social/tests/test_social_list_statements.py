"""SQL statements per route of lists and notifications, and the indexes that answer them."""

import pytest
from sqlalchemy import text

from marquee_shared.testing.plugin import new_uuid
from marquee_social.lists.reading import BROWSE, OF_MEMBER, SEARCH
from marquee_social.moderation.repository import QUEUE
from marquee_social.notifications.repository import NEWEST, UNREAD
from marquee_social.ratings.friends import OF_FRIENDS, START

BEST = "/v1/users/ann/lists/best"
WINDOW = {
    "viewer": new_uuid(),
    "owner": new_uuid(),
    "before": 2**62,
    "after": 0,
    "limit": 21,
    "offset": 0,
}
MANY = (
    (
        "INSERT INTO lists (user_id, kind, slug, name, name_key, description, privacy, search, fills, "
        "created_at, updated_at, revision) SELECT gen_random_uuid(), 'list', 'l', 'L', 'l', '', "
        "'public', to_tsvector('simple', 'word' || n), 0, now(), now(), 1 "
        "FROM generate_series(1, 8000) AS g (n)"
    ),
    (
        "INSERT INTO users (id, username, name, deleted, epoch, revision) "
        "SELECT user_id, 'u' || id, 'U', false, 1, 1 FROM lists"
    ),
    (
        "INSERT INTO reports (reporter_id, target_type, target_id, author_id, reason, note, snapshot, "
        "state, decision_note, decided_at, revision, created_at, updated_at) SELECT gen_random_uuid(), "
        "'review', n::text, gen_random_uuid(), 'spam', '', '{}', CASE WHEN n % 100 > 0 THEN "
        "'dismissed' ELSE 'open' END, '', CASE WHEN n % 100 > 0 THEN now() END, 1, now(), now() "
        "FROM generate_series(1, 8000) AS g (n)"
    ),
    (
        "INSERT INTO notifications (user_id, sequence, kind, actor_id, target_type, target_id, data, "
        "created_at) SELECT user_id, k, 'comment', user_id, 'comment', k::text, '{}', now() "
        "FROM lists, generate_series(1, 4) AS g (k)"
    ),
    (
        "INSERT INTO ratings (user_id, movie_id, half_steps, created_at, rated_at, revision) "
        "SELECT user_id, 1 + k, 8, now(), now(), 1 FROM lists, generate_series(0, 3) AS g (k)"
    ),
)


async def test_routes_take_a_known_number_of_statements(new_person, films, statements):
    ann, bob = await new_person("ann"), await new_person("bob")
    await ann.befriend(bob)
    counted = {}

    async def measure(name, call):
        with statements() as seen:
            answer = await call
        assert answer.is_success, answer.text
        counted[name] = len(seen)

    await measure("make", ann.post("/v1/me/lists", {"name": "Best"}))
    await measure("add", ann.put(f"{BEST}/movies/{films[0]}"))
    for slug in films[1:]:
        await ann.put(f"{BEST}/movies/{slug}")
    await measure("note", ann.put(f"{BEST}/movies/{films[0]}", {"note": "x"}))
    await measure("order", ann.put(f"{BEST}/order", {"movies": films[::-1]}))
    for limit in (1, 3):
        window = f"limit={limit}"
        await measure(f"{limit} films", bob.get(f"{BEST}/movies?{window}"))
        await measure(f"{limit} lists", bob.get(f"/v1/users/ann/lists?{window}"))
        await measure(f"{limit} found", bob.get(f"/v1/lists?q=best&{window}"))
        await measure(f"{limit} paged", bob.get(f"/v1/lists?page=1&{window}"))
        await measure(f"{limit} told", bob.get(f"/v1/me/notifications?{window}"))
        await measure(f"{limit} own", ann.get(f"/v1/me/lists?{window}"))
        await measure(f"{limit} watchlist", ann.get(f"/v1/me/watchlist?{window}"))
        await measure(f"{limit} holding", ann.get(f"/v1/movies/{films[0]}/lists?{window}"))
    await measure("one", bob.get(BEST))
    await measure("unread", bob.get("/v1/me/notifications/unread"))
    await measure("read one", bob.put("/v1/me/notifications/1/read"))
    await measure("read all", bob.put("/v1/me/notifications/read"))
    await measure("remove", ann.delete(f"{BEST}/movies/{films[0]}"))
    await measure("delete", ann.delete(BEST))
    once = {"found": 1, "paged": 2, "told": 1, "own": 1, "watchlist": 1, "holding": 2}
    reads = {"films": 3, "lists": 2, **once}  # whose; which list; what stands there
    for limit in (1, 3):
        assert {name: counted.pop(f"{limit} {name}") for name in reads} == reads
    assert counted == {
        "make": 8,  # who writes, lock, count, the list, how it reads, friends, notice, its event
        "add": 5,  # who writes, whose, lock, the film, the revision
        "note": 5,
        "order": 7,  # who writes, whose, lock, what is missing, the places, revision, how it reads
        "one": 2,
        "unread": 1,
        "read one": 1,
        "read all": 2,
        "remove": 4,
        "delete": 3,
    }


@pytest.fixture
async def much(database):
    """Enough that no plan reads a whole table."""
    async with database.transaction() as session:
        for statement in MANY:
            connection = await session.connection()
            await connection.exec_driver_sql(statement)
        await session.execute(
            text(
                "INSERT INTO relationships (low_id, high_id, friendship, friendship_at, revision) "
                "SELECT least(:viewer, id), greatest(:viewer, id), 'friends', now(), 1 "
                "FROM users LIMIT 50"
            ),
            {"viewer": WINDOW["viewer"]},
        )
    async with database.write_engine.connect() as connection:
        analyzing = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in ("lists", "reports", "notifications", "ratings", "users", "relationships"):
            await analyzing.execute(text(f"VACUUM ANALYZE {table}"))


@pytest.mark.parametrize(
    ("statement", "values", "index", "table"),
    [
        (SEARCH, {"query": "word77:*"}, "ix_lists_search", "lists"),
        (BROWSE, {}, "ix_lists_browse", "lists"),
        (OF_MEMBER, {}, "ix_lists_newest", "lists"),
        (
            QUEUE,
            {"state": "open", "target_type": None, "reason": None},
            "ix_reports_queue",
            "reports",
        ),
        (NEWEST, {"unread": False}, "pk_notifications", "notifications"),
        (UNREAD, {"most": 100}, "notifications", "notifications"),
        (
            OF_FRIENDS,
            {"slug": "film-1", "movie_id": None, "before": START[0], "before_user": START[1]},
            "pk_ratings",
            "ratings",
        ),
    ],
)
async def test_pages_are_read_from_indexes(database, films, much, statement, values, index, table):
    del films, much
    async with database.reading() as session:
        found = await session.scalars(text(f"EXPLAIN {statement.text}"), {**WINDOW, **values})
        plan = "\n".join(found)
    assert index in plan, plan
    assert f"Seq Scan on {table}" not in plan, plan
