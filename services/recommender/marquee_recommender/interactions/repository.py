"""The interactions' replica: set-based writes, one-statement reads."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID

from sqlalchemy import text

from marquee_recommender.engine import Event
from marquee_recommender.interactions.profiles import MemberProfile
from marquee_recommender.tables import SCHEMA
from marquee_shared.database import ReadSession, WriteSession

# The newest row per key comes first, so one statement never meets a key twice; the order of keys
# is the order of locks, so two consumers cannot deadlock. An erased member stays erased.
STORE = text("""
WITH told AS (
    SELECT DISTINCT ON (user_id, movie_id, source) *
    FROM unnest(CAST(:users AS uuid[]), CAST(:movies AS bigint[]), CAST(:sources AS text[]),
        CAST(:kinds AS text[]), CAST(:values AS real[]), CAST(:ats AS timestamptz[]),
        CAST(:epochs AS bigint[]), CAST(:revisions AS bigint[]))
        AS t(user_id, movie_id, source, kind, value, at, epoch, revision)
    ORDER BY user_id, movie_id, source, epoch DESC, revision DESC
), stored AS (
    INSERT INTO interactions AS i
        (user_id, movie_id, source, kind, value, at, epoch, revision, removed)
    SELECT user_id, movie_id, source, coalesce(kind, 'seen'), value, at, epoch, revision,
        kind IS NULL
    FROM told
    WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = told.user_id AND u.deleted)
    ON CONFLICT (user_id, movie_id, source) DO UPDATE SET kind = excluded.kind,
        value = excluded.value, at = excluded.at, epoch = excluded.epoch,
        revision = excluded.revision, removed = excluded.removed
    WHERE (i.epoch, i.revision) < (excluded.epoch, excluded.revision)
    RETURNING 1
)
INSERT INTO training_state AS s (id, changes)
SELECT 1, count(*) FROM stored HAVING count(*) > 0
ON CONFLICT (id) DO UPDATE SET changes = s.changes + excluded.changes
""")

# One statement is one snapshot: if the inbox holds an event here, its effect is here too.
PROFILE = text("""
SELECT (SELECT count(*) FROM inbox
        WHERE consumer = :consumer AND event_id = ANY(CAST(:awaited AS uuid[]))) AS arrived,
    array_agg(movie_id) AS movies, array_agg(kind) AS kinds, array_agg(value) AS values,
    array_agg(extract(epoch FROM at)::double precision) AS ats
FROM interactions WHERE user_id = :user_id AND NOT removed
""")

FORGET = text("DELETE FROM interactions WHERE user_id = :user_id RETURNING removed")

PROFILES = text("""
SELECT user_id, array_agg(movie_id) AS movies, array_agg(kind) AS kinds,
    array_agg(value) AS values, array_agg(extract(epoch FROM at)::double precision) AS ats
FROM interactions WHERE user_id = ANY(CAST(:user_ids AS uuid[])) AND NOT removed
GROUP BY user_id
""")


class Told(NamedTuple):
    """What an event says of one member and one film; `kind` None where it was taken back."""

    user_id: UUID
    movie_id: int
    source: Literal["rating", "signal"]
    kind: str | None
    value: float | None
    at: datetime
    epoch: int
    revision: int


async def store_interactions(session: WriteSession, rows: Sequence[Told]) -> None:
    """Keep what was told where it is newer than what is held, and count what has changed."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        names = ("users", "movies", "sources", "kinds", "values", "ats", "epochs", "revisions")
        await session.execute(STORE, dict(zip(names, columns, strict=True)))


def _events(row: Any) -> list[Event]:
    if row.movies is None:
        return []
    return [
        Event(movie, kind, value, at)
        for movie, kind, value, at in zip(row.movies, row.kinds, row.values, row.ats, strict=True)
    ]


async def load_profile(
    session: ReadSession | WriteSession, user_id: UUID, awaited: Sequence[UUID]
) -> MemberProfile:
    """Return what a member did, and whether that reflects all the events awaited."""
    parameters = {"consumer": SCHEMA, "awaited": list(awaited), "user_id": user_id}
    row = (await session.execute(PROFILE, parameters)).one()
    return MemberProfile(_events(row), complete=row.arrived >= len(set(awaited)))


async def load_profiles(
    session: ReadSession | WriteSession, user_ids: Sequence[UUID]
) -> dict[UUID, MemberProfile]:
    """Return what many members did; those who did nothing are missing."""
    rows = await session.execute(PROFILES, {"user_ids": list(user_ids)})
    return {cast("UUID", row.user_id): MemberProfile(_events(row)) for row in rows}


async def forget_interactions(session: WriteSession, user_id: UUID) -> int:
    """Remove all that a member did; return how many interactions that were."""
    result = await session.execute(FORGET, {"user_id": user_id})
    return sum(not removed for removed in result.scalars())
