"""The rules of friendships, blocks and mutes.

    nothing --ask--> asked --the other asks--> friends
    asked --withdraw or reject--> nothing      friends --unfriend--> nothing
    anything --block--> blocked                blocked --lift--> nothing

After each of these a member may ask again. Who is blocked does not exist: all of it is 404.
"""

from typing import Any, Literal
from uuid import UUID

from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import Preconditions
from marquee_shared.database import WriteSession
from marquee_shared.events.social import (
    BlockRemoved,
    BlockSet,
    FriendshipRemoved,
    FriendshipSet,
)
from marquee_shared.outbox import publish
from marquee_shared.peers import Peer
from marquee_social.friendships import repository
from marquee_social.friendships.errors import Oneself
from marquee_social.friendships.repository import asked_by
from marquee_social.friendships.schemas import BlockedRead, FriendshipRead, MutedRead
from marquee_social.notifications.schemas import NotificationKind
from marquee_social.notifications.service import Target, notify
from marquee_social.users.errors import UserNotFound
from marquee_social.users.schemas import UserSummary
from marquee_social.users.service import get_user


async def _other(
    session: WriteSession, identity: Peer, me: Principal, username: str, **options: bool
) -> UserSummary:
    user = await get_user(session, identity, me.id, username, **options)
    if user.id == me.id:
        raise Oneself
    return user


async def ask(
    session: WriteSession,
    identity: Peer,
    me: Principal,
    username: str,
    preconditions: Preconditions,
) -> tuple[FriendshipRead, bool]:
    """Ask for friendship or accept it; return what stands and whether a request was made.

    Raises:
        UserNotFound: no such member, or either has blocked the other.
        Oneself: it is the caller.
    """
    user = await _other(session, identity, me, username)
    row = await repository.ask(session, me.id, user.id)
    if row is None:
        raise UserNotFound
    preconditions.require(row.revision_before if row.before != "none" else None)
    friends = row.after == "friends"
    state: Literal["requested", "friends"] = "friends" if friends else "requested"
    if row.before != row.after:
        told = FriendshipSet(user_id=me.id, friend_id=user.id, state=state, at=row.friendship_at)
        await publish(session, told, row.revision)
        kind: NotificationKind = "friend_accepted" if friends else "friend_request"
        about = Target("user", str(me.id), {})
        await notify(session, kind, me, [user.id], about)
    preconditions.answered(row.revision)
    answer = FriendshipRead(user=user, friendship=state, updated_at=row.friendship_at)
    return answer, row.before == "none"


async def _end(
    session: WriteSession,
    me: Principal,
    user: UserSummary,
    ended: list[str],
    preconditions: Preconditions,
) -> None:
    row = await repository.end(session, me.id, user.id, ended)
    stood = row is not None and row.before in ended
    preconditions.require(row.revision_before if row is not None and stood else None)
    if row is not None and stood:
        told = FriendshipRemoved(user_id=me.id, friend_id=user.id)
        await publish(session, told, row.revision)


async def withdraw_or_reject(
    session: WriteSession,
    identity: Peer,
    me: Principal,
    username: str,
    preconditions: Preconditions,
) -> None:
    """End a request in either direction, if there is one; a friendship stays."""
    user = await _other(session, identity, me, username)
    requests = [asked_by(me.id, user.id), asked_by(user.id, me.id)]
    await _end(session, me, user, requests, preconditions)


async def unfriend(
    session: WriteSession,
    identity: Peer,
    me: Principal,
    username: str,
    preconditions: Preconditions,
) -> None:
    """End a friendship, if there is one; a request stays."""
    user = await _other(session, identity, me, username)
    await _end(session, me, user, ["friends"], preconditions)


async def block(
    session: WriteSession,
    identity: Peer,
    me: Principal,
    username: str,
    preconditions: Preconditions,
) -> tuple[BlockedRead, bool]:
    """Block a member, which ends a friendship and requests; return whether it is new.

    Raises:
        UserNotFound: no such member, or they have blocked the caller before.
    """
    user = await _other(session, identity, me, username, though_blocked=True)
    row = await repository.block(session, me.id, user.id)
    if row is None:
        raise UserNotFound
    created = row.before is None
    preconditions.require(None if created else row.revision_before)
    if created:
        told = BlockSet(user_id=me.id, blocked_id=user.id, at=row.after)
        await publish(session, told, row.revision)
    if row.friendship_before != "none":
        ended = FriendshipRemoved(user_id=me.id, friend_id=user.id)
        await publish(session, ended, row.revision)
    preconditions.answered(row.revision)
    return BlockedRead(**_card(user), blocked_at=row.after), created


async def unblock(
    session: WriteSession,
    identity: Peer,
    me: Principal,
    username: str,
    preconditions: Preconditions,
) -> None:
    """Lift a block, if there is one; what it ended stays ended."""
    user = await _other(session, identity, me, username, though_blocked=True)
    row = await repository.unblock(session, me.id, user.id)
    stood = row is not None and row.before is not None
    preconditions.require(row.revision_before if row is not None and stood else None)
    if row is not None and stood:
        told = BlockRemoved(user_id=me.id, blocked_id=user.id)
        await publish(session, told, row.revision)


async def mute(
    session: WriteSession, identity: Peer, me: Principal, username: str
) -> tuple[MutedRead, bool]:
    """Mute a member; return whether it is new. They are not told."""
    user = await _other(session, identity, me, username)
    row = await repository.mute(session, me.id, user.id)
    return MutedRead(**_card(user), muted_at=row.after), row.before is None


async def unmute(session: WriteSession, identity: Peer, me: Principal, username: str) -> None:
    """Lift a mute, if there is one."""
    user = await _other(session, identity, me, username)
    await repository.unmute(session, me.id, user.id)


def _card(user: UserSummary) -> dict[str, Any]:
    return user.model_dump()


def asker_first(row: repository.RelationshipRow) -> tuple[UUID, UUID]:
    """Return a pair's ids as events tell them: who asked first."""
    if row.friendship == "high_asked":
        return row.high_id, row.low_id
    return row.low_id, row.high_id
