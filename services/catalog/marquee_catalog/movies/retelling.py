"""The job that tells films anew when what they name has changed: a genre, a person and so on.

A film's event carries the names of all that it has, and its search words come from them too.
"""

from typing import Any

from sqlalchemy import text

from marquee_catalog.movies.counts import LINKS
from marquee_catalog.movies.events import tell_movies
from marquee_catalog.search.index import refresh_index
from marquee_shared.database import WriteSession
from marquee_shared.jobs import JobRun, create_job
from marquee_shared.service import Context

KIND = "retell"
CHUNK = 500

_NEXT = {
    kind: text(
        f"SELECT DISTINCT movie_id FROM {table} WHERE {column} = :id AND movie_id > :after "  # noqa: S608 - our own names
        "ORDER BY movie_id LIMIT :limit"
    )
    for kind, (table, column) in LINKS.items()
}
_TOUCH = text(
    """
    WITH locked AS (
        SELECT id FROM movies WHERE id = ANY(CAST(:ids AS bigint[])) AND deleted_at IS NULL
        ORDER BY id FOR UPDATE
    )
    UPDATE movies AS m SET revision = revision + 1, updated_at = now()
    FROM locked WHERE m.id = locked.id RETURNING m.id
    """
)


async def films_of(session: WriteSession, kind: str, subject_id: int) -> list[int]:
    """Return the ids of all films of something."""
    values = {"id": subject_id, "after": 0, "limit": None}
    return list((await session.execute(_NEXT[kind], values)).scalars())


async def tell_films_of(
    session: WriteSession, context: Context[Any], kind: str, subject_id: int
) -> None:
    """Have the films of a genre, platform, award, tag or person told anew by a worker."""
    await create_job(session, context, KIND, {"kind": kind, "subject_id": subject_id})


async def tell_films(session: WriteSession, context: Context[Any], ids: list[int]) -> None:
    """Have these films told anew by a worker: for what is gone, and can no longer name them."""
    await create_job(session, context, KIND, {"movie_ids": ids})


async def touch_movies(session: WriteSession, ids: list[int]) -> list[int]:
    """Give live films their next revision, the search words of now, and tell them."""
    touched = sorted((await session.execute(_TOUCH, {"ids": ids})).scalars())
    if touched:
        await refresh_index(session, touched)
        await tell_movies(session, touched)
    return touched


async def run_retell(
    job: JobRun,
    *,
    kind: str | None = None,
    subject_id: int | None = None,
    movie_ids: list[int] | None = None,
) -> dict[str, Any]:
    """Tell the films of something, some hundred per transaction; safe to run again."""
    after = told = 0
    while True:
        async with job.context.database.transaction() as session:
            if kind is not None:
                values = {"id": subject_id, "after": after, "limit": CHUNK}
                ids = list((await session.execute(_NEXT[kind], values)).scalars())
            else:
                ids = [id_ for id_ in sorted(movie_ids or ()) if id_ > after][:CHUNK]
            if not ids:
                return {"films": told}
            told += len(await touch_movies(session, ids))
        after = ids[-1]
        await job.progress(told)
