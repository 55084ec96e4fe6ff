"""Friendships and blocks as social tells them, into the replica."""

from typing import Any

from marquee_identity.relationships import repository
from marquee_identity.relationships.repository import BlockTold, FriendshipTold
from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.social import (
    BlockRemoved,
    BlockSet,
    BlocksSet,
    FriendshipRemoved,
    FriendshipSet,
    FriendshipsSet,
)
from marquee_shared.outbox import Handlers


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on_batch(FriendshipSet, FriendshipRemoved, FriendshipsSet)(on_friendships)
    handlers.on_batch(BlockSet, BlockRemoved, BlocksSet)(on_blocks)


async def on_friendships(session: WriteSession, events: list[Event[Any]]) -> None:
    """Keep what pairs are to each other now."""
    told: list[FriendshipTold] = []
    for event in events:
        data = event.data
        if isinstance(data, FriendshipsSet):
            told += [
                FriendshipTold(row.user_id, row.friend_id, row.state, event.epoch, row.revision)
                for row in data.friendships
            ]
        else:
            state = data.state if isinstance(data, FriendshipSet) else "none"
            told.append(FriendshipTold(data.user_id, data.friend_id, state, *event.version))
    if told:
        await repository.store_friendships(session, told)


async def on_blocks(session: WriteSession, events: list[Event[Any]]) -> None:
    """Keep who blocks whom now."""
    told: list[BlockTold] = []
    for event in events:
        data = event.data
        if isinstance(data, BlocksSet):
            told += [
                BlockTold(row.user_id, row.blocked_id, row.blocked, event.epoch, row.revision)
                for row in data.blocks
            ]
        else:
            blocked = isinstance(data, BlockSet)
            told.append(BlockTold(data.user_id, data.blocked_id, blocked, *event.version))
    if told:
        await repository.store_blocks(session, told)
