"""The SQL of activities: one statement for a feed, however many friends."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text

from marquee_shared.database import ReadSession, WriteSession
from marquee_social.content.rules import author_card, movie_card
from marquee_social.visibility.rule import VIEWER, friends_of, not_muted, privacy_of, visible

Position = tuple[datetime, str, str, str]
"""When, whose, which kind, which thing."""

FRIENDS = f"SELECT f.id FROM {friends_of()} AS f (id, since) WHERE {not_muted('f.id')}"  # noqa: S608 - constants
ONE = "SELECT CAST(:owner AS uuid) AS id"
SHOWN = f"""
    l.deleted_at IS NULL AND {visible("l.user_id", "l.privacy")}
    AND (l.hidden_at IS NULL OR l.user_id IS NOT DISTINCT FROM {VIEWER})
"""
LIST_ID = "CAST(CASE WHEN {0}.kind IN ('list', 'listed') THEN {0}.id END AS bigint)"


def _newest(people: str) -> TextClause:
    """Return the statement of what people did, latest first.

    Each one's newest are read from the index until the page is full, then merged: at most
    `limit` rows for each of them.
    """
    return text(
        f"""
        WITH people AS MATERIALIZED (
            SELECT whom.id, {visible("whom.id", privacy_of("whom.id", "ratings"))} AS ratings,
                {visible("whom.id", privacy_of("whom.id", "watch_time"))} AS watch_time
            FROM ({people}) AS whom WHERE {visible("whom.id", privacy_of("whom.id", "activity"))}
        ), newest AS (
            SELECT a.* FROM people CROSS JOIN LATERAL (
                SELECT x.* FROM activities x
                WHERE x.user_id = people.id
                    AND (x.at, x.user_id, x.kind, x.id)
                        < (CAST(:at AS timestamptz), CAST(:whose AS uuid), :kind, :id)
                    AND (x.kind <> 'rating' OR people.ratings)
                    AND (x.kind <> 'watch' OR people.watch_time)
                    AND (x.kind NOT IN ('list', 'listed') OR EXISTS (
                        SELECT FROM lists l WHERE l.id = {LIST_ID.format("x")} AND {SHOWN}
                    ))
                ORDER BY x.at DESC, x.kind DESC, x.id DESC LIMIT :limit
            ) AS a
            ORDER BY a.at DESC, a.user_id DESC, a.kind DESC, a.id DESC LIMIT :limit
        )
        SELECT n.at, n.user_id, n.kind, n.id, {author_card("u")} AS "user",
            CASE WHEN m.id IS NOT NULL THEN {movie_card("m")} END AS movie,
            k.half_steps / 2.0::float8 AS rating,
            CASE WHEN r.id IS NOT NULL THEN jsonb_build_object(
                'id', r.id, 'title', r.title, 'is_positive', r.is_positive,
                'has_spoilers', r.has_spoilers
            ) END AS review, CASE WHEN l.id IS NOT NULL THEN jsonb_build_object(
                'id', l.id, 'slug', l.slug, 'name', l.name, 'movie_count', (
                    SELECT count(*) FROM list_movies lm JOIN movies f ON f.id = lm.movie_id
                    WHERE lm.list_id = l.id AND NOT f.deleted
                )
            ) END AS list
        FROM newest n
        JOIN users u ON u.id = n.user_id AND NOT u.deleted
        LEFT JOIN movies m ON m.id = n.movie_id AND NOT m.deleted
        LEFT JOIN ratings k
            ON n.kind = 'rating' AND k.user_id = n.user_id AND k.movie_id = n.movie_id
        LEFT JOIN reviews r ON n.kind = 'review' AND r.id = CAST(
            CASE WHEN n.kind = 'review' THEN n.id END AS bigint)
        LEFT JOIN lists l ON l.id = {LIST_ID.format("n")}
        WHERE m.id IS NOT NULL OR n.kind = 'list'
        ORDER BY n.at DESC, n.user_id DESC, n.kind DESC, n.id DESC
        """  # noqa: S608 - constants
    )


OF_FRIENDS = _newest(FRIENDS)
OF_ONE = _newest(ONE)
ERASE = text("DELETE FROM activities WHERE user_id = :user_id RETURNING 1")


async def list_activities(
    session: ReadSession,
    viewer: UUID | None,
    owner: UUID | None,
    after: Position,
    limit: int,
) -> Sequence[Row[Any]]:
    """Return what an owner did, or all friends of the viewer, below a sort key, latest first."""
    at, whose, kind, thing = after
    values: dict[str, Any] = {"viewer": viewer, "at": at, "whose": whose, "kind": kind, "id": thing}
    values["limit"] = limit
    if owner is None:
        return (await session.execute(OF_FRIENDS, values)).all()
    return (await session.execute(OF_ONE, {**values, "owner": owner})).all()


async def erase_activities(session: WriteSession, member: UUID) -> int:
    """Delete what a member did; return how many things."""
    return len((await session.execute(ERASE, {"user_id": member})).all())
