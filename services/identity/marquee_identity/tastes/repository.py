"""SQL of tastes and of followed people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from marquee_identity.tastes.models import FollowedPerson, Taste
from marquee_identity.users.models import User
from marquee_shared.database import ReadSession, WriteSession


async def find_taste(session: ReadSession | WriteSession, user_id: UUID) -> Taste | None:
    """Return a member's taste."""
    return await session.get(Taste, user_id)


async def put_taste(
    session: WriteSession,
    user_id: UUID,
    *,
    genres: Sequence[str],
    platforms: Sequence[str],
    people: Sequence[str],
) -> int:
    """Write a member's taste and return its revision."""
    values = {"genres": list(genres), "platforms": list(platforms), "people": list(people)}
    statement = insert(Taste).values(user_id=user_id, revision=1, **values)
    result = await session.execute(
        statement.on_conflict_do_update(
            index_elements=[Taste.user_id],
            set_={**values, "revision": Taste.revision + 1, "updated_at": func.now()},
        ).returning(Taste.revision)
    )
    return int(result.scalar_one())


async def list_tellers_after(
    session: WriteSession, after: UUID | None, limit: int
) -> Sequence[User]:
    """Return members with a taste or people followed, by id, for going through all of them."""
    tasted = select(Taste.user_id).where(Taste.user_id == User.id).exists()
    statement = select(User).where(tasted | (User.follows_revision > 0))
    if after is not None:
        statement = statement.where(User.id > after)
    return (await session.scalars(statement.order_by(User.id).limit(limit))).all()


async def add_followed(
    session: WriteSession, user_id: UUID, person_id: int, slug: str, name: str
) -> tuple[datetime, bool]:
    """Follow someone; return since when, and whether that is new. Their name is renewed."""
    statement = insert(FollowedPerson).values(
        user_id=user_id, person_id=person_id, slug=slug, name=name
    )
    result: Any = await session.execute(
        statement.on_conflict_do_update(
            index_elements=[FollowedPerson.user_id, FollowedPerson.person_id],
            set_={"slug": slug, "name": name},
        ).returning(FollowedPerson.created_at, literal_column("xmax = 0"))
    )
    since, created = result.one()
    return since, bool(created)


async def remove_followed(session: WriteSession, user_id: UUID, slug: str) -> bool:
    """Follow someone no longer; False when that was so before."""
    statement = (
        delete(FollowedPerson)
        .where(FollowedPerson.user_id == user_id, FollowedPerson.slug == slug)
        .returning(FollowedPerson.person_id)
    )
    return bool((await session.scalars(statement)).all())


async def all_followed(session: WriteSession, user_id: UUID) -> Sequence[str]:
    """Return the slugs of all whom a member follows, by id."""
    statement = (
        select(FollowedPerson.slug)
        .where(FollowedPerson.user_id == user_id)
        .order_by(FollowedPerson.person_id)
    )
    return (await session.scalars(statement)).all()


async def list_followed(
    session: ReadSession, user_id: UUID, *, before: tuple[datetime, int] | None, limit: int
) -> Sequence[FollowedPerson]:
    """Return whom a member follows, the newest first, below a sort key."""
    key = tuple_(FollowedPerson.created_at, FollowedPerson.person_id)
    statement = select(FollowedPerson).where(FollowedPerson.user_id == user_id)
    if before is not None:
        statement = statement.where(key < before)
    newest_first = (FollowedPerson.created_at.desc(), FollowedPerson.person_id.desc())
    return (await session.scalars(statement.order_by(*newest_first).limit(limit))).all()
