"""What TMDB says of a film, as a staged film.

`GET /movie/{id}` with what `DETAILS` appends. Without an id and a title it is no film; anything
else that is missing, or is not what it should be, is left out and the rest is taken.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from marquee_catalog.imports.filmfiles import BadFilmError, StagedCredit, StagedFilm
from marquee_catalog.imports.popularity import popularity_of
from marquee_shared.slugs import slugify

DETAILS: Final = "credits,external_ids,translations,watch/providers,images,release_dates"

STATUSES: Final = {
    "Rumored": "rumored", "Planned": "planned", "In Production": "in_production",
    "Post Production": "post_production", "Released": "released", "Canceled": "cancelled",
}  # fmt: skip
JOBS: Final = {
    "Director": "director", "Writer": "writer", "Screenplay": "writer", "Story": "writer",
}  # fmt: skip
OFFERS: Final = ("flatrate", "free", "ads", "rent", "buy")
RATED_IN: Final = "US"
MOST_CAST: Final = 60
LAST_ID: Final = 10**12
YEARS: Final = range(1870, 2201)
RUNTIMES: Final = range(1, 6001)

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_IMDB = re.compile(r"tt[0-9]{1,10}")
_UNCLEAN = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff]")
_POSTER = re.compile(r"/[A-Za-z0-9_-]{1,100}\.(?:jpg|jpeg|png|webp)")


def _line(value: Any, longest: int) -> str | None:
    """Return text as one clean line, or None where it is none."""
    if not isinstance(value, str) or _UNCLEAN.search(value):
        return None
    text = " ".join(value.split())
    return text if 0 < len(text) <= longest else None


def _number(value: Any, least: int = 1, most: int = LAST_ID) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and least <= value <= most else None


def _matching(value: Any, pattern: re.Pattern[str]) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def _within(thing: Any, *names: str) -> Any:
    for name in names:
        thing = thing.get(name) if isinstance(thing, dict) else None
    return thing


def _objects(thing: Any, *names: str) -> Iterator[dict[str, Any]]:
    found = _within(thing, *names)
    if isinstance(found, list):
        yield from (item for item in found if isinstance(item, dict))


def _codes(film: dict[str, Any], name: str, key: str, pattern: re.Pattern[str]) -> list[str]:
    codes = (_matching(item.get(key), pattern) for item in _objects(film, name))
    return list(dict.fromkeys(code for code in codes if code and code != "xx"))[:50]


def _released(film: dict[str, Any]) -> date | None:
    try:
        day = date.fromisoformat(film.get("release_date") or "")
    except (TypeError, ValueError):
        return None
    return day if day.year in YEARS else None


def _age_rating(film: dict[str, Any]) -> str | None:
    for country in _objects(film, "release_dates", "results"):
        if country.get("iso_3166_1") == RATED_IN:
            for release in _objects(country, "release_dates"):
                if certificate := _line(release.get("certification"), 20):
                    return certificate
    return None


def _credits(film: dict[str, Any]) -> list[StagedCredit]:
    found: dict[tuple[int, str, str], StagedCredit] = {}

    def add(person: dict[str, Any], job: str, character: str, order: int) -> None:
        number, name = _number(person.get("id")), _line(person.get("name"), 300)
        if number and name:
            found.setdefault(
                (number, job, character),
                StagedCredit(name, job, character, order, foreign_id=str(number)),
            )

    for order, person in enumerate(_objects(film, "credits", "cast")):
        if order < MOST_CAST:
            add(person, "actor", _line(person.get("character"), 300) or "", order)
    crew = [p for p in _objects(film, "credits", "crew") if p.get("job") in JOBS]
    for order, person in enumerate(crew):
        add(person, JOBS[person["job"]], "", order)
    return list(found.values())


def _platforms(film: dict[str, Any]) -> list[tuple[str, str, str]]:
    countries = _within(film, "watch/providers", "results")
    found: dict[tuple[str, str], str] = {}
    for country, offers in countries.items() if isinstance(countries, dict) else ():
        for kind in OFFERS if _matching(country, _COUNTRY) else ():
            for provider in _objects(offers, kind):
                name = _line(provider.get("provider_name"), 300)
                slug = slugify(name.replace("+", " plus"), fallback="") if name else ""
                if name and slug:
                    found.setdefault((slug, country), name)
    return [(slug, name, country) for (slug, country), name in found.items()]


def _translations(film: dict[str, Any]) -> dict[str, tuple[str | None, str | None]]:
    """Return titles and synopses; of a language's countries the one of its own name goes first."""
    given = [
        translation
        for translation in _objects(film, "translations", "translations")
        if (language := _matching(translation.get("iso_639_1"), _LANGUAGE))
        and language not in ("en", "xx")
    ]
    given.sort(key=lambda t: t.get("iso_3166_1") != t["iso_639_1"].upper())
    found: dict[str, tuple[str | None, str | None]] = {}
    for translation in given:
        data = _within(translation, "data")
        title = _line(_within(data, "title"), 500)
        synopsis = _line(_within(data, "overview"), 20_000)
        before = found.get(translation["iso_639_1"], (None, None))
        merged = (before[0] or title, before[1] or synopsis)
        if any(merged):
            found[translation["iso_639_1"]] = merged
    return found


def poster_path(film: dict[str, Any]) -> str | None:
    """Return the path of a film's poster: its own, else the first there is."""
    posters = (poster.get("file_path") for poster in _objects(film, "images", "posters"))
    paths = (film.get("poster_path"), *posters)
    return next((path for path in paths if _matching(path, _POSTER)), None)


def parse_film(number: int, film: dict[str, Any]) -> StagedFilm:
    """Return TMDB's description of the film with this id.

    Raises:
        BadFilmError: it has no title, or is another film's.
    """
    if film.get("id") != number:
        raise BadFilmError("TMDB answered with another film")
    title = _line(film.get("title"), 500)
    if title is None:
        raise BadFilmError("TMDB gives no title")
    original, released = _line(film.get("original_title"), 500), _released(film)
    imdb = _matching(film.get("imdb_id"), _IMDB) or _matching(
        _within(film, "external_ids", "imdb_id"), _IMDB
    )
    genres = (_line(genre.get("name"), 100) for genre in _objects(film, "genres"))
    return StagedFilm(
        line=number,
        foreign_id=str(number),
        title=title,
        original_title=original if original != title else None,
        year=released.year if released else None,
        release_date=released,
        runtime=_number(film.get("runtime"), RUNTIMES.start, RUNTIMES.stop - 1),
        synopsis=_line(film.get("overview"), 20_000),
        tagline=_line(film.get("tagline"), 500),
        original_language=_matching(film.get("original_language"), _LANGUAGE),
        languages=_codes(film, "spoken_languages", "iso_639_1", _LANGUAGE),
        countries=_codes(film, "production_countries", "iso_3166_1", _COUNTRY),
        age_rating=_age_rating(film),
        status=STATUSES.get(str(film.get("status")), "released"),
        popularity=popularity_of(_number(film.get("vote_count"), 0) or 0),
        genres=[name for name in genres if name and slugify(name, fallback="")],
        credits=_credits(film),
        platforms=_platforms(film),
        translations=_translations(film),
        links={"imdb": imdb} if imdb else {},
    )
