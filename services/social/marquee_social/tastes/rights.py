"""What is held here of members' tastes: a copy of what identity exports."""

from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import CursorResult, text

from marquee_shared.database import WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Dataset, Erased

ERASE = text("DELETE FROM tastes WHERE user_id = :user_id")


async def _erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    erased = cast("CursorResult[Any]", await session.execute(ERASE, {"user_id": user_id}))
    return Erased(removed=erased.rowcount)


TASTES: Final = Dataset("tastes", None, _erase)
