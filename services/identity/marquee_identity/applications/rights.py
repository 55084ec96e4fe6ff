"""A member's right to their applications; deleting one ends what it was granted."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from marquee_identity.applications.service import delete_own_applications
from marquee_shared.database import WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Erased, plain_dataset


async def _erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    return Erased(removed=await delete_own_applications(session, user_id))


APPLICATIONS: Final = replace(
    plain_dataset(
        "applications",
        export="SELECT id, name, redirect_uris, created_at, updated_at FROM applications "
        "WHERE owner_id = :user_id ORDER BY id",
        erase=None,
    ),
    erase=_erase,
)
AUTHORIZATIONS: Final = plain_dataset(
    "authorizations",  # under way for minutes; what came of one is a session
    export=None,
    erase="DELETE FROM authorizations WHERE user_id = :user_id RETURNING id",
)
