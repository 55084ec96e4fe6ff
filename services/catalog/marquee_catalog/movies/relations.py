"""What hangs on a film, replaced whole by editors: one statement out, one in, per relation."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert

from marquee_catalog.genres.names import genre_slug
from marquee_catalog.movies.counts import change_counts, linked
from marquee_catalog.movies.errors import ExternalIdTaken
from marquee_catalog.movies.models import (
    Credit,
    MovieAward,
    MovieGenre,
    MoviePlatform,
    MovieTag,
)
from marquee_catalog.movies.schemas import ExternalIdsWrite, MovieUpdate
from marquee_catalog.people.schemas import AwardWrite
from marquee_shared.database import WriteSession
from marquee_shared.problems import FieldError, Invalid


async def _ids(
    session: WriteSession, table: str, slugs: Sequence[str], pointer: str
) -> dict[str, int]:
    """Return the ids of live things by slug; 422 naming each that does not exist."""
    rows = await session.execute(
        text(
            f"SELECT slug, id FROM {table} WHERE deleted_at IS NULL "  # noqa: S608 - our own names
            "AND slug = ANY(CAST(:slugs AS text[]))"
        ),
        {"slugs": list(slugs)},
    )
    found = {row.slug: row.id for row in rows}
    errors = [
        FieldError(pointer=pointer.format(i), code="unknown_slug", detail=f"There is no {slug!r}.")
        for i, slug in enumerate(slugs)
        if slug not in found
    ]
    if errors:
        raise Invalid(errors=errors)
    return found


async def _replace(
    session: WriteSession, model: type[Any], movie_id: int, rows: list[dict[str, Any]]
) -> None:
    await session.execute(delete(model).where(model.movie_id == movie_id))
    if rows:
        values = [{"movie_id": movie_id, **row} for row in rows]
        await session.execute(insert(model).on_conflict_do_nothing(), values)


async def _replace_tags(session: WriteSession, movie_id: int, slugs: list[str]) -> None:
    """Replace the tags, and keep how many gave those that stay."""
    ids = await _ids(session, "tags", slugs, "/tags/{}")
    kept = set(ids.values())
    await session.execute(
        delete(MovieTag).where(MovieTag.movie_id == movie_id, MovieTag.tag_id.not_in(kept))
    )
    if kept:
        rows = [{"movie_id": movie_id, "tag_id": tag_id, "count": 1} for tag_id in sorted(kept)]
        await session.execute(insert(MovieTag).on_conflict_do_nothing(), rows)


_SET_EXTERNAL_ID = text(
    """
    WITH gone AS (
        DELETE FROM external_ids WHERE movie_id = :movie_id AND source = :source
          AND foreign_id IS DISTINCT FROM :foreign_id
    )
    INSERT INTO external_ids AS e (source, foreign_id, movie_id)
    SELECT :source, :foreign_id, :movie_id WHERE CAST(:foreign_id AS text) IS NOT NULL
    ON CONFLICT (source, foreign_id) DO UPDATE SET movie_id = e.movie_id
    RETURNING movie_id
    """
)


async def _set_external_ids(
    session: WriteSession, movie_id: int, written: ExternalIdsWrite
) -> None:
    for source in sorted(written.model_fields_set):
        values = {"movie_id": movie_id, "source": source, "foreign_id": getattr(written, source)}
        owner = await session.scalar(_SET_EXTERNAL_ID, values)
        if owner not in (None, movie_id):
            raise ExternalIdTaken(errors=[FieldError(
                pointer=f"/external_ids/{source}", code="taken", detail="It is another film's.",
            )])  # fmt: skip


async def _replace_credits(session: WriteSession, movie_id: int, change: MovieUpdate) -> None:
    written = change.credits or []
    ids = await _ids(session, "people", [c.person for c in written], "/credits/{}/person")
    rows = [
        {
            "person_id": ids[credit.person],
            "job": credit.job,
            "character": credit.character or "",
            "position": credit.order,
        }
        for credit in written
    ]
    await _replace(session, Credit, movie_id, rows)


async def award_rows(session: WriteSession, awards: Sequence[AwardWrite]) -> list[dict[str, Any]]:
    """Return prizes and nominations as rows of a table.

    Raises:
        Invalid: an award that does not exist.
    """
    ids = await _ids(session, "awards", [a.slug for a in awards], "/awards/{}/slug")
    return [
        {"award_id": ids[a.slug], "category": a.category, "year": a.year, "won": a.won}
        for a in awards
    ]


async def replace_relations(session: WriteSession, movie_id: int, change: MovieUpdate) -> None:
    """Replace each relation that the change names, and count the film where it belongs.

    Raises:
        Invalid: a slug that does not exist.
        ExternalIdTaken: a foreign id of another film.
    """
    before = await linked(session, movie_id)
    if change.genres is not None:
        slugs = [genre_slug(slug) for slug in change.genres]
        ids = await _ids(session, "genres", slugs, "/genres/{}")
        rows: list[dict[str, Any]] = [
            {"genre_id": ids[slug], "position": i} for i, slug in enumerate(slugs)
        ]
        await _replace(session, MovieGenre, movie_id, rows)
    if change.tags is not None:
        await _replace_tags(session, movie_id, change.tags)
    if change.platforms is not None:
        ids = await _ids(session, "platforms", [p.slug for p in change.platforms],
                         "/platforms/{}/slug")  # fmt: skip
        rows = [{"platform_id": ids[p.slug], "country": p.country} for p in change.platforms]
        await _replace(session, MoviePlatform, movie_id, rows)
    if change.awards is not None:
        await _replace(session, MovieAward, movie_id, await award_rows(session, change.awards))
    if change.credits is not None:
        await _replace_credits(session, movie_id, change)
    if change.external_ids is not None:
        await _set_external_ids(session, movie_id, change.external_ids)
    await change_counts(session, before, await linked(session, movie_id))
