"""Routes of tastes, of boarding and of following people."""

from typing import Annotated

from fastapi import Depends, Path, Response, status

from marquee_identity.running import ContextDep
from marquee_identity.tastes import service
from marquee_identity.tastes.catalog import Named
from marquee_identity.tastes.schemas import (
    FollowedPersonRead,
    Onboarding,
    TasteRead,
    TasteWrite,
)
from marquee_identity.users.schemas import UserRead
from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.caching import purge
from marquee_shared.events.identity import OnboardingRating
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.problems import EmailNotVerified
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router = new_router(tags=["taste"])

PersonSlug = Annotated[str, Path(max_length=200)]


async def _checked_taste(
    body: TasteWrite, _member: CurrentMember, context: ContextDep
) -> TasteWrite:
    await service.check_taste(context.peer("catalog"), body)
    return body


async def _checked_ratings(
    body: Onboarding, member: CurrentMember, context: ContextDep
) -> list[OnboardingRating]:
    if body.ratings and not member.verified:
        raise EmailNotVerified
    return await service.check_onboarding(context.peer("catalog"), body)


async def _person(slug: PersonSlug, _member: CurrentMember, context: ContextDep) -> Named:
    return await service.find_person(context.peer("catalog"), slug)


@router.get("/v1/me/taste")
async def read_taste(member: CurrentMember, session: ReadSessionDep) -> TasteRead:
    """Return what the caller says they like."""
    return await service.get_taste(session, member.id)


@router.put("/v1/me/taste")
async def change_taste(
    taste: Annotated[TasteWrite, Depends(_checked_taste)],
    member: CurrentMember,
    session: WriteSessionDep,
    response: Response,
) -> TasteRead:
    """Say what the caller likes, whole; recommendations follow at once.

    What the catalog does not know is 422, each named in `errors`: `unknown_genre`,
    `unknown_platform`, `unknown_person`.
    """
    purge(response, f"user:{member.id}")
    return await service.set_taste(session, member.id, taste)


@router.post("/v1/me/onboarding")
async def board(
    body: Onboarding,
    ratings: Annotated[list[OnboardingRating], Depends(_checked_ratings)],
    member: CurrentMember,
    session: WriteSessionDep,
    response: Response,
) -> UserRead:
    """Take in a taste and a few rated films, and set `boarded`.

    The ratings stand a moment later, and give way to newer ones; they need a verified address
    (403 `email_not_verified`). Tokens say `boarded` from the next refresh on.
    """
    user = await service.board(session, member.id, body, ratings)
    purge(response, f"user:{member.id}", "users")
    return UserRead.model_validate(user)


@router.get("/v1/me/following/people")
async def list_followed_people(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[FollowedPersonRead]:
    """List the actors and directors the caller follows, the latest first."""
    return await service.list_following(session, member.id, window)


@router.put(
    "/v1/me/following/people/{slug}",
    responses={status.HTTP_201_CREATED: {"model": FollowedPersonRead}},
)
async def follow_person(
    person: Annotated[Named, Depends(_person)],
    member: CurrentMember,
    session: WriteSessionDep,
    response: Response,
) -> FollowedPersonRead:
    """Follow an actor or director: 201 when that is new. At most 1,000."""
    followed, created = await service.follow(session, member.id, person)
    if created:
        response.status_code = status.HTTP_201_CREATED
    return followed


@router.delete("/v1/me/following/people/{slug}", status_code=status.HTTP_204_NO_CONTENT)
async def unfollow_person(
    slug: PersonSlug, member: CurrentMember, session: WriteSessionDep
) -> None:
    """Follow an actor or director no longer."""
    await service.unfollow(session, member.id, slug)
