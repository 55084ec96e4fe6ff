"""Lists of people: friends, requests, suggestions, the blocked and the muted."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from marquee_shared.database import ReadSession
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_shared.peers import Peer
from marquee_social.friendships import reading
from marquee_social.friendships.reading import PersonRow
from marquee_social.friendships.schemas import (
    BlockedRead,
    Direction,
    FriendRead,
    FriendRequestRead,
    MutedRead,
    SuggestionRead,
    SuggestionReason,
)
from marquee_social.users.schemas import UserSummary
from marquee_social.users.service import get_user

LAST_DAY = datetime(9999, 12, 31, tzinfo=UTC)
LAST_ID = UUID(int=2**128 - 1)
MOST_MUTUAL = 2**62


def _after(window: CursorWindow) -> tuple[datetime, UUID]:
    if window.after is None:
        return LAST_DAY, LAST_ID
    return datetime.fromisoformat(window.after[0]), UUID(window.after[1])


def _cursor(window: CursorWindow, rows: Sequence[PersonRow]) -> str | None:
    return window.next_cursor([(row.since.isoformat(), str(row.id)) for row in rows])


async def list_friends(
    session: ReadSession, viewer: UUID | None, member: UUID, window: CursorWindow
) -> CursorPage[FriendRead]:
    """Return one stretch of a member's friends, empty where the viewer may not see them."""
    if viewer != member and not await reading.may_see_friends(session, viewer, member):
        return CursorPage(items=[], next_cursor=None)
    rows = await reading.list_friends(session, viewer, member, _after(window), window.limit + 1)
    items = [FriendRead.model_validate(row) for row in rows[: window.limit]]
    return CursorPage(items=items, next_cursor=_cursor(window, rows))


async def list_friends_of(
    session: ReadSession,
    identity: Peer,
    viewer: UUID | None,
    username: str,
    window: CursorWindow,
) -> CursorPage[FriendRead]:
    """Return one stretch of the friends of a member named by username.

    Raises:
        UserNotFound: no such member, or not for the viewer.
    """
    member = await get_user(session, identity, viewer, username)
    return await list_friends(session, viewer, member.id, window)


async def list_requests(
    session: ReadSession, member: UUID, direction: Direction, window: CursorWindow
) -> CursorPage[FriendRequestRead]:
    """Return one stretch of the requests to or by a member, newest first."""
    rows = await reading.list_requests(session, member, direction, _after(window), window.limit + 1)
    items = [
        FriendRequestRead(
            user=UserSummary.model_validate(row), direction=direction, created_at=row.since
        )
        for row in rows[: window.limit]
    ]
    return CursorPage(items=items, next_cursor=_cursor(window, rows))


async def list_blocked(
    session: ReadSession, member: UUID, window: CursorWindow
) -> CursorPage[BlockedRead]:
    """Return one stretch of whom a member has blocked, newest first."""
    rows = await reading.list_blocked(session, member, _after(window), window.limit + 1)
    items = [
        BlockedRead(**UserSummary.model_validate(row).model_dump(), blocked_at=row.since)
        for row in rows[: window.limit]
    ]
    return CursorPage(items=items, next_cursor=_cursor(window, rows))


async def list_muted(
    session: ReadSession, member: UUID, window: CursorWindow
) -> CursorPage[MutedRead]:
    """Return one stretch of whom a member has muted, newest first."""
    rows = await reading.list_muted(session, member, _after(window), window.limit + 1)
    items = [
        MutedRead(**UserSummary.model_validate(row).model_dump(), muted_at=row.since)
        for row in rows[: window.limit]
    ]
    return CursorPage(items=items, next_cursor=_cursor(window, rows))


async def list_suggestions(
    session: ReadSession, member: UUID, window: CursorWindow
) -> CursorPage[SuggestionRead]:
    """Return one stretch of whom a member may know, each with the reason."""
    after = (MOST_MUTUAL, LAST_DAY, LAST_ID)
    if window.after is not None:
        mutual, at, last = window.after
        after = (mutual, datetime.fromisoformat(at), UUID(last))
    rows = await reading.list_suggestions(session, member, after, window.limit + 1)
    cursor = window.next_cursor([(row.mutual, row.at.isoformat(), str(row.id)) for row in rows])
    items = [
        SuggestionRead(
            user=UserSummary.model_validate(row),
            reason=SuggestionReason(
                kind="mutual_friends" if row.mutual else "new_member",
                mutual_friends=row.mutual,
                users=[UserSummary.model_validate(friend) for friend in row.via],
            ),
        )
        for row in rows[: window.limit]
    ]
    return CursorPage(items=items, next_cursor=cursor)
