"""The SQL of imports."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession

SHOWN = 1000

_REJECTIONS = text(
    "SELECT file, line, reason FROM import_rejections WHERE job_id = :job_id "
    "ORDER BY file, line LIMIT :limit"
)


async def read_rejections(session: ReadSession, job_id: UUID) -> list[Row[Any]]:
    """Return the first rows that an import refused."""
    return list(await session.execute(_REJECTIONS, {"job_id": job_id, "limit": SHOWN}))
