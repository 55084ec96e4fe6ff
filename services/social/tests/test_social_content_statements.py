"""SQL statements per route of reviews and comments, and the indexes that answer them."""

import pytest
from sqlalchemy import text

from marquee_shared.testing.plugin import new_uuid
from marquee_social.comments.repository import THREAD_OF_COMMENT, THREAD_OF_REVIEW
from marquee_social.reviews.repository import OF_AUTHOR, OF_MOVIE

WORDS = {"title": "A classic", "content": "Rosebud is a sled.", "is_positive": True}
REVIEWS = text(
    "INSERT INTO reviews (user_id, movie_id, title, content, is_positive, has_spoilers, revision, "
    "created_at, updated_at) SELECT gen_random_uuid(), n % 4 + 1, 't', 'c', true, false, 1, "
    "now(), now() FROM generate_series(1, 4000) AS g (n)"
)
COMMENTS = text(
    "INSERT INTO comments (review_id, parent_id, depth, user_id, content, has_spoilers, revision, "
    "created_at, updated_at) SELECT n % 1000 + 1, NULL, 1, gen_random_uuid(), 'c', false, 1, "
    "now(), now() FROM generate_series(1, 4000) AS g (n)"
)


async def test_routes_take_a_known_number_of_statements(new_person, films, statements):
    ann, bob = await new_person("ann"), await new_person("bob")
    counted = {}

    async def measure(name, call):
        with statements() as seen:
            answer = await call
        assert answer.is_success, answer.text
        counted[name] = len(seen)
        return answer

    film = f"/v1/movies/{films[0]}"
    made = await measure("review", ann.post(f"{film}/reviews", WORDS))
    review = made.headers["location"]
    await bob.post(f"{film}/reviews", WORDS)
    made = await measure("comment", bob.post(f"{review}/comments", {"content": "x"}))
    comment = made.headers["location"]
    await measure("reply", ann.post(f"{comment}/replies", {"content": "y"}))
    await measure("reaction", bob.put(f"{review}/reactions/LIKE"))
    await measure("reaction again", bob.put(f"{review}/reactions/LIKE"))
    for sort in ("newest", "helpful", "friends"):
        for limit in (1, 100):
            name = f"{sort} {limit}"
            await measure(name, bob.get(f"{film}/reviews?sort={sort}&limit={limit}"))
    await measure("read", bob.get(review))
    await measure("reactions", bob.get(f"{review}/reactions"))
    await measure("thread 1", bob.get(f"{review}/comments?depth=50&limit=1"))
    await measure("thread 100", bob.get(f"{review}/comments?depth=50&limit=100"))
    await measure("replies", bob.get(f"{comment}/replies"))
    await measure("author's", bob.get("/v1/users/ann/reviews"))
    await measure("friends' ratings", bob.get(f"{film}/ratings/friends"))
    await measure("edit", ann.patch(review, {"title": "Changed"}))
    await measure("delete comment", bob.delete(comment))
    await measure("delete review", ann.delete(review))
    reads = {name: 1 for name in counted if name.split()[0] in ("newest", "helpful", "friends")}
    assert {name: counted.pop(name) for name in reads} == reads
    single = ("read", "reactions", "thread 1", "thread 100", "replies", "friends' ratings")
    assert {name: counted.pop(name, 1) for name in single} == dict.fromkeys(single, 1)
    assert counted.pop("author's") == 2  # the member, then the reviews
    assert counted == {
        "review": 4,  # who writes, the review, how it reads, the event
        "comment": 6,  # who writes, the count, the comment, how it reads, and the notice
        "reply": 7,  # and which review
        "reaction": 6,  # who writes, what of, the reaction, how it reads, and the notice
        "reaction again": 4,
        "edit": 5,  # who writes, the lock, the edit, how it reads, the event
        "delete comment": 4,  # two locks, the subtree, its reactions
        "delete review": 4,  # the lock, all under it, reactions, the event
    }


@pytest.fixture
async def much(database):
    """Enough that no plan reads a whole table."""
    async with database.transaction() as session:
        await session.execute(REVIEWS)
        await session.execute(COMMENTS)
    async with database.write_engine.connect() as connection:
        analyzing = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in ("reviews", "comments", "reactions"):
            await analyzing.execute(text(f"ANALYZE {table}"))


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (OF_MOVIE["newest"], "ix_reviews_newest"),
        (OF_MOVIE["helpful"], "ix_reviews_helpful"),
        (OF_MOVIE["friends"], "ix_reviews_newest"),
        (OF_AUTHOR, "ix_reviews_author"),
        (THREAD_OF_REVIEW, "ix_comments_thread"),
        (THREAD_OF_COMMENT, "ix_comments_thread"),
    ],
)
async def test_pages_are_read_from_indexes(database, films, much, statement, index):
    del films, much
    values = {
        "viewer": new_uuid(),
        "author": new_uuid(),
        "moderator": False,
        "spoilers": False,
        "slug": "film-1",
        "movie_id": 1,
        "before_score": 5,
        "before_id": 10_000,
        "root": 1,
        "depth": 9,
        "after": None,
        "limit": 21,
    }
    async with database.reading() as session:
        found = await session.scalars(text(f"EXPLAIN {statement.text}"), values)
        plan = "\n".join(found)
    assert index in plan, plan
    for table in ("reviews", "comments"):
        assert f"Seq Scan on {table}" not in plan, plan
