"""Fetches films from TMDB and brings them, a few at a time.

What is to be fetched stands in `import_items`; what became of a film is written there in the
transaction that brings it. A killed import goes on with those that nothing became of yet.
"""

import asyncio
import dataclasses
import hashlib
from typing import Any

from sqlalchemy import text

from marquee_catalog.covers.errors import PictureNotFetched
from marquee_catalog.covers.pictures import bring_picture, pictures_store
from marquee_catalog.imports import films
from marquee_catalog.imports.filmfiles import BadFilmError, StagedFilm, stage_films
from marquee_catalog.imports.ratings import remember
from marquee_catalog.imports.staging import Stage, open_stage
from marquee_catalog.imports.tmdb import SOURCE
from marquee_catalog.imports.tmdb.client import KeyRefused, NoAnswer, Tmdb, TmdbError
from marquee_catalog.imports.tmdb.documents import DETAILS, parse_film, poster_path
from marquee_catalog.imports.tmdb.listings import Wanted, list_films
from marquee_catalog.movies.counts import recount_all
from marquee_shared.events.catalog import ImportFinished
from marquee_shared.images import BrokenImage, ImageTooLarge, UnsupportedImage
from marquee_shared.jobs import JobFailed, JobRun, TryAgain
from marquee_shared.outbox import publish_many

BATCH = 20
FILE = "movie"
PICTURES_AT_ONCE = 4

_WAITING = text(
    "SELECT foreign_id FROM import_items WHERE job_id = :job_id AND outcome IS NULL "
    "ORDER BY page, foreign_id LIMIT :limit"
)
_BECAME = text(
    """
    UPDATE import_items AS i SET outcome = coalesce((
        SELECT CASE s.state WHEN 'created' THEN 'created' WHEN 'changed' THEN 'updated'
            ELSE 'unchanged' END
        FROM stage_films AS s WHERE s.line = i.foreign_id), 'refused')
    WHERE i.job_id = :job_id AND i.foreign_id = ANY(CAST(:ids AS bigint[]))
    """
)
_OUTCOMES = text(
    "SELECT coalesce(outcome, 'waiting') AS outcome, count(*) AS films FROM import_items "
    "WHERE job_id = :job_id GROUP BY 1"
)
_REJECTED = text("SELECT count(*) FROM import_rejections WHERE job_id = :job_id")
_COVERED = text(
    "SELECT e.foreign_id FROM external_ids AS e JOIN movies AS m ON m.id = e.movie_id "
    "WHERE e.source = 'tmdb' AND e.foreign_id = ANY(CAST(:ids AS text[])) AND "
    "(m.cover_url IS NOT NULL OR m.deleted_at IS NOT NULL OR 'cover_url' = ANY(m.edited))"
)
_KNOWN = text(
    "SELECT count(*) FROM import_items AS i JOIN external_ids AS e "
    "ON e.source = 'tmdb' AND e.foreign_id = i.foreign_id::text WHERE i.job_id = :job_id"
)

Found = tuple[StagedFilm, str | None]
"""A film and the path of its poster."""


async def import_tmdb(job: JobRun, wanted: Wanted, *, dry_run: bool) -> dict[str, Any]:
    """Fetch films from TMDB and bring them; return what became of them.

    Raises:
        JobFailed: TMDB does not take our key, or the question.
        TryAgain: it does not answer now.
    """
    try:
        async with Tmdb(job.context.settings) as tmdb, open_stage(job.context, job.id) as stage:
            await stage.lock(SOURCE)
            await list_films(job.context.database, job.id, tmdb, wanted, stage)
            if dry_run:
                return await _foretell(job, stage)
            await stage.index()
            await _bring_all(job, stage, tmdb)
            return await _finish(job, stage)
    except NoAnswer as error:
        raise TryAgain(str(error)) from error
    except TmdbError as error:
        raise JobFailed(str(error)) from error


async def _outcomes(job: JobRun) -> dict[str, int]:
    async with job.context.database.transaction() as session:
        rows = await session.execute(_OUTCOMES, {"job_id": job.id})
        return {row.outcome: row.films for row in rows}


async def _bring_all(job: JobRun, stage: Stage, tmdb: Tmdb) -> None:
    outcomes = await _outcomes(job)
    total = sum(outcomes.values())
    done = total - outcomes.get("waiting", 0)
    first = True
    while True:
        await job.progress(done, total)
        async with job.context.database.transaction() as session:
            values = {"job_id": job.id, "limit": BATCH}
            ids = list((await session.execute(_WAITING, values)).scalars())
        if not ids:
            return
        found = await _fetch_all(stage, tmdb, ids)
        staged = await _with_covers(job, stage, found)
        await stage.clear()
        await stage_films(stage, 0, staged)
        await stage.analyze()
        await stage.write_rejections()
        async with stage.transaction() as session:
            await films.bring_films(session, SOURCE, 0, films.FilmCounts(), analyze=first)
            await session.execute(_BECAME, {"job_id": job.id, "ids": ids})
        first = False
        done += len(ids)


async def _fetch(tmdb: Tmdb, number: int) -> Found | TmdbError | BadFilmError:
    try:
        content = await tmdb.get(f"/movie/{number}", append_to_response=DETAILS)
        return parse_film(number, content), poster_path(content)
    except (TmdbError, BadFilmError) as error:
        return error


async def _fetch_all(stage: Stage, tmdb: Tmdb, ids: list[int]) -> list[Found]:
    """Return the films that could be had, the others refused; unless TMDB is out of reach."""
    answers = await asyncio.gather(*(_fetch(tmdb, number) for number in ids))
    for answer in answers:
        if isinstance(answer, KeyRefused):
            raise answer
    if any(isinstance(answer, NoAnswer) for answer in answers):
        await tmdb.get("/configuration")  # raises where nothing at all is answered
    found: list[Found] = []
    for number, answer in zip(ids, answers, strict=True):
        if isinstance(answer, tuple):
            found.append(answer)
        else:
            stage.reject(FILE, number, str(answer))
    return found


async def _with_covers(job: JobRun, stage: Stage, found: list[Found]) -> list[StagedFilm]:
    """Bring the posters of films that have no cover, and are new or ours to change."""
    ids = [film.foreign_id for film, _ in found]
    async with job.context.database.reading() as session:
        covered = set((await session.execute(_COVERED, {"ids": ids})).scalars())
    base, store = job.context.settings.tmdb_pictures_url, pictures_store(job.context)
    few = asyncio.Semaphore(PICTURES_AT_ONCE)

    async def with_cover(film: StagedFilm, poster: str | None) -> StagedFilm:
        if poster is None or film.foreign_id in covered:
            return film
        try:
            async with few:
                cover = await bring_picture(store, base + poster)
        except (PictureNotFetched, UnsupportedImage, ImageTooLarge, BrokenImage) as error:
            stage.reject("poster", film.line, f"no poster: {error.code}")
            return film
        return dataclasses.replace(film, cover_url=cover)

    return list(await asyncio.gather(*(with_cover(film, poster) for film, poster in found)))


async def _finish(job: JobRun, stage: Stage) -> dict[str, Any]:
    outcomes = await _outcomes(job)
    counts = {name: outcomes.get(name, 0) for name in ("created", "updated", "unchanged")}
    async with stage.transaction() as session:
        await films.name_genres(session)
        await recount_all(session)
        await session.execute(films.ANALYZE)
        digest = hashlib.sha256(b"finished" + job.id.bytes).digest()
        if counts["created"] + counts["updated"] and await remember(session, SOURCE, [digest]):
            finished = ImportFinished(
                import_id=job.id,
                source=SOURCE,
                movies=sum(counts.values()),
                members=0,
                ratings=0,
            )
            await publish_many(session, [(finished, 1)])
        rejected = int(await session.scalar(_REJECTED, {"job_id": job.id}) or 0)
    return {
        "source": SOURCE,
        "movies": counts,
        "members": 0,
        "ratings": 0,
        "chunks_told": 0,
        "rejected": rejected,
    }


async def _foretell(job: JobRun, stage: Stage) -> dict[str, Any]:
    outcomes = await _outcomes(job)
    async with job.context.database.reading() as session:
        known = int(await session.scalar(_KNOWN, {"job_id": job.id}) or 0)
    new = sum(outcomes.values()) - known
    movies = {"new": new, "known": known, "joined": 0}
    return {"source": SOURCE, "dry_run": True, "movies": movies, "rejected": stage.rejected}
