"""The rules of roles."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, text

from marquee_identity.clients import Client
from marquee_identity.roles.errors import LastAdministrator, NotForImported
from marquee_identity.roles.schemas import Role
from marquee_identity.security.service import record_event
from marquee_identity.users.errors import UserNotFound
from marquee_identity.users.models import User
from marquee_identity.users.names import username_key
from marquee_identity.users.repository import find_user_by_username, lock_user
from marquee_identity.users.service import tell_update
from marquee_shared.database import WriteSession
from marquee_shared.events.identity import UserRolesChanged
from marquee_shared.outbox import publish
from marquee_shared.outbox.relay import advisory_key
from marquee_shared.service import Context

ADMINISTRATOR: Role = "administrator"


async def set_roles(
    session: WriteSession,
    context: Context[Any],
    username: str,
    roles: Sequence[Role],
    client: Client | None = None,
) -> User:
    """Give a member exactly these roles; the same ones again change nothing.

    Raises:
        UserNotFound: nobody has the username.
        NotForImported: the member cannot sign in.
        LastAdministrator: nobody would be left to give roles.
    """
    # One at a time, or two administrators who demote one another would both be the last but one.
    await session.execute(
        text("SELECT pg_advisory_xact_lock(:key)"), {"key": advisory_key("identity:roles")}
    )
    found = await find_user_by_username(session, username_key(username))
    user = await lock_user(session, found.id) if found is not None else None
    if user is None:
        raise UserNotFound
    if user.roles == list(roles):
        return user
    if user.imported:
        raise NotForImported
    if ADMINISTRATOR in user.roles and ADMINISTRATOR not in roles:
        await _keep_one_administrator(session)
    user.roles = list(roles)
    await tell_update(session, user)
    await publish(session, UserRolesChanged(id=user.id, roles=user.roles), user.revision)
    await record_event(session, context, user, "roles_changed", client)
    return user


async def _keep_one_administrator(session: WriteSession) -> None:
    statement = select(func.count()).select_from(User).where(User.roles.contains([ADMINISTRATOR]))
    if (await session.scalars(statement)).one() <= 1:
        raise LastAdministrator
