"""The rules of contents. Writes take the lock of the tree they hang in first."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, select

from marquee_catalog.channels import repository
from marquee_catalog.channels.errors import ChannelHasChannels, PathTaken
from marquee_catalog.channels.service import find_channel, get_at_path, split_path
from marquee_catalog.contents.errors import ContentNotFound
from marquee_catalog.contents.models import Content
from marquee_catalog.contents.schemas import ContentCreate, ContentUpdate
from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.slugs import slugify


async def get_content(session: ReadSession, slugs: list[str], *, hidden: bool) -> Row[Any]:
    """Return `id`, `revision` and `body` of the content at a path.

    Raises:
        ContentNotFound: there is none, or it or a channel above it is inactive.
    """
    found = await repository.read_at_path(session, slugs, hidden=hidden)
    if found is None or found.type != "content":
        raise ContentNotFound
    return found


async def _find(session: WriteSession, slugs: list[str]) -> Content | None:
    """Return the content at a path, hidden or not, its row locked; None where there is none.

    Raises:
        ContentNotFound: not even its channel exists.
    """
    await session.execute(repository.LOCK_TREE)
    above = slugs[:-1]
    chain = await repository.read_chain(session, above)
    if not above or len(chain) < len(above):
        raise ContentNotFound
    wanted = select(Content).where(Content.channel_id == chain[-1].id, Content.slug == slugs[-1])
    return (await session.scalars(wanted.with_for_update())).one_or_none()


async def _place(
    session: WriteSession, channel: str, slug: str, *, moved: int | None = None
) -> tuple[int, list[str]]:
    """Return the channel's id and the path that a content would have there.

    Raises:
        Invalid: there is no such channel.
        ChannelHasChannels: it is not a leaf.
        PathTaken: another content there has the slug.
    """
    found = await find_channel(session, channel, "/channel")
    if found.has_channels:
        raise ChannelHasChannels(path=channel)
    path = [*split_path(channel), slug]
    standing = await repository.read_at_path(session, path, hidden=True)
    if standing is not None and standing.id != moved:
        raise PathTaken(path="/".join(path))
    return found.id, path


async def create_content(session: WriteSession, new: ContentCreate) -> tuple[str, str]:
    """Add a content to a leaf channel; return its path and how its author reads it.

    Raises:
        Invalid: the channel does not exist.
        ChannelHasChannels: the channel is not a leaf.
        PathTaken: another content there has the same slug.
    """
    await session.execute(repository.LOCK_TREE)
    slug = slugify(new.title, fallback="content")
    channel_id, path = await _place(session, new.channel, slug)
    content = Content(
        channel_id=channel_id,
        slug=slug,
        title=new.title,
        file_url=new.file_url,
        details=new.metadata or {},
        rating=new.rating,
        active=True if new.active is None else new.active,
    )
    session.add(content)
    await session.flush()
    return "/".join(path), (await get_at_path(session, path, hidden=True)).body


async def update_content(
    session: WriteSession, path: str, change: ContentUpdate, preconditions: Preconditions
) -> str:
    """Change or move a content; return how its author reads it.

    Raises:
        ContentNotFound: there is none at this path.
        PreconditionFailed: it has changed since.
        Invalid: the new channel does not exist.
        ChannelHasChannels: the new channel is not a leaf.
        PathTaken: another content there has the same slug.
    """
    slugs = split_path(path)
    content = await _find(session, slugs)
    if content is None:
        raise ContentNotFound
    preconditions.require(content.revision)
    if change.channel is not None:
        content.channel_id, slugs = await _place(
            session, change.channel, content.slug, moved=content.id
        )
    for name in change.model_fields_set & {"title", "file_url", "rating", "active"}:
        setattr(content, name, getattr(change, name))
    if change.metadata is not None:
        content.details = change.metadata
    content.revision += 1
    content.updated_at = datetime.now(UTC)
    await session.flush()
    preconditions.answered(content.revision)
    return str((await get_at_path(session, slugs, hidden=True)).body)


async def delete_content(session: WriteSession, path: str, preconditions: Preconditions) -> None:
    """Delete a content; nothing happens where it is gone already.

    Raises:
        ContentNotFound: its channel does not exist.
        PreconditionFailed: it has changed since.
    """
    content = await _find(session, split_path(path))
    if content is not None:
        preconditions.require(content.revision)
        await session.delete(content)
        await session.flush()
