"""Routes of changing a password and of resetting a forgotten one."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from marquee_identity.clients import ClientDep
from marquee_identity.passwords.checks import accept_password, check_current_password
from marquee_identity.passwords.schemas import PasswordChange, ResetConfirm, ResetRequest
from marquee_identity.passwords.service import (
    GivenReset,
    NewHash,
    change_password,
    confirm_reset,
    request_reset,
)
from marquee_identity.running import ContextDep, PartsDep
from marquee_identity.sessions.members import SignedInMember
from marquee_identity.users.names import email_key
from marquee_identity.users.repository import find_user_by_email
from marquee_shared.database import Database
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import WriteSessionDep

router = new_router(tags=["passwords"])


async def _new_hash(
    body: PasswordChange,
    member: SignedInMember,
    context: ContextDep,
    parts: PartsDep,
    client: ClientDep,
    language: Language,
) -> NewHash:
    checked = await check_current_password(
        context.database, parts, client, member.id, body.current_password
    )
    user = checked.user
    personal = (user.username, user.email, user.first_name, user.last_name)
    await accept_password(parts, body.new_password, personal, language)
    return NewHash(await parts.passwords.hash(body.new_password), checked.password_hash)


@router.put("/v1/me/password", status_code=status.HTTP_204_NO_CONTENT)
async def replace_password(
    new: Annotated[NewHash, Depends(_new_hash)],
    member: SignedInMember,
    session: WriteSessionDep,
    context: ContextDep,
    client: ClientDep,
    language: Language,
) -> None:
    """Change the caller's password; their other sessions end, and a mail tells them.

    A wrong current password is 422 `wrong_password`, and after several 429. An account without a
    password is 409 `no_password`.
    """
    await change_password(session, context, member, new, client, language)


async def _account(database: Database, email: str) -> tuple[UUID | None, str]:
    """Return the member with an address, and what their account is called in limits."""
    key = email_key(email)
    async with database.reading() as session:
        user = await find_user_by_email(session, key)
    return (user.id, str(user.id)) if user is not None else (None, f"unknown {key}")


async def _reset_account(
    body: ResetRequest, context: ContextDep, parts: PartsDep, client: ClientDep
) -> UUID | None:
    user_id, account = await _account(context.database, body.email)
    await parts.attempts.reset(account, client.network)
    return user_id


@router.post("/v1/auth/password-reset", status_code=status.HTTP_202_ACCEPTED)
async def ask_for_reset(
    user_id: Annotated[UUID | None, Depends(_reset_account)],
    session: WriteSessionDep,
    context: ContextDep,
    language: Language,
) -> None:
    """Mail a code by which the password can be set anew, if there is such an account.

    The answer is the same whether or not there is. At most one mail a minute is sent; after
    several calls, 429 with a growing `Retry-After`.
    """
    await request_reset(session, context, user_id, language)


async def _given_reset(
    body: ResetConfirm,
    context: ContextDep,
    parts: PartsDep,
    client: ClientDep,
    language: Language,
) -> GivenReset:
    """Count the try, and do all that takes a while before it is known whether the code is right."""
    user_id, account = await _account(context.database, body.email)
    await parts.attempts.reset_code(account, client.network)
    await accept_password(parts, body.new_password, [body.email], language)
    password_hash = await parts.passwords.hash(body.new_password)
    return GivenReset(user_id, body.code, body.new_password, password_hash)


@router.post("/v1/auth/password-reset/confirm", status_code=status.HTTP_204_NO_CONTENT)
async def reset_password(
    given: Annotated[GivenReset, Depends(_given_reset)],
    session: WriteSessionDep,
    context: ContextDep,
    client: ClientDep,
    language: Language,
) -> None:
    """Set a new password with the code from the mail; every session of the account ends.

    A code works once, for 15 minutes, and is gone after five wrong tries; whatever is wrong with
    code or address is 422 `invalid_code`.
    """
    await confirm_reset(session, context, given, client, language)
