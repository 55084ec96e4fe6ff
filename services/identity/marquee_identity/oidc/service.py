"""The rules of signing in by a provider.

An identity is linked for good by its subject. It is linked to an account that exists only if both
sides have proved the address, or whoever signed up with somebody else's address would own what
that person later does with it.
"""

import secrets
from typing import Any, Final
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from joserfc.jwk import ECKey
from sqlalchemy import func
from uuid6 import uuid7

from marquee_identity.clients import Client
from marquee_identity.oidc import repository
from marquee_identity.oidc.errors import (
    AccountNotVerified,
    OtherIdentityLinked,
    ProviderEmailNotVerified,
    SignInRefused,
)
from marquee_identity.oidc.provider import ProvidedIdentity
from marquee_identity.security.service import record_event
from marquee_identity.sessions.schemas import SignedIn
from marquee_identity.sessions.service import open_session, start_session
from marquee_identity.users import repository as users
from marquee_identity.users.models import User
from marquee_identity.users.names import RESERVED, email_key, importable_username, username_key
from marquee_identity.users.service import public_state
from marquee_shared.database import WriteSession
from marquee_shared.events.identity import UserCreated
from marquee_shared.jobs import create_job
from marquee_shared.outbox import publish
from marquee_shared.service import Context

PICTURE: Final = "adopt_picture"
NAMES_TRIED: Final = 10


async def sign_in_by_provider(
    session: WriteSession,
    context: Context[Any],
    identity: ProvidedIdentity,
    client: Client,
    key: ECKey,
    language: str,
) -> SignedIn:
    """Sign in the member an identity is linked to; link it, or make an account, where it is not.

    Raises:
        ProviderEmailNotVerified: there is no link, and the provider does not vouch for the address.
        AccountNotVerified: an account has the address and has not proved it.
        OtherIdentityLinked: that account is linked to another identity.
        AccountSuspended: the member may not sign in now.
    """
    linked = await repository.find_linked(session, identity.issuer, identity.subject)
    if linked is None:
        email = _vouched_email(identity)
        user = await users.find_user_by_email(session, email_key(email))
        if user is None:
            made = await _make_account(session, context, identity, email, language)
            if made is not None:
                return await open_session(session, made, client, key, context.settings)
            user = await users.find_user_by_email(session, email_key(email))
        if user is None:
            raise SignInRefused
        linked = await _link(session, context, identity, user, client, language)
    user = await users.lock_user(session, linked)
    if user is None:
        raise SignInRefused
    return await start_session(session, context, user, client, key, language)


def _vouched_email(identity: ProvidedIdentity) -> str:
    if identity.email is None or not identity.email_verified:
        raise ProviderEmailNotVerified
    try:
        found = validate_email(identity.email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ProviderEmailNotVerified from error
    return found.normalized


async def _link(
    session: WriteSession,
    context: Context[Any],
    identity: ProvidedIdentity,
    known: User,
    client: Client,
    language: str,
) -> UUID:
    user = await users.lock_user(session, known.id)
    if user is None or user.email_key != known.email_key:
        raise SignInRefused
    if not user.verified:
        raise AccountNotVerified
    if await repository.insert_link(session, identity.issuer, identity.subject, user.id):
        await record_event(session, context, user, "identity_linked", client, language=language)
    elif await repository.find_linked(session, identity.issuer, identity.subject) != user.id:
        raise OtherIdentityLinked
    return user.id


async def _make_account(
    session: WriteSession,
    context: Context[Any],
    identity: ProvidedIdentity,
    email: str,
    language: str,
) -> User | None:
    """Make an account without a password; None when somebody has just taken the address."""
    wanted = " ".join(filter(None, (identity.first_name, identity.last_name))) or "member"
    for attempt in range(NAMES_TRIED):
        suffix = f"-{secrets.token_hex(2 + attempt // 3)}" if attempt else ""
        username = importable_username(wanted, suffix)
        if username_key(username) in RESERVED:
            continue
        user = await users.insert_user(
            session,
            id=UUID(int=uuid7().int),
            username=username,
            username_key=username_key(username),
            email=email,
            email_key=email_key(email),
            password_hash=None,
            first_name=identity.first_name,
            last_name=identity.last_name,
            language=identity.language or language,
            verified_at=func.now(),
        )
        if user is not None:
            break
        if await users.find_user_by_email(session, email_key(email)) is not None:
            return None
    else:
        raise SignInRefused
    await publish(session, UserCreated(**public_state(user)), user.revision)
    await repository.insert_link(session, identity.issuer, identity.subject, user.id)
    if identity.picture is not None:
        parameters = {"user_id": str(user.id), "url": identity.picture}
        await create_job(session, context, PICTURE, parameters, requested_by=user.id)
    return user
