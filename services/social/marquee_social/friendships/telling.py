"""Telling many pairs at once: erasure, and everything anew by `republish`."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from marquee_shared.database import WriteSession
from marquee_shared.events import EventData
from marquee_shared.events.social import (
    BlocksSet,
    BlockState,
    FriendshipsSet,
    FriendshipState,
)
from marquee_shared.outbox import publish_many
from marquee_shared.service import Context
from marquee_social.friendships import repository
from marquee_social.friendships.repository import RelationshipRow
from marquee_social.friendships.service import asker_first

EVENT_ROWS = 1_000
"""Rows per bulk event."""
STATES = {"none": "none", "friends": "friends", "low_asked": "requested", "high_asked": "requested"}


def _blocks(row: RelationshipRow) -> Iterator[BlockState]:
    for who, whom, at in (
        (row.low_id, row.high_id, row.low_blocked_at),
        (row.high_id, row.low_id, row.high_blocked_at),
    ):
        yield BlockState(
            user_id=who, blocked_id=whom, blocked=at is not None, revision=row.revision
        )


def _friendship(row: RelationshipRow) -> FriendshipState:
    user, friend = asker_first(row)
    return FriendshipState.model_validate(
        {
            "user_id": user,
            "friend_id": friend,
            "state": STATES[row.friendship],
            "at": row.friendship_at,
            "revision": row.revision,
        }
    )


def bulk_events(rows: Sequence[RelationshipRow]) -> list[tuple[EventData, int]]:
    """Return pairs as bulk events of at most `EVENT_ROWS`; each row has its own revision."""
    told: list[tuple[EventData, int]] = []
    for start in range(0, len(rows), EVENT_ROWS):
        chunk = rows[start : start + EVENT_ROWS]
        revision = max(row.revision for row in chunk)
        told.append((FriendshipsSet(friendships=[_friendship(row) for row in chunk]), revision))
        blocks = [block for row in chunk for block in _blocks(row)]
        told.append((BlocksSet(blocks=blocks), revision))
    return told


async def erase_relationships(session: WriteSession, members: Sequence[UUID]) -> int:
    """Delete everything between erased members and others, and tell so; return how many pairs."""
    rows = await repository.erase_members(session, members)
    await publish_many(session, bulk_events(rows))
    return len(rows)


async def republish_relationships(context: Context[Any]) -> int:
    """Publish all pairs in bulk, those of nothing too; return how many events."""
    told = 0
    last = (UUID(int=0), UUID(int=0))
    while True:
        async with context.database.transaction() as session:
            rows = await repository.relationships_after(session, *last, EVENT_ROWS)
            told += len(await publish_many(session, bulk_events(rows)))
        if len(rows) < EVENT_ROWS:
            return told
        last = (rows[-1].low_id, rows[-1].high_id)
