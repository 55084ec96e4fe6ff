"""How popular the films of a data set are, by how many rated them there."""

import math

from sqlalchemy import text

from marquee_catalog.imports.staging import Stage

_SET = text(
    """
    UPDATE stage_films AS s
    SET popularity = round(least(100, 8 * ln(1 + rated.times))::numeric, 1)
    FROM (SELECT film, count(*) AS times FROM stage_ratings GROUP BY film) AS rated
    WHERE rated.film = s.number
    """
)


async def set_popularity(stage: Stage) -> None:
    """Give staged films a popularity from 0 to 100 that grows with the logarithm of ratings."""
    async with stage.transaction() as session:
        await session.execute(_SET)


def popularity_of(times: int) -> float:
    """Return the same of a film that was rated so often."""
    return round(min(100.0, 8 * math.log1p(times)), 1)
