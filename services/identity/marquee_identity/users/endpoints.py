"""Routes of members: oneself, and others."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from marquee_identity.clients import ClientDep
from marquee_identity.emails.proof import prove_member
from marquee_identity.emails.service import request_email_change
from marquee_identity.running import ContextDep, PartsDep
from marquee_identity.users.names import email_key
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
from marquee_shared.problems import SessionNeeded
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router = new_router(tags=["users"])


@router.get("/v1/me")
async def read_me(session: ReadSessionDep, member: CurrentMember, request: Request) -> UserRead:
    """Return the caller's own profile, private fields included."""
    user = await get_me(session, member.id)
    set_revision(request, user.revision)
    return UserRead.model_validate(user)


async def _allowed_change(
    body: UserUpdate,
    member: CurrentMember,
    context: ContextDep,
    parts: PartsDep,
    client: ClientDep,
) -> UserUpdate:
    """Return what is to change; another address takes a session and proof, as it does alone."""
    if "email" not in body.model_fields_set:
        return body
    async with context.database.reading() as session:
        user = await get_me(session, member.id)
    if user.email_key == email_key(body.email) and user.verified:
        return body.model_copy(update={"email": ""})
    if member.session_id is None or member.scopes:
        raise SessionNeeded
    await prove_member(context, parts, client, member, body.current_password)
    return body


@router.patch("/v1/me")
async def change_me(
    change: Annotated[UserUpdate, Depends(_allowed_change)],
    session: WriteSessionDep,
    member: CurrentMember,
    preconditions: PreconditionsDep,
    context: ContextDep,
    language: Language,
    response: Response,
) -> UserRead:
    """Change the fields given; a blank or null clears one.

    Tokens carry a new username or language from the next refresh on. Another `email` is as with
    `PUT /v1/me/email`: it needs `current_password`, and until its code is given the present one
    stays.
    """
    user = await update_me(session, member.id, change, preconditions)
    if change.email:
        await request_email_change(session, context, member.id, change.email, language)
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
