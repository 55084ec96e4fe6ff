"""What the record of activities holds of members: only what other datasets export."""

from typing import Final
from uuid import UUID

from marquee_shared.database import WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Dataset, Erased
from marquee_social.activities.repository import erase_activities


async def _erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    return Erased(removed=await erase_activities(session, user_id))


ACTIVITIES: Final = Dataset("activities", None, _erase)
"""Erased after what it was recorded from."""
