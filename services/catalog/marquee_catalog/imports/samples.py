"""Stages the sample films and members: the same road into the catalog as any data set."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text

from marquee_catalog.imports.filmfiles import StagedCredit, StagedFilm, stage_films
from marquee_catalog.imports.ratings import member_id
from marquee_catalog.imports.staging import Stage
from marquee_catalog.movies.naming import movie_slug
from marquee_catalog.sample import sample_films
from marquee_catalog.sample.members import sample_members
from marquee_shared.slugs import slugify

SAMPLE = "sample"

_FIRST_DAY = text(
    "SELECT (min(m.created_at) AT TIME ZONE 'UTC')::date FROM external_ids AS e "
    "JOIN movies AS m ON m.id = e.movie_id WHERE e.source = 'sample'"
)


def _credits(film: dict[str, Any]) -> list[StagedCredit]:
    jobs = (
        ("director", [(name, "") for name in film["directors"]]),
        ("writer", [(name, "") for name in film.get("writers", ())]),
        ("actor", [(name, character or "") for name, character in film["cast"]]),
    )
    return [
        StagedCredit(name, job, character, order)
        for job, people in jobs
        for order, (name, character) in enumerate(people)
    ]


def _film(number: int, film: dict[str, Any]) -> StagedFilm:
    slug = movie_slug(film["title"], film["year"])
    released = film.get("release_date")
    return StagedFilm(
        line=number,
        foreign_id=slug,
        slug=slug,
        title=film["title"],
        original_title=film.get("original_title"),
        year=film["year"],
        release_date=date.fromisoformat(released) if released else None,
        runtime=film["runtime"],
        synopsis=film["synopsis"],
        tagline=film.get("tagline"),
        original_language=next(iter(film["languages"]), None),
        languages=film["languages"],
        countries=film["countries"],
        age_rating=film.get("age_rating"),
        popularity=float(film["popularity"]),
        genres=film["genres"],
        tags=[(slugify(tag), tag.replace("-", " "), 1) for tag in film["tags"]],
        credits=_credits(film),
        platforms=[
            (slugify(p["name"].replace("+", " plus")), p["name"], p["country"])
            for p in film["platforms"]
        ],
        awards=[
            (slugify(a["award"]), a["award"], a["category"], a["year"], a["won"])
            for a in film["awards"]
        ],
        translations={language: (title, None) for language, title in film["titles"].items()},
    )


async def read_sample(stage: Stage) -> int:
    """Stage the films, and members whose ratings reach up to the day of the first import.

    Returns how many films and ratings there are.
    """
    films = list(sample_films())
    await stage_films(stage, 0, (_film(number, film) for number, film in enumerate(films)))
    async with stage.transaction() as session:
        first: date | None = await session.scalar(_FIRST_DAY)
    members, ratings = sample_members(films, first or datetime.now(UTC).date())
    await stage.copy("stage_members", ("number", "id", "username", "name"), (
        (m.number, member_id(SAMPLE, str(m.number)), m.username, m.name) for m in members
    ))  # fmt: skip
    await stage.copy("stage_ratings", ("line", "member", "film", "value", "at"), (
        (line, r.member, r.film, r.value, r.at) for line, r in enumerate(ratings, start=1)
    ))  # fmt: skip
    return len(films) + len(ratings)
