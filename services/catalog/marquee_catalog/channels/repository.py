"""Runs the SQL of channels."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text

from marquee_catalog.channels import documents
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.pagination import BrowseWindow

_AT_PATH = text(documents.AT_PATH)
_LIST_ROOTS = text(documents.LIST_ROOTS)
_LIST_BELOW = text(documents.LIST_BELOW)
_COUNT_ROOTS = text(documents.COUNT_ROOTS)
_COUNT_BELOW = text(documents.COUNT_BELOW)
_NODES = text(documents.NODES)

LOCK_TREE = text("SELECT lock_channels()")
"""Taken before anything of the tree is read for a write, so that what was read still holds when
it is written."""

_DELETE = tuple(
    text(f"{documents.SUBTREE} DELETE FROM {table} WHERE {column} IN (TABLE below)")  # noqa: S608 - our own names
    for table, column in (
        ("channel_groups", "channel_id"),
        ("contents", "channel_id"),
        ("channels", "id"),
    )
)
_UNKNOWN_GROUPS = text(
    "SELECT w.place, w.slug FROM unnest(CAST(:slugs AS text[])) WITH ORDINALITY AS w (slug, place) "
    "WHERE NOT EXISTS (SELECT FROM groups AS g WHERE g.slug = w.slug) ORDER BY w.place"
)
_TAKE_GROUPS = text(
    "DELETE FROM channel_groups AS cg USING groups AS g WHERE cg.channel_id = :id "
    "AND g.id = cg.group_id AND g.slug <> ALL(CAST(:slugs AS text[]))"
)
_GIVE_GROUPS = text(
    "INSERT INTO channel_groups (channel_id, group_id) SELECT :id, g.id FROM groups AS g "
    "WHERE g.slug = ANY(CAST(:slugs AS text[])) ON CONFLICT DO NOTHING"
)


async def read_at_path(
    session: ReadSession | WriteSession,
    slugs: Sequence[str],
    *,
    hidden: bool,
    groups: Sequence[str] | None = None,
) -> Row[Any] | None:
    """Return `id`, `type`, `revision`, `body` of what lies at a path, or None."""
    values = {"slugs": list(slugs), "hidden": hidden, "groups": list(groups) if groups else None}
    return (await session.execute(_AT_PATH, values)).one_or_none()


async def read_children(
    session: ReadSession,
    slugs: Sequence[str],
    window: BrowseWindow,
    *,
    hidden: bool,
    groups: Sequence[str],
) -> list[Row[Any]]:
    """Return `slug` and `body` of up to `limit + 1` channels directly below a path."""
    values: dict[str, Any] = {
        "hidden": hidden,
        "groups": list(groups) or None,
        "after": str(window.after[0]) if window.after else None,
        "offset": window.offset,
        "limit": window.limit + 1,
    }
    if slugs:
        return list(await session.execute(_LIST_BELOW, values | {"slugs": list(slugs)}))
    return list(await session.execute(_LIST_ROOTS, values))


async def count_children(
    session: ReadSession, slugs: Sequence[str], *, hidden: bool, groups: Sequence[str]
) -> int:
    """Return how many channels lie directly below a path."""
    values: dict[str, Any] = {"hidden": hidden, "groups": list(groups) or None}
    if slugs:
        return int(await session.scalar(_COUNT_BELOW, values | {"slugs": list(slugs)}) or 0)
    return int(await session.scalar(_COUNT_ROOTS, values) or 0)


async def read_chain(
    session: ReadSession | WriteSession, slugs: Sequence[str], *, hidden: bool = True
) -> list[Row[Any]]:
    """Return the channels on the way down a path, from the root, as far as there is one."""
    return list(await session.execute(_NODES, {"slugs": list(slugs), "hidden": hidden}))


async def unknown_groups(session: WriteSession, slugs: Sequence[str]) -> list[tuple[int, str]]:
    """Return position and slug of each group that does not exist."""
    rows = await session.execute(_UNKNOWN_GROUPS, {"slugs": list(slugs)})
    return [(row.place - 1, row.slug) for row in rows]


async def replace_groups(session: WriteSession, channel_id: int, slugs: Sequence[str]) -> None:
    """Make these a channel's own groups."""
    for statement in (_TAKE_GROUPS, _GIVE_GROUPS):
        await session.execute(statement, {"id": channel_id, "slugs": list(slugs)})


async def delete_subtree(session: WriteSession, channel_id: int) -> None:
    """Delete a channel and all below it."""
    for statement in _DELETE:
        await session.execute(statement, {"id": channel_id})
