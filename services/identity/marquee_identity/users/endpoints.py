"""Routes of members: oneself, and others."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from marquee_identity.users.schemas import (
    LanguageChoice,
    LanguageRead,
    UserProfile,
    UserPublic,
    UserRead,
    UserUpdate,
)
from marquee_identity.users.service import browse_users, get_me, get_profile, update_me
from marquee_shared.auth.dependencies import CurrentMember, OptionalCaller
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


@router.get("/v1/me/language")
async def read_language(member: CurrentMember, session: ReadSessionDep) -> LanguageRead:
    """Return the language the caller has chosen."""
    return LanguageRead.model_validate(await get_me(session, member.id))


@router.put("/v1/me/language")
async def choose_language(
    body: LanguageChoice,
    session: WriteSessionDep,
    member: CurrentMember,
    preconditions: PreconditionsDep,
    response: Response,
) -> LanguageRead:
    """Choose the language of answers and mails."""
    change = UserUpdate(language=body.language)
    user = await update_me(session, member.id, change, preconditions)
    purge(response, f"user:{user.id}", "users")
    return LanguageRead.model_validate(user)


@router.get("/v1/users", response_model_exclude_unset=True)
async def list_users(
    session: ReadSessionDep,
    window: BrowseWindowDep,
    caller: OptionalCaller,
    q: Annotated[
        str | None,
        Query(
            max_length=100,
            description="Each word must begin the username, the first or the last name; case and "
            "accents do not matter.",
        ),
    ] = None,
) -> BrowsePage[UserPublic]:
    """Browse members by username, or search them by their names.

    Members whom the caller has blocked, or who have blocked them, are not there, nor are those who
    are leaving or suspended.
    """
    return await browse_users(session, q, window, caller.id if caller else None)


@router.get("/v1/users/{username}")
async def read_user(
    username: Annotated[str, Path(max_length=100)],
    session: ReadSessionDep,
    caller: OptionalCaller,
    response: Response,
) -> UserProfile:
    """Return a member's profile, and what they and the caller are to each other."""
    profile = await get_profile(session, username, caller)
    tag_answer(response, f"user:{profile.id}")
    return profile
