"""Members by username, as far as the caller may know of them."""

import re
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request
from pydantic import ValidationError

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.peers import Peer
from marquee_shared.problems import BadGateway
from marquee_shared.service import Context
from marquee_social.users import repository
from marquee_social.users.errors import UserNotFound
from marquee_social.users.schemas import IdentityUser, UserSummary

USERNAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


async def _identity(request: Request) -> Peer:
    context: Context[Any] = request.app.state.context
    return context.peer("identity")


Username = Annotated[str, Path(max_length=200, description="The member's username, in any case.")]

IdentityDep = Annotated[Peer, Depends(_identity)]
"""The client of identity."""


async def get_user(
    session: ReadSession | WriteSession,
    identity: Peer,
    viewer: UUID | None,
    username: str,
    *,
    though_blocked: bool = False,
) -> UserSummary:
    """Return a member by username, where nothing hides them from the viewer.

    Identity is asked about one whose event has not arrived here yet. `though_blocked` finds also
    those whom the viewer has blocked, for the viewer to lift that.

    Raises:
        UserNotFound: no such member, or either has blocked the other.
        Unavailable: nobody can say.
    """
    if not USERNAME.fullmatch(username):
        raise UserNotFound
    row = await repository.find_user(session, viewer, username)
    if row is not None:
        user, standing = UserSummary.model_validate(row), row
    else:
        user = await _ask_identity(identity, username)
        standing = await repository.standing(session, viewer, user.id)
    if standing.blocked and not (though_blocked and standing.blocked_by_viewer):
        raise UserNotFound
    return user


async def _ask_identity(identity: Peer, username: str) -> UserSummary:
    status, content = await identity.json("GET", f"/v1/users/{username}")
    if status != HTTPStatus.OK:
        raise UserNotFound
    try:
        user = IdentityUser.model_validate(content)
    except ValidationError as error:
        raise BadGateway from error
    return UserSummary(
        id=user.id,
        username=user.username,
        name=user.name or user.username,
        avatar_url=user.avatar_url,
    )
