"""The rules of tastes, of boarding, and of following people."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from marquee_identity.tastes import repository
from marquee_identity.tastes.catalog import Named, check_slugs, find_named
from marquee_identity.tastes.errors import FollowsTooMany, PersonNotFound
from marquee_identity.tastes.schemas import (
    FollowedPersonRead,
    Onboarding,
    TasteRead,
    TasteWrite,
)
from marquee_identity.users.models import User
from marquee_identity.users.service import get_me, lock_me, tell_update
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import (
    MemberOnboarded,
    OnboardingRating,
    PeopleFollowed,
    TasteChanged,
)
from marquee_shared.outbox import publish, publish_many
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_shared.peers import Peer
from marquee_shared.service import Context

MOST_FOLLOWED: Final = 1000
REPUBLISH_CHUNK: Final = 500
TASTE_PARTS: Final = ("genres", "platforms", "people")


async def get_taste(session: ReadSession, user_id: UUID) -> TasteRead:
    """Return what a member says they like; nothing, where they never said."""
    user = await get_me(session, user_id)
    taste = await repository.find_taste(session, user_id)
    return TasteRead(
        genres=taste.genres if taste else [],
        platforms=taste.platforms if taste else [],
        people=taste.people if taste else [],
        country=user.country,
    )


def asked_of(taste: TasteWrite) -> list[tuple[str, str, str]]:
    """Return what a taste names, as `check_slugs` takes it."""
    return [
        (f"/{kind}/{number}", kind, slug)
        for kind in TASTE_PARTS
        for number, slug in enumerate(getattr(taste, kind))
    ]


async def check_taste(catalog: Peer, taste: TasteWrite) -> None:
    """Refuse what the catalog does not know.

    Raises:
        UnknownSlugs: some of it is not there.
    """
    await check_slugs(catalog, asked_of(taste))


async def check_onboarding(catalog: Peer, given: Onboarding) -> list[OnboardingRating]:
    """Refuse what the catalog does not know; return the ratings by the films' ids.

    Raises:
        UnknownSlugs: some of it is not there.
    """
    films = [(f"/ratings/{n}/movie", "movies", r.movie) for n, r in enumerate(given.ratings)]
    taste = asked_of(given)
    found = await check_slugs(catalog, [*taste, *films])
    named: Sequence[Named] = found[len(taste) :]
    values = {film.id: float(r.value) for film, r in zip(named, given.ratings, strict=True)}
    return [OnboardingRating(movie_id=movie, value=value) for movie, value in values.items()]


async def set_taste(session: WriteSession, user_id: UUID, taste: TasteWrite) -> TasteRead:
    """Write what a member says they like, and tell of it."""
    user = await lock_me(session, user_id)
    await _write(session, user, taste)
    if user.country != taste.country:
        user.country = taste.country
        await tell_update(session, user)
    return TasteRead(**taste.model_dump(include={*TASTE_PARTS, "country"}))


async def _write(session: WriteSession, user: User, taste: TasteWrite) -> None:
    parts = taste.model_dump(include=set(TASTE_PARTS))
    revision = await repository.put_taste(session, user.id, **parts)
    told = TasteChanged(user_id=user.id, country=taste.country, **parts)
    await publish(session, told, revision)


async def board(
    session: WriteSession, user_id: UUID, given: Onboarding, ratings: list[OnboardingRating]
) -> User:
    """Take in what onboarding asked; the films rated travel to social by event.

    So all of it is there or none: social may be out of reach, and a member is boarded once.
    """
    user = await lock_me(session, user_id)
    await _write(session, user, given)
    user.country = given.country
    user.boarded = True
    await tell_update(session, user)
    told = MemberOnboarded(user_id=user.id, ratings=ratings, at=datetime.now(UTC))
    await publish(session, told, user.revision)
    return user


async def find_person(catalog: Peer, slug: str) -> Named:
    """Return someone of the catalog.

    Raises:
        PersonNotFound: nobody has this slug.
    """
    person = await find_named(catalog, "people", slug)
    if person is None:
        raise PersonNotFound
    return person


async def follow(
    session: WriteSession, user_id: UUID, person: Named
) -> tuple[FollowedPersonRead, bool]:
    """Follow someone; return them and whether that is new.

    Raises:
        FollowsTooMany: the member follows as many as one may.
    """
    user = await lock_me(session, user_id)
    since, created = await repository.add_followed(
        session, user_id, person.id, person.slug, person.name
    )
    people = await repository.all_followed(session, user_id)
    if len(people) > MOST_FOLLOWED:
        raise FollowsTooMany(limit=MOST_FOLLOWED)
    if created:
        await _tell_followed(session, user, people)
    read = FollowedPersonRead(id=person.id, slug=person.slug, name=person.name, followed_at=since)
    return read, created


async def unfollow(session: WriteSession, user_id: UUID, slug: str) -> None:
    """Follow someone no longer; nothing happens where that is so."""
    user = await lock_me(session, user_id)
    if await repository.remove_followed(session, user_id, slug):
        await _tell_followed(session, user, await repository.all_followed(session, user_id))


async def _tell_followed(session: WriteSession, user: User, people: Sequence[str]) -> None:
    user.follows_revision += 1
    await publish(
        session, PeopleFollowed(user_id=user.id, people=list(people)), user.follows_revision
    )


async def list_following(
    session: ReadSession, user_id: UUID, window: CursorWindow
) -> CursorPage[FollowedPersonRead]:
    """Return one stretch of whom a member follows, the newest first."""
    before = None
    if window.after is not None:
        before = (datetime.fromisoformat(window.after[0]), int(window.after[1]))
    found = await repository.list_followed(session, user_id, before=before, limit=window.limit + 1)
    return CursorPage(
        items=[
            FollowedPersonRead(
                id=row.person_id, slug=row.slug, name=row.name, followed_at=row.created_at
            )
            for row in found[: window.limit]
        ],
        next_cursor=window.next_cursor(
            [(row.created_at.isoformat(), row.person_id) for row in found]
        ),
    )


async def republish_tastes(context: Context[Any]) -> int:
    """Tell every taste, and whom its member follows, anew; return how many events."""
    told, after = 0, None
    while True:
        async with context.database.transaction() as session:
            users = await repository.list_tellers_after(session, after, REPUBLISH_CHUNK)
            if not users:
                return told
            events = [event for user in users for event in await _state(session, user)]
            await publish_many(session, events)
        told, after = told + len(events), users[-1].id


async def _state(
    session: WriteSession, user: User
) -> list[tuple[TasteChanged | PeopleFollowed, int]]:
    events: list[tuple[TasteChanged | PeopleFollowed, int]] = []
    taste = await repository.find_taste(session, user.id)
    if taste is not None:
        parts = {part: getattr(taste, part) for part in TASTE_PARTS}
        told = TasteChanged(user_id=user.id, country=user.country, **parts)
        events.append((told, taste.revision))
    if user.follows_revision:
        people = list(await repository.all_followed(session, user.id))
        events.append((PeopleFollowed(user_id=user.id, people=people), user.follows_revision))
    return events
