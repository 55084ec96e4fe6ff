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
from marquee_social.reactions.emoji import APPROVING, DISAPPROVING

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
LOCK = {
    target: text(
        f"SELECT id FROM {table} WHERE id IN (SELECT target_id FROM reactions "  # noqa: S608 - constants
        f"WHERE user_id = :user_id AND target = '{target}') ORDER BY id FOR UPDATE"
    )
    for target, table in TABLES.items()
}


def _erase(target: ContentType) -> TextClause:
    helpful = ", helpful = t.helpful - lost.helpful" if target == "review" else ""
    return text(
        f"""
        WITH gone AS (
            DELETE FROM reactions WHERE user_id = :user_id AND target = '{target}'
            RETURNING target_id, emoji
        ), lost AS (
            SELECT target_id, count(*) FILTER (WHERE emoji = ANY(CAST(:approving AS text[])))
                - count(*) FILTER (WHERE emoji = ANY(CAST(:disapproving AS text[]))) AS helpful
            FROM gone GROUP BY target_id
        ), counted AS (
            UPDATE {TABLES[target]} AS t SET reactions = (
                SELECT jsonb_object_agg(key, CAST(value AS integer) - (
                    SELECT count(*) FROM gone WHERE gone.target_id = t.id AND gone.emoji = key
                )) FROM jsonb_each_text(t.reactions)
            ){helpful}
            FROM lost WHERE lost.target_id = t.id
        )
        SELECT count(*) FROM gone
        """  # noqa: S608 - constants
    )


ERASE = {target: _erase(target) for target in TABLES}


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


async def erase_reactions(session: WriteSession, target: ContentType, member: UUID) -> int:
    """Delete and uncount all of a member's reactions to one kind of thing; return how many."""
    await session.execute(LOCK[target], {"user_id": member})
    values = {"approving": list(APPROVING), "disapproving": list(DISAPPROVING)}
    return int(await session.scalar(ERASE[target], {"user_id": member, **values}) or 0)
