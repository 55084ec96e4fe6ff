"""A member's surroundings as identity, social and the catalog tell them, into the replicas."""

from typing import Any
from uuid import UUID

from marquee_recommender.circle import repository
from marquee_recommender.circle.replicas import (
    BLOCKS,
    FOLLOWS,
    FRIENDSHIPS,
    PRIVACY,
    TASTES,
    WATCHES,
)
from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.catalog import MovieMerged, PersonMerged
from marquee_shared.events.identity import PeopleFollowed, TasteChanged
from marquee_shared.events.social import (
    BlockRemoved,
    BlockSet,
    BlocksSet,
    FriendshipRemoved,
    FriendshipSet,
    FriendshipsSet,
    PrivacySet,
    WatchProgressed,
)
from marquee_shared.outbox import Handlers

Row = dict[str, Any]


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on_batch(TasteChanged)(on_taste_changed)
    handlers.on_batch(PeopleFollowed)(on_people_followed)
    handlers.on_batch(FriendshipSet, FriendshipRemoved, FriendshipsSet)(on_friendships_changed)
    handlers.on_batch(BlockSet, BlockRemoved, BlocksSet)(on_blocks_changed)
    handlers.on_batch(PrivacySet)(on_privacy_set)
    handlers.on_batch(WatchProgressed)(on_watch_progressed)
    handlers.on(MovieMerged)(on_movie_merged)
    handlers.on(PersonMerged)(on_person_merged)


def _row(event: Event[Any], *names: str) -> Row:
    """Return some of an event's own columns and its version."""
    values: Row = event.data.model_dump(include=set(names))
    return values | {"epoch": event.epoch, "revision": event.revision}


async def on_taste_changed(session: WriteSession, events: list[Event[TasteChanged]]) -> None:
    """Keep what members say they like."""
    columns = ("user_id", "genres", "platforms", "people", "country")
    await TASTES.store(session, [_row(event, *columns) for event in events])


async def on_people_followed(session: WriteSession, events: list[Event[PeopleFollowed]]) -> None:
    """Keep whom members follow."""
    await FOLLOWS.store(session, [_row(event, "user_id", "people") for event in events])


async def on_friendships_changed(session: WriteSession, events: list[Any]) -> None:
    """Keep who are friends; a request is not yet one."""
    rows: list[Row] = []
    for event in events:
        data = event.data
        match data:
            case FriendshipsSet():
                rows += [
                    _friendship(f.user_id, f.friend_id, f.state == "friends", f.at)
                    | {"epoch": event.epoch, "revision": f.revision}
                    for f in data.friendships
                ]
            case FriendshipSet():
                friends = data.state == "friends"
                rows.append(
                    _friendship(data.user_id, data.friend_id, friends, data.at) | _row(event)
                )
            case _:
                gone = _friendship(data.user_id, data.friend_id, False, event.time)
                rows.append(gone | _row(event))
    await FRIENDSHIPS.store(session, rows)


def _friendship(one: UUID, other: UUID, friends: bool, at: Any) -> Row:
    low, high = sorted((one, other))
    return {"low_id": low, "high_id": high, "friends": friends, "at": at}


async def on_blocks_changed(session: WriteSession, events: list[Any]) -> None:
    """Keep who has blocked whom."""
    rows: list[Row] = []
    for event in events:
        data = event.data
        if isinstance(data, BlocksSet):
            rows += [block.model_dump() | {"epoch": event.epoch} for block in data.blocks]
        else:
            blocked = isinstance(data, BlockSet)
            rows.append(_row(event, "user_id", "blocked_id") | {"blocked": blocked})
    await BLOCKS.store(session, rows)


async def on_privacy_set(session: WriteSession, events: list[Event[PrivacySet]]) -> None:
    """Keep who lets their ratings be seen."""
    await PRIVACY.store(session, [_row(event, "user_id", "ratings") for event in events])


async def on_watch_progressed(session: WriteSession, events: list[Event[WatchProgressed]]) -> None:
    """Keep how far members have come with films."""
    columns = ("user_id", "movie_id", "progress", "completed")
    await WATCHES.store(
        session, [_row(event, *columns) | {"at": event.data.last_watched_at} for event in events]
    )


async def on_movie_merged(session: WriteSession, event: Event[MovieMerged]) -> None:
    """Let what was watched of a double count for the film it has become part of."""
    await repository.merge_watches(session, event.data.id, event.data.into)


async def on_person_merged(session: WriteSession, event: Event[PersonMerged]) -> None:
    """Let whoever followed a double follow the one it has become part of."""
    await repository.merge_people(session, event.data.id, event.data.slug, event.data.into)
