"""What the record of changes holds of members: only what other datasets export."""

from typing import Final
from uuid import UUID

from marquee_shared.database import WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Dataset, Erased
from marquee_social.sync.service import forget


async def _erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    return Erased(removed=await forget(session, user_id))


CHANGES: Final = Dataset("changes", None, _erase)
"""Erased last: erasing the others is recorded too."""
