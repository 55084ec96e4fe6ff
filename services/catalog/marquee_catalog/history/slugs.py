"""Slugs of now and of before: choosing a free one, renaming, and where a former one leads.

A slug that a thing once had, or that something merged into it had, goes on leading to it; no
other thing gets it while that one lives.
"""

from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import text

from marquee_catalog.history.errors import SlugTaken
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.problems import Moved, NotFound

Key = TypeVar("Key")

TABLES = {
    "movie": "movies",
    "person": "people",
    "genre": "genres",
    "platform": "platforms",
    "award": "awards",
    "tag": "tags",
}
"""Kind → table of everything that has a slug."""

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('catalog.slugs.' || CAST(:kind AS text)))")

_LEADS_TO = {
    kind: text(
        f"SELECT t.slug FROM former_slugs AS f JOIN {table} AS t ON t.id = f.target_id "  # noqa: S608 - our own names
        f"AND t.deleted_at IS NULL WHERE f.kind = '{kind}' AND f.slug = :slug"
    )
    for kind, table in TABLES.items()
}

_TAKEN = {
    kind: text(
        f"""
        SELECT slug FROM {table} WHERE deleted_at IS NULL AND slug = ANY(CAST(:slugs AS text[]))
        UNION
        SELECT f.slug FROM former_slugs AS f JOIN {table} AS t ON t.id = f.target_id
        WHERE f.kind = '{kind}' AND f.slug = ANY(CAST(:slugs AS text[]))
          AND t.deleted_at IS NULL AND t.id <> :own_id
        """  # noqa: S608 - our own names
    )
    for kind, table in TABLES.items()
}

_NUMBERED = {
    kind: text(
        f"""
        SELECT slug FROM (
            SELECT slug FROM {table}
            WHERE deleted_at IS NULL AND slug >= :slug || '-' AND slug < :slug || '.'
            UNION
            SELECT slug FROM former_slugs
            WHERE kind = '{kind}' AND slug >= :slug || '-' AND slug < :slug || '.'
        ) AS taken
        WHERE substr(slug, length(:slug) + 2) ~ '^[0-9]+$'
        """  # noqa: S608 - our own names
    )
    for kind, table in TABLES.items()
}

_REMEMBER = text(
    "INSERT INTO former_slugs (kind, slug, target_id) VALUES (:kind, :slug, :target_id) "
    "ON CONFLICT (kind, slug) DO UPDATE SET target_id = excluded.target_id"
)
_RETARGET = text(
    "UPDATE former_slugs SET target_id = :into WHERE kind = :kind AND target_id = :gone"
)
_FORGET = text("DELETE FROM former_slugs WHERE kind = :kind AND target_id = :target_id")


async def lock_slugs(session: WriteSession, kind: str) -> None:
    """Let one transaction at a time choose slugs of a kind: two homonyms never choose the same."""
    await session.execute(_LOCK, {"kind": kind})


async def taken_slugs(
    session: WriteSession, kind: str, slugs: list[str], *, own_id: int = 0
) -> set[str]:
    """Return those that a live thing has, or that lead to a live thing other than `own_id`."""
    found = await session.execute(_TAKEN[kind], {"slugs": slugs, "own_id": own_id})
    return set(found.scalars())


async def free_slug(session: WriteSession, kind: str, wanted: str) -> str:
    """Return the slug wanted, or the first of `wanted-2`, `wanted-3` … that is free."""
    await lock_slugs(session, kind)
    if not await taken_slugs(session, kind, [wanted]):
        return wanted
    taken = set((await session.execute(_NUMBERED[kind], {"slug": wanted})).scalars())
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"


async def choose_slugs(
    session: WriteSession, kind: str, wanted: Iterable[tuple[Key, str]]
) -> dict[Key, str]:
    """Give each of many new things a free slug, none the same, in the order given."""
    await lock_slugs(session, kind)
    rows = list(wanted)
    taken = await taken_slugs(session, kind, [slug for _, slug in rows])
    chosen: dict[Key, str] = {}
    for key, own in rows:
        slug = own
        if slug in taken:
            slug, number = await free_slug(session, kind, own), 2
            while slug in taken:
                slug = f"{own}-{number}"
                number += 1
        taken.add(slug)
        chosen[key] = slug
    return chosen


async def claim_slug(session: WriteSession, kind: str, slug: str, own_id: int = 0) -> None:
    """Make sure that a slug is free for this thing, until the transaction ends.

    Raises:
        SlugTaken: another has it, or had it.
    """
    await lock_slugs(session, kind)
    if await taken_slugs(session, kind, [slug], own_id=own_id):
        raise SlugTaken


async def remember_slug(session: WriteSession, kind: str, slug: str, target_id: int) -> None:
    """Let a slug that its thing no longer has lead to `target_id`."""
    await session.execute(_REMEMBER, {"kind": kind, "slug": slug, "target_id": target_id})


async def lead_on(session: WriteSession, kind: str, gone: int, into: int) -> None:
    """Let every slug that led to `gone` lead to what it was merged into."""
    await session.execute(_RETARGET, {"kind": kind, "gone": gone, "into": into})


async def forget_slugs(session: WriteSession, kind: str, target_id: int) -> None:
    """Drop the slugs that led to something that is gone for good."""
    await session.execute(_FORGET, {"kind": kind, "target_id": target_id})


async def leads_on(session: ReadSession | WriteSession, kind: str, slug: str) -> str | None:
    """Return the slug of now of the live thing that a former slug leads to, or None."""
    found: str | None = await session.scalar(_LEADS_TO[kind], {"slug": slug})
    return found


async def missing(
    session: ReadSession | WriteSession, kind: str, slug: str, problem: type[NotFound]
) -> NotFound | Moved:
    """Return what to raise when nothing live has a slug: 308 where it leads, else this 404."""
    leads_to = await leads_on(session, kind, slug)
    return Moved(leads_to) if leads_to is not None else problem()
