"""Ranking for members: the model where it can, charts where it cannot, always with reasons.

All computing happens between two awaits on the event loop, on one consistent state of the
catalog and one model; a typical member takes a few milliseconds of one core.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from marquee_recommender.charts.service import Chart, Window
from marquee_recommender.interactions import repository, social
from marquee_recommender.interactions.profiles import MemberProfile
from marquee_recommender.models.active import ActiveModel
from marquee_recommender.movies.catalog import Catalog, Filters
from marquee_recommender.recommendations.errors import MovieNotFound
from marquee_recommender.recommendations.reasons import (
    LATEST_RATINGS,
    OBSTACLES,
    POPULAR,
    WINDOWS,
    Teller,
    say,
)
from marquee_recommender.serving import Serving
from marquee_shared import logs
from marquee_shared.database import ReadSession
from marquee_shared.peers import Peer

DEFAULT_VARIANT = "default"
FRESH = timedelta(days=45)
"""A model whose newest interaction is older does not know what is popular this month."""
REACHABLE = 100
"""The longest answer there is: a film ranked lower is not recommended."""
FILMS_SHOWN = 10

NO_FILTERS = Filters()

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a member asks for."""

    limit: int
    language: str
    filters: Filters = NO_FILTERS
    exclude: tuple[str, ...] = ()


def today() -> date:
    """Return the day that decides what has been released."""
    return datetime.now(UTC).date()


async def read_profile(
    session: ReadSession,
    peer: Peer,
    user_id: UUID,
    awaited: Sequence[str],
    token: str,
    deadline: float,
) -> MemberProfile:
    """Return what the member did, their own last writes included wherever that can be had.

    One statement reads the replica and whether the awaited events are in it. Is one under way,
    social is asked; does social not answer in time, the replica has to do.
    """
    profile = await repository.load_profile(session, user_id, _uuids(awaited))
    if profile.complete:
        return profile
    return await social.fetch_profile(peer, token, deadline) or profile


def _uuids(texts: Sequence[str]) -> list[UUID]:
    """Parse event ids; what is none cannot be awaited."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


async def recommend(serving: Serving, profile: MemberProfile, ask: Ask) -> Json:
    """Return a page of recommendations, full wherever the filters leave enough films."""
    active = serving.model.current
    if active is None:
        chart = await serving.charts.overall()
        items = charted(serving.catalog, profile, ask, chart)
    else:
        items = ranked(serving.catalog, active, profile, ask)
    return {
        "items": items,
        "model": active.version if active else None,
        "variant": DEFAULT_VARIANT,
        "request_id": logs.request_id.get(),
    }


def is_fresh(active: ActiveModel) -> bool:
    """Whether a model's idea of what is popular lately is about our days."""
    newest = active.model.data.get("to")
    return newest is not None and datetime.now(UTC).timestamp() - newest < FRESH.total_seconds()


def ranked(catalog: Catalog, active: ActiveModel, profile: MemberProfile, ask: Ask) -> list[Json]:
    """Return items ranked by the model, then films it does not know yet, newest first."""
    allowed = catalog.allowed(ask.filters, today())
    excluded = catalog.rows(ask.exclude)
    allowed[excluded] = False
    found = active.model.recommend(
        profile.for_engine(), ask.limit, allowed_mask=active.mask(catalog, allowed)
    )
    teller = Teller(catalog, profile.events, ask.language, data_is_fresh=is_fresh(active))
    items = []
    for recommendation in found:
        explained, reasons = teller.tell(recommendation.reasons)
        items.append(
            {
                "movie": catalog.films[catalog.row_of[recommendation.item]].summary(ask.language),
                "score": round(recommendation.score, 4),
                "explained": explained,
                "reasons": reasons,
            }
        )
    if len(items) < ask.limit:
        rows = active.rows(catalog)
        allowed[rows[rows >= 0]] = False
        _close(catalog, allowed, profile)
        items += [
            _unexplained(catalog, row, ask.language)
            for row in _newest_first(catalog, allowed, ask.limit - len(items))
        ]
    return items


def charted(catalog: Catalog, profile: MemberProfile, ask: Ask, chart: Chart) -> list[Json]:
    """Return items by how many rated them: before there is a model."""
    allowed = catalog.allowed(ask.filters, today())
    allowed[catalog.rows(ask.exclude)] = False
    _close(catalog, allowed, profile)
    most = max(chart.ratings.values(), default=1)
    items: list[Json] = []
    for movie_id, count in chart.ratings.items():
        row = catalog.row_of.get(movie_id)
        if len(items) == ask.limit:
            return items
        if row is not None and allowed[row]:
            allowed[row] = False
            reason = {"kind": "popular", "text": say(POPULAR, ask.language), "weight": 1.0}
            items.append(
                {
                    "movie": catalog.films[row].summary(ask.language),
                    "score": round(count / most, 4),
                    "explained": 1.0,
                    "reasons": [reason],
                }
            )
    rows = _newest_first(catalog, allowed, ask.limit - len(items))
    return items + [_unexplained(catalog, row, ask.language) for row in rows]


def _close(catalog: Catalog, allowed: NDArray[np.bool_], profile: MemberProfile) -> None:
    """Leave out the films that the member had to do with."""
    rows = [row for movie in profile.movie_ids if (row := catalog.row_of.get(movie)) is not None]
    allowed[rows] = False


def _newest_first(catalog: Catalog, allowed: NDArray[np.bool_], limit: int) -> list[int]:
    """Return allowed rows by the catalog's popularity, then by release day."""
    rows = np.flatnonzero(allowed)
    order = np.lexsort((catalog.ids[rows], -catalog.days[rows], -catalog.popularity[rows]))
    chosen: list[int] = rows[order[:limit]].tolist()
    return chosen


def _unexplained(catalog: Catalog, row: int, language: str) -> Json:
    """Return a film that fills a page: nothing speaks for it, and nothing is made up."""
    return {
        "movie": catalog.films[row].summary(language),
        "score": 0.0,
        "explained": 0.0,
        "reasons": [],
    }


def find_row(catalog: Catalog, slug: str) -> int:
    """Return the catalog row of a film; raises `MovieNotFound`."""
    row = catalog.find(slug)
    if row is None:
        raise MovieNotFound(slug=slug)
    return row


def similar(serving: Serving, slug: str, limit: int, language: str) -> tuple[int, Json]:
    """Return a film's id and its neighbours; none before a model knows it."""
    catalog, active = serving.catalog, serving.model.current
    movie = catalog.films[find_row(catalog, slug)]
    found: Sequence[tuple[Any, float]] = ()
    if active is not None:
        mask = active.mask(catalog, catalog.allowed(NO_FILTERS, today()))
        found = active.model.similar(movie.id, limit, allowed_mask=mask)
    items = [
        {
            "movie": catalog.films[catalog.row_of[item]].summary(language),
            "score": round(score, 4),
        }
        for item, score in found
    ]
    return movie.id, {"items": items, "model": active.version if active else None}


def why(serving: Serving, profile: MemberProfile, slug: str, language: str) -> Json:
    """Return what speaks for a film and against it, and what keeps it out."""
    catalog, active = serving.catalog, serving.model.current
    row = find_row(catalog, slug)
    movie = catalog.films[row]
    codes = [
        {"rating": "rated", "like": "seen", "dislike": "disliked"}.get(event.kind, event.kind)
        for event in profile.events
        if event.item == movie.id
    ]
    if not catalog.is_out(row, today()):
        codes.append("unreleased")
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
    explanation = active.model.explain(profile.for_engine(), movie.id) if active else None
    if active is None or explanation is None:
        codes.append("not_in_model")
    else:
        teller = Teller(catalog, profile.events, language, data_is_fresh=is_fresh(active))
        explained, reasons = teller.tell(explanation.reasons)
        answer |= {
            "score": round(explanation.score, 4),
            "explained": explained,
            "reasons": reasons,
            "parts": {name: round(part, 4) for name, part in explanation.parts.items()},
            "films": _films(catalog, explanation.films, language),
        }
        if not codes:
            position = _position(catalog, active, profile, movie.id)
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


def _position(catalog: Catalog, active: ActiveModel, profile: MemberProfile, movie_id: int) -> int:
    """Return a film's place among all that are open to the member, 1 first."""
    allowed = catalog.allowed(NO_FILTERS, today())
    _close(catalog, allowed, profile)
    scores = active.model.score(profile.for_engine())
    own = scores[active.model.positions[movie_id]]
    return 1 + int((scores[active.mask(catalog, allowed)] > own).sum())


async def trending(serving: Serving, window: Window, limit: int, language: str) -> Json:
    """Return the chart of a window, filled up with what is popular overall."""
    chart = await serving.charts.trending(window)
    words = WINDOWS[window] if chart.live else LATEST_RATINGS
    items = _chart_items(serving.catalog, chart.ratings, limit, say(words, language), language)
    if len(items) < limit:
        overall = await serving.charts.overall()
        rest = {movie: 0 for movie in overall.ratings if movie not in chart.ratings}
        missing = limit - len(items)
        text = say(POPULAR, language)
        items += _chart_items(serving.catalog, rest, missing, text, language, kind="popular")
    return {
        "items": items,
        "window": window,
        "from": chart.since,
        "to": chart.until,
        "live": chart.live,
    }


def _chart_items(
    catalog: Catalog,
    ratings: Mapping[int, int],
    limit: int,
    text: str,
    language: str,
    kind: str = "trending",
) -> list[Json]:
    day = today()
    items: list[Json] = []
    for movie_id, count in ratings.items():
        row = catalog.row_of.get(movie_id)
        if len(items) == limit:
            break
        if row is not None and catalog.is_out(row, day):
            items.append(
                {
                    "movie": catalog.films[row].summary(language),
                    "ratings": count,
                    "reasons": [{"kind": kind, "text": text, "weight": 1.0}],
                }
            )
    return items
