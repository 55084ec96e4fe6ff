"""Who may write here."""

from typing import Annotated, NoReturn
from uuid import UUID

from fastapi import Depends

from marquee_shared.auth.dependencies import VerifiedMember
from marquee_shared.auth.principals import Principal
from marquee_shared.database import WriteSession
from marquee_shared.problems import InvalidToken
from marquee_shared.sessions import WriteSessionDep
from marquee_social.users.errors import Suspended
from marquee_social.users.repository import find_author, is_erased


async def refuse_barred(session: WriteSession, user_id: UUID) -> NoReturn:
    """Say why a member may not write.

    Raises:
        InvalidToken: erased; their token has outlived them.
        Suspended: moderators have taken their access away.
    """
    if await is_erased(session, user_id):
        raise InvalidToken
    raise Suspended


async def _author(member: VerifiedMember, session: WriteSessionDep) -> Principal:
    standing = await find_author(session, member)
    if standing is not None and standing.deleted:
        raise InvalidToken
    if standing is not None and standing.suspended:
        raise Suspended
    return member


Author = Annotated[Principal, Depends(_author)]
"""The calling member, verified, neither erased nor suspended, and in the replica from now on."""
