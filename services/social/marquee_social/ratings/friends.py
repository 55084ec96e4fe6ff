"""What a member's friends gave a film, as far as each lets friends see their ratings."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_shared.peers import Peer
from marquee_shared.schemas import ResponseModel
from marquee_social.content.rules import author_card
from marquee_social.movies.repository import MOVIE, MovieKey
from marquee_social.movies.service import ask_catalog
from marquee_social.ratings.scale import value_of
from marquee_social.users.schemas import UserSummary
from marquee_social.visibility.rule import friends_of, privacy_of, visible

START = (datetime(9999, 12, 31, tzinfo=UTC), UUID(int=2**128 - 1))

OF_FRIENDS = text(
    f"""
    WITH {MOVIE}, filled AS (
        SELECT r.user_id, {author_card("u")} AS "user", r.half_steps, r.created_at, r.rated_at
        FROM {friends_of()} AS f (id, since)
        JOIN ratings r ON r.user_id = f.id AND r.movie_id = (SELECT id FROM movie)
        JOIN users u ON u.id = r.user_id AND NOT u.deleted
        WHERE r.half_steps IS NOT NULL
            AND {visible("r.user_id", privacy_of("r.user_id", "ratings"))}
            AND (r.rated_at, r.user_id)
                < (CAST(:before AS timestamptz), CAST(:before_user AS uuid))
        ORDER BY r.rated_at DESC, r.user_id DESC LIMIT :limit
    )
    SELECT movie.id AS film, filled.* FROM movie LEFT JOIN filled ON true
    ORDER BY rated_at DESC, user_id DESC
    """  # noqa: S608 - constants
)


class FriendRating(ResponseModel):
    """A friend's rating of a film."""

    user: UserSummary
    value: float
    created_at: datetime
    updated_at: datetime


def _read(row: Row[Any]) -> FriendRating:
    return FriendRating(
        user=row.user,
        value=value_of(row.half_steps),
        created_at=row.created_at,
        updated_at=row.rated_at,
    )


async def list_of_friends(
    session: ReadSession, catalog: Peer, member: UUID, slug: str, window: CursorWindow
) -> CursorPage[FriendRating]:
    """Return one stretch of friends' ratings of a film, newest first.

    Raises:
        MovieNotFound: no such film.
    """
    before = START
    if window.after is not None:
        before = (datetime.fromisoformat(window.after[0]), UUID(window.after[1]))
    values = {
        "viewer": member,
        "before": before[0],
        "before_user": before[1],
        "limit": window.limit + 1,
    }
    key = MovieKey(slug)
    found = (await session.execute(OF_FRIENDS, {**values, **key.parameters})).all()
    if not found:
        key = MovieKey(slug, (await ask_catalog(catalog, slug)).id)
        found = (await session.execute(OF_FRIENDS, {**values, **key.parameters})).all()
    rows = [row for row in found if row.user_id is not None]
    cursor = window.next_cursor([(row.rated_at.isoformat(), str(row.user_id)) for row in rows])
    return CursorPage(items=[_read(row) for row in rows[: window.limit]], next_cursor=cursor)
