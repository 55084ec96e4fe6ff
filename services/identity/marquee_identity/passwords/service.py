"""The rules of changing a password, and of resetting a forgotten one."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from uuid6 import uuid7

from marquee_identity.accounts import codes, repository
from marquee_identity.accounts.errors import CodeExpired, InvalidCode
from marquee_identity.accounts.service import tell_verified, use_code
from marquee_identity.clients import Client
from marquee_identity.passwords.checks import accept_password
from marquee_identity.passwords.errors import WrongPassword
from marquee_identity.running import parts_of
from marquee_identity.security.service import record_event
from marquee_identity.sessions.service import end_sessions
from marquee_identity.users.repository import lock_user
from marquee_identity.users.service import lock_me
from marquee_shared.auth.principals import Principal
from marquee_shared.database import WriteSession
from marquee_shared.jobs import create_job
from marquee_shared.service import Context

RESET: Final = "start_password_reset"


@dataclass(frozen=True, slots=True)
class NewHash:
    """An accepted new password, hashed; `replaces` is the hash that the old one matched."""

    password_hash: str
    replaces: str


async def change_password(
    session: WriteSession,
    context: Context[Any],
    member: Principal,
    new: NewHash,
    client: Client,
    language: str,
) -> None:
    """Give the caller another password, and end their other sessions.

    Raises:
        WrongPassword: it was changed by somebody else in the same moment.
    """
    user = await lock_me(session, member.id)
    if user.password_hash != new.replaces:
        raise WrongPassword
    user.password_hash = new.password_hash
    await end_sessions(session, user.id, "password_changed", but=member.session_id)
    await repository.delete_codes(session, user.id, codes.RESET_PASSWORD)
    await record_event(session, context, user, "password_changed", client, language=language)


async def request_reset(
    session: WriteSession, context: Context[Any], user_id: UUID | None, language: str
) -> None:
    """Have a reset code mailed; where there is no account the same work comes to nothing."""
    parameters = {"user_id": str(user_id) if user_id else None, "language": language}
    await create_job(session, context, RESET, parameters, requested_by=user_id)


@dataclass(frozen=True, slots=True)
class GivenReset:
    """What came with a reset: `user_id` None where there is no such account."""

    user_id: UUID | None
    code: str
    password: str
    password_hash: str


async def confirm_reset(
    session: WriteSession,
    context: Context[Any],
    given: GivenReset,
    client: Client,
    language: str,
) -> None:
    """Give a member the new password, and end all their sessions.

    Raises:
        InvalidCode: no such account, no code, or another: the same in every respect.
        Invalid: the password is about the member; the code may be used again.
    """
    user = await lock_user(session, given.user_id or UUID(int=uuid7().int))
    try:
        await use_code(
            session,
            context,
            user.id if user is not None else UUID(int=0),
            codes.RESET_PASSWORD,
            given.code,
        )
    except CodeExpired:
        await repository.write_nothing(session)
        raise InvalidCode from None
    if user is None:
        raise InvalidCode
    personal = (user.username, user.email, user.first_name, user.last_name)
    await accept_password(parts_of(context), given.password, personal, language)
    user.password_hash = given.password_hash
    if not user.verified:
        await tell_verified(session, user)  # who got the code owns the address
    await repository.delete_codes(session, user.id, codes.VERIFY_EMAIL, codes.CHANGE_EMAIL)
    await end_sessions(session, user.id, "password_reset")
    await record_event(session, context, user, "password_reset", client, language=language)
