"""What becomes of watch time when two films turn out to be one."""

from sqlalchemy import text

from marquee_shared.database import WriteSession
from marquee_shared.outbox import publish_many
from marquee_social.watch_time import repository
from marquee_social.watch_time.service import progress_events

WATCHERS = text("SELECT user_id FROM watched_movies WHERE movie_id = :gone ORDER BY user_id")
# A player may have gone from one of the two to the other within a session: its second half then
# goes by a name that no player can choose.
MOVE = text(
    """
    WITH moved AS (
        UPDATE watch_sessions s SET
            movie_id = :into,
            session_id = s.session_id || CASE WHEN EXISTS (
                SELECT FROM watch_sessions o WHERE o.user_id = s.user_id
                    AND o.session_id = s.session_id AND o.movie_id = :into
            ) THEN '/' || CAST(:gone AS text) ELSE '' END
        WHERE s.user_id = ANY(CAST(:user_ids AS uuid[])) AND s.movie_id = :gone
    ), pairs AS (
        DELETE FROM watched_movies
        WHERE user_id = ANY(CAST(:user_ids AS uuid[])) AND movie_id = :gone
        RETURNING *
    )
    UPDATE movie_watch_totals t SET
        milliseconds = t.milliseconds - p.milliseconds,
        viewers = t.viewers - p.viewers,
        completions = t.completions - p.completions
    FROM (
        SELECT sum(milliseconds) AS milliseconds, count(*) AS viewers,
            count(completed_at) AS completions
        FROM pairs
    ) AS p
    WHERE t.movie_id = :gone AND p.viewers > 0
    """
)


async def move_watch_time(session: WriteSession, gone: int, into: int) -> int:
    """Give a film the sessions of its double and sum up anew; return of how many members.

    A member's whole watch time and its days stay: the same seconds, of another film. Done again
    it finds nothing to move.
    """
    watchers = list(await session.scalars(WATCHERS, {"gone": gone}))
    living = sorted(await repository.lock_members(session, watchers))
    if living:
        values = {"gone": gone, "into": into, "user_ids": living}
        await session.execute(MOVE, values)
        rows = await repository.sum_up_films(session, [(member, into) for member in living])
        await publish_many(session, progress_events(rows))
    return len(living)
