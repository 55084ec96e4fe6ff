"""Why a film is recommended to a member, or what keeps it out."""

from collections.abc import Sequence
from typing import Any

from marquee_recommender.interactions.profiles import MemberProfile
from marquee_recommender.models.active import ActiveModel
from marquee_recommender.movies.catalog import Catalog, Filters
from marquee_recommender.recommendations.boosts import boosts
from marquee_recommender.recommendations.reasons import Teller
from marquee_recommender.recommendations.service import close, find_row, is_fresh, today
from marquee_recommender.recommendations.words import OBSTACLES, say
from marquee_recommender.serving import Serving

REACHABLE = 100
"""The longest answer there is: a film ranked lower is not recommended."""
FILMS_SHOWN = 10

Json = dict[str, Any]


def why(
    serving: Serving, profile: MemberProfile, slug: str, filters: Filters, language: str
) -> Json:
    """Return what speaks for a film and against it, and what keeps it out."""
    catalog, active = serving.catalog, serving.model.current
    row = find_row(catalog, slug)
    movie = catalog.films[row]
    codes = [
        {"rating": "rated", "like": "seen", "dislike": "disliked"}.get(event.kind, event.kind)
        for event in profile.events
        if event.item == movie.id
    ]
    if any(watch.movie_id == movie.id for watch in profile.circle.watching):
        codes.append("watching")
    if not catalog.is_out(row, today()):
        codes.append("unreleased")
    elif not catalog.allowed(filters, today())[row]:
        codes.append("filtered")
    answer: Json = {
        "movie": movie.summary(language),
        "recommended": False,
        "position": None,
        "score": None,
        "explained": 0.0,
        "reasons": [],
        "parts": {},
        "films": [],
        "model": active.version if active else None,
    }
    added = boosts(catalog, profile)
    explanation = active.model.explain(profile.for_engine(), movie.id, added) if active else None
    if active is None or explanation is None:
        codes.append("not_in_model")
    else:
        teller = Teller(catalog, profile, language, data_is_fresh=is_fresh(active))
        explained, reasons = teller.tell(movie.id, explanation.reasons)
        answer |= {
            "score": round(explanation.score, 4),
            "explained": explained,
            "reasons": reasons,
            "parts": {name: round(part, 4) for name, part in explanation.parts.items()},
            "films": _films(catalog, explanation.films, language),
        }
        if not codes:
            position = _position(catalog, active, profile, movie.id, filters)
            answer["position"] = position
            if position > REACHABLE:
                codes.append("ranked_low")
    values = {"position": answer["position"]}
    answer["obstacles"] = [
        {"code": code, "text": say(OBSTACLES[code], language, **values)} for code in codes
    ]
    answer["recommended"] = not codes
    return answer


def _films(catalog: Catalog, films: Sequence[Any], language: str) -> list[Json]:
    """Return the member's films that count most, either way."""
    shown: list[Json] = []
    for film in sorted(films, key=lambda film: -abs(film.total)):
        row = catalog.row_of.get(film.item)
        if row is not None and catalog.films[row].slug and len(shown) < FILMS_SHOWN:
            summary = catalog.films[row].summary(language)
            shown.append({"movie": summary, "contribution": round(film.total, 4)})
    return shown


def _position(
    catalog: Catalog, active: ActiveModel, profile: MemberProfile, movie_id: int, filters: Filters
) -> int:
    """Return a film's place among all that are open to the member, 1 first."""
    model = active.model
    allowed = catalog.allowed(filters, today())
    close(catalog, allowed, profile)
    scores = model.score(profile.for_engine())
    for boost in boosts(catalog, profile):
        for item, amount in boost.items.items():
            if (code := model.positions.get(item)) is not None:
                scores[code] += amount
    own = scores[model.positions[movie_id]]
    return 1 + int((scores[active.mask(catalog, allowed)] > own).sum())
