"""The rules of groups."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert

from marquee_catalog.groups.errors import GroupExists, GroupNotFound
from marquee_catalog.groups.models import Group
from marquee_catalog.groups.schemas import GroupCreate, GroupUpdate
from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.pagination import BrowseWindow
from marquee_shared.slugs import slugify

_PAGE = text(
    "SELECT id, slug, title, revision, created_at, updated_at FROM groups "
    "WHERE CAST(:after AS text) IS NULL OR slug > :after ORDER BY slug OFFSET :offset LIMIT :limit"
)


async def list_groups(session: ReadSession, window: BrowseWindow) -> list[Row[Any]]:
    """Return up to `limit + 1` groups by slug."""
    after = str(window.after[0]) if window.after else None
    values = {"after": after, "offset": window.offset, "limit": window.limit + 1}
    return list(await session.execute(_PAGE, values))


async def count_groups(session: ReadSession) -> int:
    """Return how many groups there are."""
    return int(await session.scalar(text("SELECT count(*) FROM groups")) or 0)


async def get_group(session: ReadSession | WriteSession, slug: str, *, lock: bool = False) -> Group:
    """Return a group.

    Raises:
        GroupNotFound: there is none with this slug.
    """
    wanted = select(Group).where(Group.slug == slug)
    group = (await session.scalars(wanted.with_for_update() if lock else wanted)).one_or_none()
    if group is None:
        raise GroupNotFound
    return group


async def create_group(session: WriteSession, new: GroupCreate) -> Group:
    """Add a group; its slug is made of its title.

    Raises:
        GroupExists: another one has that slug.
    """
    slug = slugify(new.title, fallback="group")
    statement = insert(Group).values(slug=slug, title=new.title).on_conflict_do_nothing()
    group = (await session.scalars(statement.returning(Group))).one_or_none()
    if group is None:
        raise GroupExists(slug=slug)
    return group


async def update_group(
    session: WriteSession, slug: str, change: GroupUpdate, preconditions: Preconditions
) -> Group:
    """Change a group's title; its slug stays.

    Raises:
        GroupNotFound: there is none with this slug.
        PreconditionFailed: it has changed since.
    """
    group = await get_group(session, slug, lock=True)
    preconditions.require(group.revision)
    if change.title is not None:
        group.title = change.title
    group.revision += 1
    group.updated_at = datetime.now(UTC)
    await session.flush()
    preconditions.answered(group.revision)
    return group


async def delete_group(session: WriteSession, slug: str, preconditions: Preconditions) -> None:
    """Delete a group and take it off every channel; nothing happens when it is gone.

    Raises:
        PreconditionFailed: it has changed since.
    """
    await session.execute(text("SELECT lock_channels()"))
    try:
        group = await get_group(session, slug, lock=True)
    except GroupNotFound:
        return
    preconditions.require(group.revision)
    await session.delete(group)
    await session.flush()
