"""Reading a member's surroundings, and moving what hangs on doubles."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import text

from marquee_recommender.circle.profile import Circle, Favourite, Watch
from marquee_shared.database import ReadSession, WriteSession

FRIENDS = """
    SELECT u.id, u.username, u.name, u.avatar_url, f.at,
        NOT EXISTS (
            SELECT FROM privacy p WHERE p.user_id = u.id AND p.ratings = 'private'
        ) AS shows_ratings
    FROM (
        SELECT high_id AS id, at FROM friendships WHERE low_id = :user_id AND friends
        UNION ALL
        SELECT low_id, at FROM friendships WHERE high_id = :user_id AND friends
    ) f
    JOIN users u ON u.id = f.id AND NOT u.deleted
    WHERE NOT EXISTS (SELECT FROM blocks WHERE user_id = u.id AND blocked_id = :user_id AND blocked)
        AND NOT EXISTS (
            SELECT FROM blocks WHERE user_id = :user_id AND blocked_id = u.id AND blocked
        )
"""
"""A member's friends, and whether each lets friends see their ratings."""

CIRCLE = text(f"""
WITH friends AS MATERIALIZED (
    SELECT * FROM ({FRIENDS}) all_friends WHERE shows_ratings ORDER BY at DESC LIMIT 200
), favourites AS (
    SELECT i.movie_id, count(*) AS friends,
        (array_agg(i.user_id ORDER BY i.value DESC, i.at DESC))[1:5] AS known
    FROM friends JOIN interactions i ON i.user_id = friends.id
    WHERE i.source = 'rating' AND i.value >= 4 AND NOT i.removed
    GROUP BY i.movie_id ORDER BY count(*) DESC, max(i.value) DESC, i.movie_id LIMIT 500
), followed AS (
    SELECT unnest(people) AS slug FROM tastes WHERE user_id = :user_id
    UNION SELECT unnest(people) FROM follows WHERE user_id = :user_id
)
SELECT
    (SELECT jsonb_build_array(genres, platforms, country) FROM tastes WHERE user_id = :user_id)
        AS taste,
    (SELECT array_agg(slug ORDER BY slug) FROM followed) AS people,
    (SELECT array_agg(into_id ORDER BY into_id) FROM person_merges JOIN followed USING (slug))
        AS merged,
    (SELECT jsonb_agg(jsonb_build_array(
            movie_id, progress, completed, extract(epoch FROM at)
        ) ORDER BY at DESC) FROM watches WHERE user_id = :user_id) AS watches,
    (SELECT jsonb_agg(jsonb_build_array(movie_id, friends, known)
        ORDER BY friends DESC, movie_id) FROM favourites) AS favourites,
    (SELECT jsonb_agg(jsonb_build_object(
        'id', id, 'username', username, 'name', name, 'avatar_url', avatar_url
    )) FROM friends) AS friends
""")  # noqa: S608 - constants

CIRCLES = text("""
SELECT asked AS user_id, (SELECT genres FROM tastes t WHERE t.user_id = asked) AS genres,
    (SELECT jsonb_agg(jsonb_build_array(
            movie_id, progress, completed, extract(epoch FROM at)
        ) ORDER BY at DESC) FROM watches w WHERE w.user_id = asked) AS watches
FROM unnest(CAST(:user_ids AS uuid[])) AS asked
""")

FIND_FRIENDS = text(f"""
SELECT asked, f.id, f.username, f.shows_ratings FROM unnest(CAST(:names AS text[])) AS asked
JOIN ({FRIENDS}) f ON lower(f.username) = lower(asked)
""")  # noqa: S608 - constants

MERGE_WATCHES = text("""
WITH gone AS (DELETE FROM watches WHERE movie_id = :movie_id RETURNING *)
INSERT INTO watches AS w (user_id, movie_id, progress, completed, at, epoch, revision)
SELECT user_id, CAST(:into AS bigint), progress, completed, at, 0, 0 FROM gone
ON CONFLICT (user_id, movie_id) DO UPDATE SET
    progress = greatest(w.progress, excluded.progress),
    completed = w.completed OR excluded.completed, at = greatest(w.at, excluded.at)
""")

MERGE_PEOPLE = (
    text("UPDATE person_merges SET into_id = :into WHERE into_id = :person_id"),
    text(
        "INSERT INTO person_merges (slug, into_id) VALUES (:slug, :into) "
        "ON CONFLICT (slug) DO UPDATE SET into_id = excluded.into_id"
    ),
)


async def load_circle(session: ReadSession | WriteSession, user_id: UUID) -> Circle:
    """Return a member's surroundings; friends' ratings only of who lets friends see them."""
    row = (await session.execute(CIRCLE, {"user_id": user_id})).one()
    genres, platforms, country = row.taste or ((), (), None)
    return Circle(
        genres=tuple(genres),
        platforms=tuple(platforms),
        country=country,
        people=tuple(row.people or ()),
        merged_people=tuple(row.merged or ()),
        watches=tuple(Watch(*watch) for watch in row.watches or ()),
        favourites={
            movie: Favourite(friends, tuple(known))
            for movie, friends, known in row.favourites or ()
        },
        friends={friend["id"]: friend for friend in row.friends or ()},
    )


async def load_circles(
    session: ReadSession | WriteSession, user_ids: Sequence[UUID]
) -> dict[UUID, Circle]:
    """Return the taste and the films begun of several members, and nothing of their friends."""
    rows = await session.execute(CIRCLES, {"user_ids": list(user_ids)})
    return {
        cast("UUID", row.user_id): Circle(
            genres=tuple(row.genres or ()),
            watches=tuple(Watch(*watch) for watch in row.watches or ()),
        )
        for row in rows
    }


async def find_friends(
    session: ReadSession | WriteSession, user_id: UUID, names: Sequence[str]
) -> dict[str, Any]:
    """Return friends by the name asked for: `id`, `username`, `shows_ratings`."""
    rows = await session.execute(FIND_FRIENDS, {"user_id": user_id, "names": list(names)})
    return {row.asked: row for row in rows}


async def merge_watches(session: WriteSession, movie_id: int, into: int) -> None:
    """Move what was watched of one film to another."""
    await session.execute(MERGE_WATCHES, {"movie_id": movie_id, "into": into})


async def merge_people(session: WriteSession, person_id: int, slug: str, into: int) -> None:
    """Remember that a slug stands for another person now, as do those that stood for it."""
    await session.execute(MERGE_PEOPLE[0], {"person_id": person_id, "into": into})
    await session.execute(MERGE_PEOPLE[1], {"slug": slug, "into": into})
