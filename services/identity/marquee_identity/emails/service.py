"""The rules of changing an e-mail address."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from marquee_identity.accounts import codes
from marquee_identity.accounts.repository import delete_codes
from marquee_identity.accounts.service import mail_code, tell_verified, use_code
from marquee_identity.clients import Client
from marquee_identity.emails.errors import SameEmail, SignInAgain
from marquee_identity.security.service import record_event
from marquee_identity.sessions.repository import was_started_within
from marquee_identity.users.errors import EmailTaken
from marquee_identity.users.models import User
from marquee_identity.users.names import email_key
from marquee_identity.users.repository import find_user_by_email
from marquee_identity.users.service import lock_me
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.service import Context

RECENT: Final = timedelta(minutes=10)


async def require_recent_sign_in(session: ReadSession, session_id: UUID | None) -> None:
    """Let only a session pass that has just begun.

    Raises:
        SignInAgain: it began too long ago.
    """
    if session_id is None or not await was_started_within(session, session_id, RECENT):
        raise SignInAgain


async def request_email_change(
    session: WriteSession, context: Context[Any], user_id: UUID, email: str, language: str
) -> None:
    """Have a code sent to a new address, unless the address is somebody's: then nothing is sent.

    Raises:
        SameEmail: it is the caller's.
        CodeJustSent: the last code was asked for within the minute.
    """
    user = await lock_me(session, user_id)
    if user.email_key == email_key(email) and user.verified:
        raise SameEmail
    await mail_code(session, context, user, codes.CHANGE_EMAIL, language, email=email)


async def confirm_email_change(
    session: WriteSession,
    context: Context[Any],
    user_id: UUID,
    code: str,
    client: Client,
    language: str,
) -> User:
    """Make the address the code was sent to the caller's, and tell the old one.

    Raises:
        InvalidCode: not the code; one of its tries is spent.
        CodeExpired: too late, too many tries, or none was sent.
        EmailTaken: somebody else has proved it first.
    """
    user = await lock_me(session, user_id)
    email = await use_code(session, context, user_id, codes.CHANGE_EMAIL, code)
    if email is None:
        message = "a code for a change of address without an address"
        raise RuntimeError(message)
    old = user.email
    owner = await find_user_by_email(session, email_key(email))
    if owner is not None and owner.id != user.id:
        raise EmailTaken
    user.email, user.email_key = email, email_key(email)
    try:
        await tell_verified(session, user)
    except IntegrityError as error:
        if "uq_users_email_key" in str(error.orig):
            raise EmailTaken from error
        raise
    # Codes that went to the old address must not open the account.
    await delete_codes(session, user.id, codes.VERIFY_EMAIL, codes.RESET_PASSWORD)
    await record_event(
        session, context, user, "email_changed", client, language=language, email=old
    )
    return user
