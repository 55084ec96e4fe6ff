"""Checking a login and password, before any transaction is opened: hashing takes a while.

An unknown account, one without a password and a wrong password are the same: one lookup, one
hash compared, one answer.
"""

from dataclasses import dataclass
from uuid import UUID

from marquee_identity.clients import Client
from marquee_identity.passwords.hashing import needs_rehash
from marquee_identity.running import Parts
from marquee_identity.sessions.errors import InvalidCredentials
from marquee_identity.users.names import email_key, username_key
from marquee_identity.users.repository import find_user_by_email, find_user_by_username
from marquee_shared.database import Database


@dataclass(frozen=True, slots=True)
class CheckedCredentials:
    """A member whose password was right; `stronger_hash` is to replace an outdated one."""

    user_id: UUID
    password_hash: str
    stronger_hash: str | None


async def check_credentials(
    database: Database, parts: Parts, client: Client, login: str, password: str
) -> CheckedCredentials:
    """Return the member a login and password belong to.

    Raises:
        InvalidCredentials: they belong to nobody.
        TooManyRequests: too many wrong ones of late.
    """
    async with database.reading() as session:
        if "@" in login:
            user = await find_user_by_email(session, email_key(login))
        else:
            user = await find_user_by_username(session, username_key(login))
    account = str(user.id) if user is not None else f"unknown {username_key(login)}"
    counted = await parts.attempts.sign_in(account, client.network)
    stored = user.password_hash if user is not None else None
    right = await parts.passwords.verify(stored, password)
    if user is None or stored is None or not right:
        raise InvalidCredentials
    await parts.attempts.signed_in(counted)
    stronger = await parts.passwords.hash(password) if needs_rehash(stored) else None
    return CheckedCredentials(user.id, stored, stronger)
