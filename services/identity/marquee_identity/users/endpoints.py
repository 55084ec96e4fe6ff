"""Routes of members: oneself, and others."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from marquee_identity.users.schemas import UserPublic, UserRead, UserUpdate
from marquee_identity.users.service import browse_users, get_me, get_user, update_me
from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.caching import purge, tag_answer
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.pagination import BrowsePage, BrowseWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router = new_router(tags=["users"])


@router.get("/v1/me")
async def read_me(session: ReadSessionDep, member: CurrentMember, request: Request) -> UserRead:
    """Return the caller's own profile, private fields included."""
    user = await get_me(session, member.id)
    set_revision(request, user.revision)
    return UserRead.model_validate(user)


@router.patch("/v1/me")
async def change_me(
    body: UserUpdate,
    session: WriteSessionDep,
    member: CurrentMember,
    preconditions: PreconditionsDep,
    response: Response,
) -> UserRead:
    """Change the fields given; a blank or null clears one.

    Tokens carry a new username or language from the next refresh on.
    """
    user = await update_me(session, member.id, body, preconditions)
    purge(response, f"user:{user.id}", "users")
    return UserRead.model_validate(user)


@router.get("/v1/users", response_model_exclude_unset=True)
async def list_users(
    session: ReadSessionDep,
    window: BrowseWindowDep,
    q: Annotated[
        str | None,
        Query(
            max_length=100,
            description="Each word must begin the username, the first or the last name; case and "
            "accents do not matter.",
        ),
    ] = None,
) -> BrowsePage[UserPublic]:
    """Browse members by username, or search them by their names."""
    return await browse_users(session, q, window)


@router.get("/v1/users/{username}")
async def read_user(
    username: Annotated[str, Path(max_length=100)],
    session: ReadSessionDep,
    request: Request,
    response: Response,
) -> UserPublic:
    """Return a member's public profile."""
    user = await get_user(session, username)
    set_revision(request, user.revision)
    tag_answer(response, f"user:{user.id}")
    return UserPublic.model_validate(user)
