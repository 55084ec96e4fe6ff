"""The rules of feeds."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from marquee_shared.database import ReadSession
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_social.activities import repository
from marquee_social.activities.repository import Position
from marquee_social.activities.schemas import ActivityRead

START: Position = (datetime(9999, 12, 31, tzinfo=UTC), str(UUID(int=0)), "", "")


def _read(row: Row[Any]) -> ActivityRead:
    return ActivityRead(
        id=f"{row.user_id}:{row.kind}:{row.id}",
        kind=row.kind,
        at=row.at,
        user=row.user,
        movie=row.movie,
        rating=row.rating,
        review=row.review,
        list=row.list,
    )


async def list_activities(
    session: ReadSession, viewer: UUID | None, owner: UUID | None, window: CursorWindow
) -> CursorPage[ActivityRead]:
    """Return one stretch of what an owner, or else all the viewer's friends, did."""
    after = START
    if window.after is not None:
        at, whose, kind, thing = window.after
        after = (datetime.fromisoformat(at), whose, kind, thing)
    rows = await repository.list_activities(session, viewer, owner, after, window.limit + 1)
    keys = [(row.at.isoformat(), str(row.user_id), row.kind, row.id) for row in rows]
    return CursorPage(
        items=[_read(row) for row in rows[: window.limit]],
        next_cursor=window.next_cursor(keys),
    )
