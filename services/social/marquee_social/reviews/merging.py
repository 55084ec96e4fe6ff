"""What becomes of reviews when two films turn out to be one."""

from sqlalchemy import text

from marquee_shared.database import WriteSession
from marquee_shared.events.social import ReviewUpdated
from marquee_shared.outbox import publish_many
from marquee_social.reviews.service import delete_locked

# The film's own reviews are locked too: nobody deletes one while its double goes because of it.
LOCK = text(
    """
    SELECT r.id, r.user_id, r.movie_id FROM reviews r
    WHERE r.deleted_at IS NULL AND (r.movie_id = :gone OR r.movie_id = :into AND EXISTS (
        SELECT FROM reviews g
        WHERE g.movie_id = :gone AND g.user_id = r.user_id AND g.deleted_at IS NULL
    ))
    ORDER BY r.id FOR UPDATE
    """
)
# The trigger of activities looks at what is shown of a review, which this does not change.
MOVE = text(
    """
    WITH moved AS (
        UPDATE reviews SET movie_id = :into, revision = revision + 1
        WHERE id = ANY(CAST(:ids AS bigint[])) RETURNING *
    ), activity AS (
        UPDATE activities a SET movie_id = :into FROM moved
        WHERE a.user_id = moved.user_id AND a.kind = 'review' AND a.id = CAST(moved.id AS text)
    )
    SELECT id, user_id, movie_id, is_positive, has_spoilers, language, created_at, revision,
        hidden_at IS NOT NULL AS hidden
    FROM moved ORDER BY id
    """
)


async def move_reviews(session: WriteSession, gone: int, into: int) -> int:
    """Give a film the reviews of its double; return how many moved.

    Of a member's two the one on the film stays. Done again it finds nothing to move.
    """
    rows = (await session.execute(LOCK, {"gone": gone, "into": into})).all()
    settled = {row.user_id for row in rows if row.movie_id == into and row.user_id is not None}
    doubles = [row.id for row in rows if row.movie_id == gone and row.user_id in settled]
    await delete_locked(session, doubles)
    ids = [row.id for row in rows if row.movie_id == gone and row.user_id not in settled]
    moved = (await session.execute(MOVE, {"into": into, "ids": ids})).all()
    told = [
        (ReviewUpdated.model_validate(row, from_attributes=True), row.revision) for row in moved
    ]
    await publish_many(session, told)
    return len(moved)
