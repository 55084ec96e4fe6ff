"""Charts: films by how many members rated them, in a window of time or overall.

A window ends now. Where nothing at all happened in it, as after an import of ratings from years
ago, it ends at the newest interaction instead, and the answer says so by its `from` and `to`.
Charts are counted at most every `FRESH_SECONDS` per process, by one reader at a time; one that
cannot be counted stays as it was.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from marquee_recommender.charts import repository
from marquee_shared.database import Database

logger = logging.getLogger(__name__)

Window = Literal["day", "week", "month"]

LENGTHS: dict[Window, timedelta] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
FRESH_SECONDS = 15.0
LENGTH = 2000
"""Films in a chart; what lies beyond is not charted."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Ratings by film id, most first; `live` when the window ends now."""

    ratings: dict[int, int]
    since: datetime | None
    until: datetime | None
    live: bool


class Charts:
    """Counts charts when asked and remembers them for a moment."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._locks: dict[str, asyncio.Lock] = {}
        self._known: dict[str, tuple[float, Chart]] = {}

    async def trending(self, window: Window) -> Chart:
        """Return the chart of a window."""
        return await self._fresh(window)

    async def overall(self) -> Chart:
        """Return the chart of all time."""
        return await self._fresh("overall")

    async def _fresh(self, key: Literal["overall"] | Window) -> Chart:
        async with self._locks.setdefault(key, asyncio.Lock()):
            counted, chart = self._known.get(key, (0.0, None))
            if chart is None or time.monotonic() - counted > FRESH_SECONDS:
                try:
                    chart = await (self._count_overall() if key == "overall" else self._count(key))
                except (DBAPIError, PoolTimeoutError, OSError) as error:
                    if chart is None:
                        raise
                    logger.warning("the chart stays as it was: %s", error)
                self._known[key] = (time.monotonic(), chart)
            return chart

    async def _count_overall(self) -> Chart:
        async with self._database.reading() as session:
            rows = await repository.count_overall(session, LENGTH)
        return Chart({row.movie_id: row.ratings for row in rows}, None, None, live=True)

    async def _count(self, window: Window) -> Chart:
        now = datetime.now(UTC)
        async with self._database.reading() as session:
            rows = await repository.count_in_window(session, now - LENGTHS[window], now, LENGTH)
            until = now
            if not rows:
                until = await repository.newest(session, now) or now
                since = until - LENGTHS[window]
                rows = await repository.count_in_window(session, since, until, LENGTH)
        ratings = {row.movie_id: row.ratings for row in rows}
        return Chart(ratings, until - LENGTHS[window], until, live=until == now)
