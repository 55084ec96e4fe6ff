"""The rules of channels.

Writes take the tree's lock first, so every check here still holds at the commit; what slips past
(another writer of the database) is refused by the triggers.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from marquee_catalog.channels import repository
from marquee_catalog.channels.errors import (
    ChannelCycle,
    ChannelHasContents,
    ChannelNotEmpty,
    ChannelNotFound,
    PathTaken,
)
from marquee_catalog.channels.models import Channel
from marquee_catalog.channels.schemas import ChannelCreate, ChannelUpdate
from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.pagination import BrowseWindow
from marquee_shared.problems import FieldError, Invalid
from marquee_shared.slugs import slugify

RESERVED_ROOTS = frozenset({"ratings"})
"""Words that stand where a root channel's slug would: `/v1/channels/ratings`."""


def split_path(path: str) -> list[str]:
    """Return the slugs of a path; an empty one stays and matches nothing."""
    return path.split("/")


async def get_at_path(
    session: ReadSession | WriteSession,
    slugs: list[str],
    *,
    hidden: bool,
    groups: list[str] | None = None,
) -> Row[Any]:
    """Return `id`, `type`, `revision` and `body` of the channel or content at a path.

    Raises:
        ChannelNotFound: there is none, or it or one above it is inactive.
    """
    found = await repository.read_at_path(session, slugs, hidden=hidden, groups=groups)
    if found is None:
        raise ChannelNotFound
    return found


async def list_channels(
    session: ReadSession,
    parent: str | None,
    window: BrowseWindow,
    *,
    hidden: bool,
    groups: list[str],
) -> tuple[list[Row[Any]], int | None]:
    """Return `slug` and `body` of up to `limit + 1` roots, or children; and how many in all.

    A parent that is not there has none, as an unknown slug in any filter.
    """
    slugs = split_path(parent) if parent is not None else []
    rows = await repository.read_children(session, slugs, window, hidden=hidden, groups=groups)
    total = None
    if window.page is not None:
        total = await repository.count_children(session, slugs, hidden=hidden, groups=groups)
    return rows, total


async def find_channel(session: WriteSession, path: str, pointer: str) -> Row[Any]:
    """Return the channel that a body names, hidden or not, as `id`, `has_channels` and so on.

    Raises:
        Invalid: there is none.
    """
    slugs = split_path(path)
    chain = await repository.read_chain(session, slugs)
    if len(chain) < len(slugs):
        raise Invalid.at(pointer, "unknown_path", "There is no channel at this path.")
    return chain[-1]


def _slug(title: str, *, root: bool) -> str:
    slug = slugify(title, fallback="channel")
    return f"{slug}-channel" if root and slug in RESERVED_ROOTS else slug


async def _place(
    session: WriteSession, parent: str | None, slug: str, *, moved: int | None = None
) -> tuple[int | None, list[str]]:
    """Return the parent's id and the path that a channel would have there.

    Raises:
        Invalid: there is no such parent.
        ChannelCycle: it is the moved channel, or below it.
        ChannelHasContents: it is no place for channels.
        PathTaken: a sibling has the slug.
    """
    above = split_path(parent) if parent is not None else []
    parent_id = None
    if parent is not None:
        found = await find_channel(session, parent, "/parent")
        if moved is not None and moved in {
            row.id for row in await repository.read_chain(session, above)
        }:
            raise ChannelCycle
        if found.has_contents:
            raise ChannelHasContents(path=parent)
        parent_id = found.id
    path = [*above, slug]
    standing = await repository.read_chain(session, path)
    if len(standing) == len(path) and standing[-1].id != moved:
        raise PathTaken(path="/".join(path))
    return parent_id, path


async def _set_groups(session: WriteSession, channel_id: int, slugs: list[str]) -> None:
    if unknown := await repository.unknown_groups(session, slugs):
        raise Invalid(errors=[
            FieldError(pointer=f"/groups/{place}", code="unknown_slug",
                       detail=f"There is no {slug!r}.")
            for place, slug in unknown
        ])  # fmt: skip
    await repository.replace_groups(session, channel_id, slugs)


async def create_channel(session: WriteSession, new: ChannelCreate) -> tuple[str, str]:
    """Add a channel; return its path and how its author reads it.

    Raises:
        Invalid: the parent or a group does not exist.
        ChannelHasContents: the parent is no place for channels.
        PathTaken: a sibling has the same slug.
    """
    await session.execute(repository.LOCK_TREE)
    slug = _slug(new.title, root=new.parent is None)
    parent_id, path = await _place(session, new.parent, slug)
    channel = Channel(
        parent_id=parent_id,
        slug=slug,
        title=new.title,
        language=new.language,
        picture_url=new.picture_url,
        active=True if new.active is None else new.active,
    )
    session.add(channel)
    await session.flush()
    await _set_groups(session, channel.id, new.groups or [])
    return "/".join(path), (await get_at_path(session, path, hidden=True)).body


async def _lock_channel(session: WriteSession, slugs: list[str]) -> Channel:
    await session.execute(repository.LOCK_TREE)
    chain = await repository.read_chain(session, slugs)
    if len(chain) < len(slugs):
        raise ChannelNotFound
    return await session.get_one(Channel, chain[-1].id, with_for_update=True)


async def update_channel(
    session: WriteSession, path: str, change: ChannelUpdate, preconditions: Preconditions
) -> str:
    """Change or move a channel, with all below it; return how its author reads it.

    Raises:
        ChannelNotFound: there is none at this path.
        PreconditionFailed: it has changed since.
        Invalid: the new parent or a group does not exist.
        ChannelCycle: the new parent is the channel itself, or below it.
        ChannelHasContents: the new parent is no place for channels.
        PathTaken: a channel there has the same slug.
    """
    slugs = split_path(path)
    channel = await _lock_channel(session, slugs)
    preconditions.require(channel.revision)
    given = change.model_fields_set
    if "parent" in given:
        slug = channel.slug
        if change.parent is None and slug in RESERVED_ROOTS:
            raise PathTaken(path=slug)
        channel.parent_id, slugs = await _place(session, change.parent, slug, moved=channel.id)
    for name in given & {"title", "active", "language", "picture_url"}:
        setattr(channel, name, getattr(change, name))
    channel.revision += 1
    channel.updated_at = datetime.now(UTC)
    await session.flush()
    if change.groups is not None:
        await _set_groups(session, channel.id, change.groups)
    preconditions.answered(channel.revision)
    return str((await get_at_path(session, slugs, hidden=True)).body)


async def delete_channel(
    session: WriteSession, path: str, preconditions: Preconditions, *, recursive: bool
) -> None:
    """Delete a channel, with all below it where that is asked for.

    Nothing happens where it is gone already.

    Raises:
        ChannelNotFound: the channel above it does not exist.
        PreconditionFailed: it has changed since.
        ChannelNotEmpty: there is something below it, and `recursive` was not asked for.
    """
    slugs = split_path(path)
    await session.execute(repository.LOCK_TREE)
    chain = await repository.read_chain(session, slugs)
    if len(chain) < len(slugs) - 1:
        raise ChannelNotFound
    if len(chain) < len(slugs):
        return
    found = chain[-1]
    channel = await session.get_one(Channel, found.id, with_for_update=True)
    preconditions.require(channel.revision)
    if (found.has_channels or found.has_contents) and not recursive:
        raise ChannelNotEmpty
    await repository.delete_subtree(session, found.id)
