"""The rules of signing up and of codes."""

import hmac
from typing import Any
from uuid import UUID

from sqlalchemy import func
from uuid6 import uuid7

from marquee_identity.accounts import codes, repository
from marquee_identity.accounts.errors import (
    AlreadyVerified,
    CodeExpired,
    CodeJustSent,
    InvalidCode,
)
from marquee_identity.accounts.schemas import Signup
from marquee_identity.users import repository as users
from marquee_identity.users.errors import EmailTaken, UsernameTaken
from marquee_identity.users.models import User
from marquee_identity.users.names import email_key, username_key
from marquee_identity.users.service import lock_me, public_state, tell_update
from marquee_shared.database import WriteSession
from marquee_shared.events.identity import UserCreated
from marquee_shared.jobs import create_job
from marquee_shared.outbox import publish
from marquee_shared.service import Context

CODE_MAIL = "send_code_mail"


async def sign_up(
    session: WriteSession,
    context: Context[Any],
    signup: Signup,
    *,
    password_hash: str,
    language: str,
) -> User:
    """Make an account and have its verification mail sent; `language` is the request's.

    Raises:
        UsernameTaken: the username, in any case, is someone's.
        EmailTaken: the e-mail address is.
    """
    user = await users.insert_user(
        session,
        id=UUID(int=uuid7().int),
        username=signup.username,
        username_key=username_key(signup.username),
        email=signup.email,
        email_key=email_key(signup.email),
        password_hash=password_hash,
        first_name=signup.first_name or None,
        last_name=signup.last_name or None,
        language=signup.language,
    )
    if user is None:
        taken = await users.username_taken(session, username_key(signup.username))
        raise UsernameTaken if taken else EmailTaken
    await publish(session, UserCreated(**public_state(user)), user.revision)
    await mail_code(session, context, user, codes.VERIFY_EMAIL, language)
    return user


async def mail_code(
    session: WriteSession,
    context: Context[Any],
    user: User,
    purpose: str,
    language: str,
    *,
    email: str | None = None,
) -> None:
    """Have a code mailed: to `email` where one is given, else to the member's address.

    Raises:
        CodeJustSent: the last one was asked for within the minute.
    """
    wait = await repository.request_code(
        session, user.id, purpose, pause=codes.PAUSE_SECONDS, email=email
    )
    if wait:
        raise CodeJustSent(seconds=wait)
    parameters = {
        "user_id": str(user.id),
        "purpose": purpose,
        "language": user.language or language,
    }
    await create_job(session, context, CODE_MAIL, parameters, requested_by=user.id)


async def use_code(
    session: WriteSession, context: Context[Any], user_id: UUID, purpose: str, code: str
) -> str | None:
    """Spend a code; return the address it proves, if not the member's present one.

    Raises:
        InvalidCode: not the code; one of its tries is spent.
        CodeExpired: too late, too many tries, or none was sent.
    """
    stored = await repository.try_code(session, user_id, purpose, most=codes.MOST_TRIES)
    if stored is None:
        raise CodeExpired
    given = codes.code_hash(context.settings.secret_key, user_id, purpose, code)
    if not hmac.compare_digest(bytes(stored.code_hash), given):
        raise InvalidCode
    await repository.delete_codes(session, user_id, purpose)
    email: str | None = stored.email
    return email


async def resend_code(
    session: WriteSession, context: Context[Any], user_id: UUID, language: str
) -> None:
    """Have another verification mail sent.

    Raises:
        AlreadyVerified: there is nothing to confirm.
        CodeJustSent: the last one was asked for within the minute.
    """
    user = await lock_me(session, user_id)
    if user.verified:
        raise AlreadyVerified
    await mail_code(session, context, user, codes.VERIFY_EMAIL, language)


async def verify_email(
    session: WriteSession, context: Context[Any], user_id: UUID, code: str
) -> User:
    """Confirm the caller's address with the code from the mail.

    Raises:
        InvalidCode: not the code; one of its tries is spent.
        CodeExpired: too late, too many tries, or none was sent.
        AlreadyVerified: done before.
    """
    user = await lock_me(session, user_id)
    if user.verified:
        raise AlreadyVerified
    await use_code(session, context, user_id, codes.VERIFY_EMAIL, code)
    await tell_verified(session, user)
    return user


async def tell_verified(session: WriteSession, user: User) -> None:
    """Note that a member's address is proved; the row is locked by the caller."""
    user.verified_at = func.now()
    await tell_update(session, user)
    await session.refresh(user, ["verified_at"])
