"""Forty films, forty members: the even ones like crime films, the odd ones romances."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from marquee_recommender.engine import Parameters
from marquee_shared.events.catalog import Credit, MovieUpdated, NamedRef
from marquee_shared.events.social import RatingSet, RatingState

FILMS = 40
MEMBERS = 40
CRIME, ROMANCE = range(1, 21), range(21, 41)
UNRELEASED = 41
QUICK = Parameters(factors=8, iterations=4, embedding_dimensions=8, diversity=0.0)


def member(number: int) -> UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"member:{number}")


def film(number: int, **changes: Any) -> MovieUpdated:
    crime = number in CRIME
    genre = "crime" if crime else "romance"
    director = "ann" if crime else "bob"
    values: dict[str, Any] = {
        "id": number,
        "slug": f"film-{number}",
        "title": f"Film {number}",
        "year": 1980 + number,
        "synopsis": "a heist goes wrong" if crime else "two people fall in love",
        "titles": {"de": f"Streifen {number}"},
        "popularity": float(number),
        "genres": [NamedRef(id=1 if crime else 2, slug=genre, name=genre.title())],
        "credits": [
            Credit(id=int(crime), slug=director, name=director.title(), job="director"),
        ],
        "platforms": [NamedRef(id=1, slug="flix", name="Flix")] if number % 2 else [],
    }
    return MovieUpdated(**values | changes)


def taste(number: int) -> dict[int, float]:
    """What a member of the world thinks: even ones of crime, odd ones of romance."""
    random = np.random.default_rng(number)
    liked = CRIME if number % 2 == 0 else ROMANCE
    chosen = random.choice(np.array(liked), 12, replace=False).tolist()
    return {movie: float(random.choice([4.0, 4.5, 5.0])) for movie in chosen}


def rated_at(number: int, place: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number, minutes=place)


def states() -> list[RatingState]:
    return [
        RatingState(
            user_id=member(number),
            movie_id=movie,
            value=value,
            rated_at=rated_at(number, place),
            revision=1,
        )
        for number in range(MEMBERS)
        for place, (movie, value) in enumerate(taste(number).items())
    ]


def rating(number: int, movie: int, value: float, **changes: Any) -> RatingSet:
    values = {
        "user_id": member(number),
        "movie_id": movie,
        "value": value,
        "rated_at": datetime(2026, 6, 1, tzinfo=UTC),
    }
    return RatingSet(**values | changes)
