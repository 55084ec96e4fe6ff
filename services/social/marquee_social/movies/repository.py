"""The SQL of the film replica."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import orjson
from sqlalchemy import text

from marquee_shared.database import WriteSession


class MovieVersion(TypedDict):
    """One version of a film; rows with a higher (epoch, revision) win."""

    id: int
    slug: str
    title: str
    year: int | None
    cover_url: str | None
    genres: list[dict[str, object]]
    runtime: int | None
    folded: str
    release_date: str | None
    people: list[dict[str, object]]
    platforms: list[dict[str, object]]
    awards: int
    popularity: float
    status: str
    deleted: bool
    epoch: int
    revision: int


@dataclass(frozen=True, slots=True)
class MovieKey:
    """Which film: by its slug here, or by id where the catalog had to be asked."""

    slug: str
    id: int | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of every statement that starts from a film."""
        return {"slug": self.slug, "movie_id": self.id}


CARD = "m.id, m.slug, m.title, m.year, m.cover_url, m.genres"
"""A film's card, of a row of `movies AS m`."""

MOVIE = """
    movie AS (
        SELECT id, slug, title, year, cover_url, genres FROM movies
        WHERE NOT deleted AND id = coalesce(
            CAST(:movie_id AS bigint),
            (SELECT id FROM movies WHERE slug = :slug AND NOT deleted ORDER BY id LIMIT 1)
        )
    )
"""
"""The CTE that statements about one film start from; `MovieKey.parameters` are its own."""

_COLUMNS = ", ".join(MovieVersion.__annotations__)
REPLACE = text(
    f"""
    INSERT INTO movies AS m ({_COLUMNS})
    SELECT {_COLUMNS} FROM jsonb_to_recordset(CAST(:versions AS jsonb)) AS v (
        id bigint, slug text, title text, year integer, cover_url text, genres jsonb,
        runtime integer, folded text, release_date date, people jsonb, platforms jsonb,
        awards integer, popularity double precision,
        status text, deleted boolean, epoch bigint, revision bigint
    )
    ORDER BY id
    ON CONFLICT (id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in MovieVersion.__annotations__)}
    WHERE (m.epoch, m.revision) < (excluded.epoch, excluded.revision)
    """  # noqa: S608 - constants
)


async def replace_movies(session: WriteSession, versions: Sequence[MovieVersion]) -> None:
    """Store those versions that are newer than what is held; one version per film."""
    await session.execute(REPLACE, {"versions": orjson.dumps(list(versions)).decode()})
