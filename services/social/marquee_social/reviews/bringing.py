"""Reviews that members bring along from elsewhere, many at once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text

from marquee_shared.database import WriteSession
from marquee_shared.events.social import ReviewCreated
from marquee_shared.outbox import publish_many
from marquee_social.reviews.service import delete_locked

INSERT = text(
    """
    INSERT INTO reviews (user_id, movie_id, title, content, is_positive, has_spoilers, language,
        revision, created_at, updated_at)
    SELECT :user_id, movie_id, title, content, is_positive, has_spoilers, language, 1,
        coalesce(at, now()), coalesce(at, now())
    FROM jsonb_to_recordset(CAST(:reviews AS jsonb)) AS g (
        movie_id bigint, title text, content text, is_positive boolean, has_spoilers boolean,
        language text, at timestamptz
    )
    ORDER BY movie_id
    ON CONFLICT (user_id, movie_id) WHERE deleted_at IS NULL DO NOTHING
    RETURNING id, user_id, movie_id, is_positive, has_spoilers, language, created_at, revision
    """
)
LOCK_UNCHANGED = text(
    "SELECT id FROM reviews WHERE user_id = :user_id AND id = ANY(CAST(:ids AS bigint[])) "
    "AND deleted_at IS NULL AND revision = 1 ORDER BY id FOR UPDATE"
)


async def bring_reviews(
    session: WriteSession, author: UUID, reviews: Sequence[dict[str, Any]]
) -> Sequence[Row[Any]]:
    """Write reviews of films the author has no live one of; return the `id, movie_id` of those.

    Each is a `ReviewCreate` with `movie_id` and `at`.
    """
    values = {"user_id": author, "reviews": orjson.dumps(list(reviews)).decode()}
    written = (await session.execute(INSERT, values)).all()
    told = [
        (ReviewCreated.model_validate(row, from_attributes=True), row.revision) for row in written
    ]
    await publish_many(session, told)
    return written


async def take_reviews_back(session: WriteSession, author: UUID, ids: Sequence[int]) -> int:
    """Delete brought reviews that have not been edited since; return how many."""
    unchanged = await session.scalars(LOCK_UNCHANGED, {"user_id": author, "ids": list(ids)})
    return await delete_locked(session, unchanged.all())
