"""SQL of the replica, and of who is in sight of whom."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, text

from marquee_identity.erasures.models import Erasure
from marquee_identity.relationships.models import Block, Friendship
from marquee_identity.suspensions.models import Suspension
from marquee_identity.users.models import User
from marquee_shared.database import ReadSession, WriteSession

# The newest row per pair comes first; the order of pairs is the order of locks.
STORE_FRIENDSHIPS = text("""
INSERT INTO friendships AS f (one_id, other_id, state, asked_by, epoch, revision)
SELECT DISTINCT ON (1, 2) least(asked_by, friend_id), greatest(asked_by, friend_id),
    state, asked_by, epoch, revision
FROM unnest(CAST(:asked_by AS uuid[]), CAST(:friend_ids AS uuid[]), CAST(:states AS text[]),
    CAST(:epochs AS bigint[]), CAST(:revisions AS bigint[]))
    AS told (asked_by, friend_id, state, epoch, revision)
WHERE asked_by <> friend_id
ORDER BY 1, 2, epoch DESC, revision DESC
ON CONFLICT (one_id, other_id) DO UPDATE SET state = excluded.state,
    asked_by = excluded.asked_by, epoch = excluded.epoch, revision = excluded.revision
WHERE (f.epoch, f.revision) < (excluded.epoch, excluded.revision)
""")

STORE_BLOCKS = text("""
INSERT INTO blocks AS b (user_id, blocked_id, blocked, epoch, revision)
SELECT DISTINCT ON (1, 2) * FROM unnest(CAST(:user_ids AS uuid[]), CAST(:blocked_ids AS uuid[]),
    CAST(:blocked AS boolean[]), CAST(:epochs AS bigint[]), CAST(:revisions AS bigint[]))
    AS told (user_id, blocked_id, blocked, epoch, revision)
ORDER BY 1, 2, epoch DESC, revision DESC
ON CONFLICT (user_id, blocked_id) DO UPDATE SET blocked = excluded.blocked,
    epoch = excluded.epoch, revision = excluded.revision
WHERE (b.epoch, b.revision) < (excluded.epoch, excluded.revision)
""")


class FriendshipTold(NamedTuple):
    """What an event says of two members; of a request, who asked comes first."""

    asked_by: UUID
    friend_id: UUID
    state: str
    epoch: int
    revision: int


class BlockTold(NamedTuple):
    """What an event says of one member blocking another."""

    user_id: UUID
    blocked_id: UUID
    blocked: bool
    epoch: int
    revision: int


async def store_friendships(session: WriteSession, told: Sequence[FriendshipTold]) -> None:
    """Keep what is newer than what is held."""
    columns = [list(column) for column in zip(*told, strict=True)]
    names = ("asked_by", "friend_ids", "states", "epochs", "revisions")
    await session.execute(STORE_FRIENDSHIPS, dict(zip(names, columns, strict=True)))


async def store_blocks(session: WriteSession, told: Sequence[BlockTold]) -> None:
    """Keep what is newer than what is held."""
    columns = [list(column) for column in zip(*told, strict=True)]
    names = ("user_ids", "blocked_ids", "blocked", "epochs", "revisions")
    await session.execute(STORE_BLOCKS, dict(zip(names, columns, strict=True)))


async def find_friendship(session: ReadSession, one: UUID, other: UUID) -> Friendship | None:
    """Return what two members are to each other, if ever anything."""
    return await session.get(Friendship, (min(one, other), max(one, other)))


def in_sight_of(viewer: UUID | None) -> list[ColumnElement[bool]]:
    """Return what must hold of a user whom a viewer may see.

    They are neither leaving nor suspended, and neither of the two has blocked the other.
    """
    leaving = select(Erasure.id).where(Erasure.user_id == User.id).exists()
    suspended = (
        select(Suspension.user_id)
        .where(
            Suspension.user_id == User.id,
            Suspension.suspended,
            or_(Suspension.until.is_(None), Suspension.until > func.now()),
        )
        .exists()
    )
    conditions: list[ColumnElement[bool]] = [~leaving, ~suspended]
    if viewer is not None:
        by_viewer = and_(Block.user_id == viewer, Block.blocked_id == User.id)
        of_viewer = and_(Block.user_id == User.id, Block.blocked_id == viewer)
        conditions += [
            ~select(Block.user_id).where(which, Block.blocked).exists()
            for which in (by_viewer, of_viewer)
        ]
    return conditions
