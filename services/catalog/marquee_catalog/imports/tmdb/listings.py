"""Which films to fetch: written down page by page, so that a killed import lists on."""

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import text

from marquee_catalog.imports.staging import Stage
from marquee_catalog.imports.tmdb.client import Tmdb, TmdbError
from marquee_catalog.imports.tmdb.documents import LAST_ID
from marquee_shared.database import Database

LAST_PAGE = 500
"""TMDB shows no more."""

Films = Literal["known", "changed", "popular"]


class Wanted(BaseModel):
    """What to fetch: films by their ids, or a list of them."""

    model_config = ConfigDict(frozen=True)

    ids: Annotated[list[Annotated[int, Field(ge=1, le=LAST_ID)]], Field(max_length=1000)] = []
    films: Films | None = None
    pages: Annotated[int, Field(ge=1, le=LAST_PAGE)] = 1
    since: date | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if bool(self.ids) == (self.films is not None):
            message = "give either ids of films, or which films to fetch"
            raise ValueError(message)
        if self.since is not None and self.films != "changed":
            message = "a day is for changed films only"
            raise ValueError(message)
        return self


_LISTED = text("SELECT coalesce(max(page), 0) FROM import_items WHERE job_id = :job_id")
_ADD = text(
    "INSERT INTO import_items (job_id, foreign_id, page) "
    "SELECT :job_id, unnest(CAST(:ids AS bigint[])), :page ON CONFLICT DO NOTHING"
)
_OURS = """
    SELECT DISTINCT e.foreign_id::bigint FROM external_ids AS e
    JOIN movies AS m ON m.id = e.movie_id AND m.deleted_at IS NULL
    WHERE e.source = 'tmdb' AND e.foreign_id ~ '^[0-9]{1,12}$'
"""
_ADD_OURS = text(
    "INSERT INTO import_items (job_id, foreign_id, page) "  # noqa: S608 - a constant
    f"SELECT :job_id, own.foreign_id, 1 FROM ({_OURS}) AS own ON CONFLICT DO NOTHING"
)
_ADD_CHANGED = text(
    "INSERT INTO import_items (job_id, foreign_id, page) "  # noqa: S608 - a constant
    f"SELECT :job_id, own.foreign_id, :page FROM ({_OURS}) AS own "
    "WHERE own.foreign_id = ANY(CAST(:ids AS bigint[])) ON CONFLICT DO NOTHING"
)
_FORGET_ENDED = text(
    "DELETE FROM import_items AS i USING jobs AS j WHERE j.id = i.job_id "
    "AND j.state NOT IN ('queued', 'running')"
)


async def list_films(
    database: Database, job_id: UUID, tmdb: Tmdb, wanted: Wanted, stage: Stage
) -> None:
    """Write down what to fetch, from where an earlier try of this job stopped.

    Raises:
        TmdbError: TMDB does not tell.
    """
    async with database.transaction() as session:
        await session.execute(_FORGET_ENDED)
        listed = int(await session.scalar(_LISTED, {"job_id": job_id}) or 0)
        if wanted.films == "known" and not listed:
            await session.execute(_ADD_OURS, {"job_id": job_id})
        if wanted.ids:
            values = {"job_id": job_id, "page": 1, "ids": wanted.ids}
            await session.execute(_ADD, values)
    if wanted.films not in ("popular", "changed"):
        return
    last = wanted.pages if wanted.films == "popular" else LAST_PAGE
    page = listed + 1
    while page <= last:
        content = await _page(tmdb, wanted, page)
        ids = []
        for entry in content["results"]:
            number = entry.get("id") if isinstance(entry, dict) else None
            if isinstance(number, int) and 0 < number <= LAST_ID:
                ids.append(number)
            else:
                stage.reject(f"page {page}", len(ids) + 1, "an entry without an id")
        await stage.write_rejections()
        add = _ADD if wanted.films == "popular" else _ADD_CHANGED
        async with database.transaction() as session:
            await session.execute(add, {"job_id": job_id, "page": page, "ids": ids})
        pages = content.get("total_pages")
        if not content["results"] or not isinstance(pages, int) or page >= pages:
            return
        page += 1


async def _page(tmdb: Tmdb, wanted: Wanted, page: int) -> dict[str, Any]:
    if wanted.films == "popular":
        content = await tmdb.get(
            "/discover/movie", page=page, sort_by="popularity.desc", include_adult="false"
        )
    else:
        since = {"start_date": wanted.since.isoformat()} if wanted.since else {}
        content = await tmdb.get("/movie/changes", page=page, **since)
    if not isinstance(content.get("results"), list):
        raise TmdbError(f"page {page} of TMDB's list is broken")
    return content
