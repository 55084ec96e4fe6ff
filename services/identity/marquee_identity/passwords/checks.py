"""What passwords are checked for before any transaction is opened: it takes a while.

Whoever gives the present password counts as one who signs in, and is slowed down alike.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from marquee_identity.clients import Client
from marquee_identity.passwords.errors import NoPassword, WrongPassword
from marquee_identity.passwords.policy import find_weakness, weak_password
from marquee_identity.running import Parts
from marquee_identity.users.models import User
from marquee_identity.users.service import get_me
from marquee_shared.database import Database


@dataclass(frozen=True, slots=True)
class CheckedPassword:
    """A member whose present password was given, and the hash it was compared with."""

    user: User
    password_hash: str


async def check_current_password(
    database: Database, parts: Parts, client: Client, user_id: UUID, password: str
) -> CheckedPassword:
    """Return the caller, whose present password is given.

    Raises:
        NoPassword: there is none.
        WrongPassword: it is another.
        TooManyRequests: too many wrong ones of late.
    """
    async with database.reading() as session:
        user = await get_me(session, user_id)
    if user.password_hash is None:
        raise NoPassword
    counted = await parts.attempts.sign_in(str(user.id), client.network)
    if not await parts.passwords.verify(user.password_hash, password):
        raise WrongPassword
    await parts.attempts.signed_in(counted)
    return CheckedPassword(user, user.password_hash)


async def accept_password(
    parts: Parts, password: str, personal: Iterable[str | None], language: str
) -> None:
    """Let a good enough new password pass, given as `new_password`.

    Raises:
        Invalid: it is weak; the problem says how.
    """
    words = list(personal)
    weakness = await parts.passwords.run(lambda: find_weakness(password, words))
    if weakness is not None:
        raise weak_password(weakness, "/new_password", language)
