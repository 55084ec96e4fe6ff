"""How the contents below each channel are rated: the whole forest in one statement.

The tree is walked once, and each channel gets a key that the keys of all below it begin with.
Sorted by key, what lies below a channel is one stretch, so a running sum, read at the stretch's
beginning and end, gives every channel its total: n log n, whatever the depth.
"""

import csv
import io
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession

HEADER = ("Channel Title", "Average Rating")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

REPORT = text(
    r"""
    WITH RECURSIVE walk (id, title, path, key) AS (
        SELECT id, title, slug::text, int8send(id) FROM channels WHERE parent_id IS NULL AND active
        UNION ALL
        SELECT c.id, c.title, walk.path || '/' || c.slug, walk.key || int8send(c.id)
        FROM walk JOIN channels AS c ON c.parent_id = walk.id WHERE c.active
    ), own AS (
        SELECT channel_id, sum(rating) AS points, count(rating) AS rated, count(*) AS contents
        FROM contents WHERE active GROUP BY channel_id
    ), marks AS (
        SELECT walk.id, walk.key, own.points, own.rated, own.contents
        FROM walk LEFT JOIN own ON own.channel_id = walk.id
        UNION ALL
        SELECT id, key || '\xff'::bytea, 0, 0, 0 FROM walk
    ), running AS (
        SELECT id, coalesce(sum(points) OVER before, 0) AS points,
            coalesce(sum(rated) OVER before, 0) AS rated,
            coalesce(sum(contents) OVER before, 0) AS contents
        FROM marks
        WINDOW before AS (ORDER BY key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), totals AS (
        SELECT id, max(points) - min(points) AS points, max(rated) - min(rated) AS rated,
            max(contents) - min(contents) AS contents
        FROM running GROUP BY id
    )
    SELECT walk.path, walk.title, totals.contents::bigint AS contents,
        coalesce(round(totals.points / nullif(totals.rated, 0), 3), 0.000) AS average
    FROM walk JOIN totals USING (id) ORDER BY average DESC, path COLLATE "C"
    """
)


async def read_ratings(session: ReadSession) -> list[Row[Any]]:
    """Return `path`, `title`, `average`, `contents` of every active channel, best first."""
    return list(await session.execute(REPORT))


def _harmless(title: str) -> str:
    """Return a title that no spreadsheet takes for a formula."""
    return f"'{title}" if title.startswith(FORMULA_STARTS) else title


def as_csv(rows: Iterable[Any]) -> str:
    """Return the report as RFC 4180 CSV: title and average with three decimals."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(HEADER)
    writer.writerows((_harmless(row.title), f"{row.average:.3f}") for row in rows)
    return written.getvalue()
