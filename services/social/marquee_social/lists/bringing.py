"""Films that members bring along for their watchlist, many at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text

from marquee_shared.database import WriteSession
from marquee_social.lists import repository
from marquee_social.lists.errors import ListNotFound
from marquee_social.lists.schemas import MOST_MOVIES

ADD = text(
    f"""
    WITH held AS (
        SELECT count(*) AS movies, coalesce(max(position), 0) AS last
        FROM list_movies WHERE list_id = :list_id
    ), given AS (
        SELECT movie_id, note, at, row_number() OVER (ORDER BY number) AS place
        FROM jsonb_to_recordset(CAST(:entries AS jsonb)) AS g (
            number integer, movie_id bigint, note text, at timestamptz
        )
        WHERE NOT EXISTS (
            SELECT FROM list_movies lm WHERE lm.list_id = :list_id AND lm.movie_id = g.movie_id
        )
    )
    INSERT INTO list_movies (list_id, movie_id, position, note, added_at)
    SELECT :list_id, movie_id, last + place, note, coalesce(at, now()) FROM given, held
    WHERE place <= {MOST_MOVIES} - movies
    RETURNING movie_id
    """  # noqa: S608 - constants
)
DROP = text(
    """
    DELETE FROM list_movies WHERE list_id = :list_id AND added_at <= :until
        AND movie_id = ANY(CAST(:movie_ids AS bigint[])) RETURNING movie_id
    """
)


async def _lock_watchlist(session: WriteSession, member: UUID) -> Row[Any]:
    await repository.ensure_watchlist(session, member)
    row = await repository.lock_list(session, member, repository.WATCHLIST)
    if row is None:
        raise ListNotFound
    return row


async def bring_entries(
    session: WriteSession, member: UUID, entries: Sequence[dict[str, Any]]
) -> Sequence[int]:
    """Put films at the end of a member's watchlist in this order, as far as there is room.

    An entry is `{movie_id, note, at}`, a film given once. Returns the films that are new there.
    """
    watchlist = await _lock_watchlist(session, member)
    numbered = [{**entry, "number": number} for number, entry in enumerate(entries)]
    values = {"list_id": watchlist.id, "entries": orjson.dumps(numbered).decode()}
    added = (await session.scalars(ADD, values)).all()
    if added:
        await repository.touch(session, watchlist.id)
    return added


async def take_entries_back(
    session: WriteSession, member: UUID, movie_ids: Sequence[int], until: datetime
) -> None:
    """Take films off a member's watchlist, but for those put there after a time."""
    watchlist = await _lock_watchlist(session, member)
    values = {"list_id": watchlist.id, "movie_ids": list(movie_ids), "until": until}
    if (await session.scalars(DROP, values)).all():
        await repository.touch(session, watchlist.id)
