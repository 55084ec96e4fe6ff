"""The SQL of reactions.

The thing's row is locked first, then the reaction is written, then it is counted: whoever
deletes the thing either waits and finds the reaction, or goes first and leaves nothing to react
to.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text

from marquee_shared.database import WriteSession
from marquee_social.content.rules import ContentType

TABLES: dict[ContentType, str] = {"review": "reviews", "comment": "comments"}


def _counted(target: ContentType, sign: str) -> str:
    helpful = f", helpful = helpful {sign} :helpful" if target == "review" else ""
    return f"""
        UPDATE {TABLES[target]} AS t SET reactions = jsonb_set(
            t.reactions, ARRAY[CAST(:emoji AS text)],
            to_jsonb(coalesce(CAST(t.reactions ->> :emoji AS integer), 0) {sign} 1)
        ){helpful}
        FROM written WHERE t.id = :id
        RETURNING t.id
    """  # noqa: S608 - constants


def _add(target: ContentType) -> TextClause:
    return text(
        f"""
        WITH thing AS (
            SELECT id FROM {TABLES[target]}
            WHERE id = :id AND deleted_at IS NULL FOR UPDATE
        ), written AS (
            INSERT INTO reactions (target, target_id, user_id, emoji, created_at)
            SELECT '{target}', id, :user_id, :emoji, now() FROM thing
            ON CONFLICT DO NOTHING RETURNING target_id
        ), counted AS ({_counted(target, "+")})
        SELECT EXISTS (SELECT FROM thing) AS found, EXISTS (SELECT FROM written) AS added
        """  # noqa: S608 - constants
    )


def _remove(target: ContentType) -> TextClause:
    return text(
        f"""
        WITH thing AS (
            SELECT id FROM {TABLES[target]}
            WHERE id = :id AND deleted_at IS NULL FOR UPDATE
        ), written AS (
            DELETE FROM reactions USING thing
            WHERE target = '{target}' AND target_id = thing.id
                AND user_id = :user_id AND emoji = :emoji
            RETURNING target_id
        ), counted AS ({_counted(target, "-")})
        SELECT EXISTS (SELECT FROM written)
        """  # noqa: S608 - constants
    )


ADD = {target: _add(target) for target in TABLES}
REMOVE = {target: _remove(target) for target in TABLES}
DROP = text(
    "DELETE FROM reactions WHERE target = :target AND target_id = ANY(CAST(:ids AS bigint[]))"
)
OF_MEMBER = text(
    "SELECT target, target_id, emoji FROM reactions WHERE user_id = :user_id "
    "ORDER BY target DESC, target_id, emoji"
)


async def add_reaction(
    session: WriteSession, target: ContentType, thing: int, member: UUID, emoji: str, helpful: int
) -> Row[Any]:
    """Write a reaction and count it; return whether the thing was `found` and it was `added`."""
    values = {"id": thing, "user_id": member, "emoji": emoji, "helpful": helpful}
    return (await session.execute(ADD[target], values)).one()


async def remove_reaction(
    session: WriteSession, target: ContentType, thing: int, member: UUID, emoji: str, helpful: int
) -> bool:
    """Take a reaction back and uncount it; return whether there was one."""
    values = {"id": thing, "user_id": member, "emoji": emoji, "helpful": helpful}
    return bool(await session.scalar(REMOVE[target], values))


async def drop_reactions(session: WriteSession, target: ContentType, things: Sequence[int]) -> None:
    """Delete all reactions to things that are deleted in this transaction."""
    await session.execute(DROP, {"target": target, "ids": list(things)})


async def reactions_by(session: WriteSession, member: UUID) -> Sequence[Row[Any]]:
    """Return a member's reactions, in the order in which things are locked."""
    return (await session.execute(OF_MEMBER, {"user_id": member})).all()
