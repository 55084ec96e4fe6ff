"""Routes of roles, for administrators."""

from typing import Annotated

from fastapi import Depends, Path

from marquee_identity.roles.schemas import RolesRead, RolesUpdate
from marquee_identity.roles.service import ADMINISTRATOR, set_roles
from marquee_identity.running import ContextDep
from marquee_identity.sessions.members import SignedInMember
from marquee_identity.users.service import get_user
from marquee_shared.auth.dependencies import require_role
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router = new_router(
    prefix="/v1/users/{username}/roles",
    tags=["roles"],
)
Administrator = Depends(require_role(ADMINISTRATOR))
GivenUsername = Annotated[str, Path(max_length=100)]


@router.get("", dependencies=[Administrator])
async def read_roles(username: GivenUsername, session: ReadSessionDep) -> RolesRead:
    """Return a member's roles; for administrators."""
    return RolesRead.model_validate(await get_user(session, username))


@router.put("", dependencies=[Administrator])
async def replace_roles(
    username: GivenUsername,
    body: RolesUpdate,
    _signed_in: SignedInMember,
    session: WriteSessionDep,
    context: ContextDep,
) -> RolesRead:
    """Give a member exactly these roles; for administrators.

    Their tokens carry the new ones from the next refresh on, and a mail tells them. The last
    administrator cannot be made anything less: 409 `last_administrator`.
    """
    user = await set_roles(session, context, username, body.roles)
    return RolesRead.model_validate(user)
