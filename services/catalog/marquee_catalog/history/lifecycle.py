"""What all things with slug and versions go through: locked, renamed, deleted, restored, gone."""

from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import delete, select, text

from marquee_catalog.history.slugs import (
    claim_slug,
    forget_slugs,
    leads_on,
    missing,
    remember_slug,
)
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.problems import NotFound


class Kept(Protocol):
    """A row with a slug, versions and a soft deletion."""

    id: Any
    slug: Any
    revision: Any
    created_at: Any
    updated_at: Any
    deleted_at: Any


ThingT = TypeVar("ThingT", bound=Kept)

_BURY = text(
    "INSERT INTO tombstones (kind, id, slug, revision) VALUES (:kind, :id, :slug, :revision)"
)
_BURIED = text("SELECT max(id) FROM tombstones WHERE kind = :kind AND slug = :slug")


async def lock_live(
    session: WriteSession, model: type[ThingT], kind: str, slug: str, problem: type[NotFound]
) -> ThingT:
    """Return the live thing with a slug, its row locked.

    Raises:
        Moved: the slug is a former one.
        NotFound: `problem`: nothing live has it.
    """
    query = select(model).where(model.slug == slug, model.deleted_at.is_(None))
    thing = (await session.scalars(query.with_for_update())).one_or_none()
    if thing is None:
        raise await missing(session, kind, slug, problem)
    return thing


async def find_latest(
    session: ReadSession | WriteSession, model: type[ThingT], slug: str, *, lock: bool = False
) -> ThingT | None:
    """Return the live thing with a slug, else the one deleted last, or None."""
    query = select(model).where(model.slug == slug)
    things = (await session.scalars(query.with_for_update() if lock else query)).all()
    return max(
        things,
        key=lambda thing: (thing.deleted_at is None, thing.deleted_at or thing.created_at),
        default=None,
    )


async def any_id(session: ReadSession, model: type[ThingT], kind: str, slug: str) -> int | None:
    """Return the id of what has a slug, or had it when it was deleted, even for good."""
    thing = await find_latest(session, model, slug)
    if thing is not None and (thing.deleted_at is None or not await leads_on(session, kind, slug)):
        found: int = thing.id
        return found
    return await buried_id(session, kind, slug)


async def buried_id(session: ReadSession | WriteSession, kind: str, slug: str) -> int | None:
    """Return the id of what had this slug when it was deleted for good."""
    found: int | None = await session.scalar(_BURIED, {"kind": kind, "slug": slug})
    return found


def touch(thing: Kept) -> None:
    """Give a thing its next revision."""
    thing.revision += 1
    thing.updated_at = datetime.now(UTC)


async def rename(session: WriteSession, kind: str, thing: Kept, slug: str) -> None:
    """Give a thing another slug; the former one leads to it.

    Raises:
        SlugTaken: another has it, or had it.
    """
    if slug == thing.slug:
        return
    await claim_slug(session, kind, slug, thing.id)
    await remember_slug(session, kind, thing.slug, thing.id)
    thing.slug = slug


def delete_softly(thing: Kept) -> None:
    """Take a thing out of sight."""
    touch(thing)
    thing.deleted_at = thing.updated_at


async def revive(session: WriteSession, kind: str, thing: Kept) -> None:
    """Bring a thing back under its slug.

    Raises:
        SlugTaken: its slug leads to what it was merged into.
    """
    await claim_slug(session, kind, thing.slug, thing.id)
    thing.deleted_at = None
    touch(thing)


async def destroy(session: WriteSession, model: type[ThingT], kind: str, thing: ThingT) -> int:
    """Delete a thing for good, leaving a tombstone; return the tombstone's revision."""
    revision: int = thing.revision + 1
    values = {"kind": kind, "id": thing.id, "slug": thing.slug, "revision": revision}
    await session.execute(_BURY, values)
    await forget_slugs(session, kind, thing.id)
    await session.execute(delete(model).where(model.id == thing.id))
    session.expunge(thing)
    return revision
