"""Ranking for members: the model where it can, charts where it cannot, always with reasons.

All computing happens between two awaits on the event loop, on one consistent state of the
catalog and one model; a typical member takes a few milliseconds of one core.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from marquee_recommender.charts.service import Chart, Window
from marquee_recommender.circle.identity import fetch_choices
from marquee_recommender.circle.repository import load_circle
from marquee_recommender.embeddings.service import near_film
from marquee_recommender.experiments.running import Choice
from marquee_recommender.interactions import repository, social
from marquee_recommender.interactions.profiles import MemberProfile
from marquee_recommender.models.active import ActiveModel
from marquee_recommender.movies.catalog import Catalog, Filters
from marquee_recommender.recommendations.boosts import boosts
from marquee_recommender.recommendations.errors import MovieNotFound
from marquee_recommender.recommendations.reasons import Teller
from marquee_recommender.recommendations.words import LATEST_RATINGS, POPULAR, WINDOWS, say
from marquee_recommender.serving import Serving
from marquee_shared import logs
from marquee_shared.database import ReadSession
from marquee_shared.peers import Peer

FRESH = timedelta(days=45)
"""A model whose newest interaction is older does not know what is popular this month."""
FRESH_EVERY = 10
"""Of so many places one goes to a film that is newer than the model."""
LIKED_FROM = 4.0
GENRES_COUNTED = 3
ARRIVAL_PAUSES = (0.02, 0.04, 0.08, 0.16)
"""Seconds between looks for what a new member has just done."""

NO_FILTERS = Filters()

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a member asks for."""

    limit: int
    language: str
    filters: Filters = NO_FILTERS
    exclude: tuple[str, ...] = ()
    diversity: float | None = None
    """From 0, the score alone, to 1; None takes what the model was tuned to."""


def today() -> date:
    """Return the day that decides what has been released."""
    return datetime.now(UTC).date()


async def read_profile(
    session: ReadSession,
    peers: Mapping[str, Peer],
    user_id: UUID,
    awaited: Sequence[str],
    token: str,
    deadline: float,
) -> MemberProfile:
    """Return what the member did and their surroundings, their own last writes included.

    One statement reads the replica and whether the awaited events are in it. Is one under way,
    social and identity are asked. What the events have brought meanwhile is better still; where
    neither answers in time, the replica has to do.
    """
    profile = await repository.load_profile(session, user_id, _uuids(awaited))
    if profile.complete:
        return profile.within(await load_circle(session, user_id))
    told, choices = await asyncio.gather(
        social.fetch_profile(peers["social"], token, deadline),
        fetch_choices(peers["identity"], token, deadline),
    )
    profile = await repository.load_profile(session, user_id, _uuids(awaited))
    if told is None or not told.events:
        # Whoever has rated nothing may just have been boarded: those ratings come by event alone,
        # and nothing tells this process of its arrival.
        for pause in ARRIVAL_PAUSES:
            if profile.complete:
                break
            await asyncio.sleep(pause)
            profile = await repository.load_profile(session, user_id, _uuids(awaited))
    circle = await load_circle(session, user_id)
    if not profile.complete:
        profile = told or profile
        circle = choices.within(circle) if choices is not None else circle
    return profile.within(circle)


def _uuids(texts: Sequence[str]) -> list[UUID]:
    """Parse event ids; what is none cannot be awaited."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


async def recommend(
    serving: Serving, user_id: UUID, profile: MemberProfile, ask: Ask, choice: Choice
) -> Json:
    """Return a page of recommendations, full wherever the filters leave enough films."""
    active = choice.active
    if active is None:
        chart = await serving.charts.overall()
        items = charted(serving.catalog, profile, ask, chart)
    else:
        made_from = (choice.made_by, serving.catalog.changes, today(), profile)
        kept = serving.remembered.find(user_id, made_from, ask)
        items = kept or ranked(serving.catalog, active, profile, ask)
        serving.remembered.keep(user_id, made_from, ask, items)
    return {
        "items": items,
        "model": active.version if active else None,
        "variant": choice.variant,
        "request_id": logs.request_id.get(),
    }


def is_fresh(active: ActiveModel) -> bool:
    """Whether a model's idea of what is popular lately is about our days."""
    newest = active.model.data.get("to")
    return newest is not None and datetime.now(UTC).timestamp() - newest < FRESH.total_seconds()


def recommended(
    movie: Json, score: float, explained: float, reasons: Sequence[Json]
) -> dict[str, Any]:
    """Return an item as the API shows it."""
    return {
        "movie": movie,
        "score": round(score, 4),
        "explained": explained,
        "reasons": list(reasons),
    }


def ranked(catalog: Catalog, active: ActiveModel, profile: MemberProfile, ask: Ask) -> list[Json]:
    """Return items ranked by the model, with films it does not know yet.

    Those take one place in `FRESH_EVERY` where they are of a genre the member likes, and fill
    the page where the model cannot.
    """
    allowed = catalog.allowed(ask.filters, today())
    allowed[catalog.rows(ask.exclude)] = False
    close(catalog, allowed, profile)
    found = active.model.recommend(
        profile.for_engine(),
        ask.limit,
        allowed_mask=active.mask(catalog, allowed),
        boosts=boosts(catalog, profile),
        diversity=ask.diversity,
    )
    teller = Teller(catalog, profile, ask.language, data_is_fresh=is_fresh(active))
    items = []
    for recommendation in found:
        explained, reasons = teller.tell(recommendation.item, recommendation.reasons)
        movie = catalog.films[catalog.row_of[recommendation.item]].summary(ask.language)
        items.append(recommended(movie, recommendation.score, explained, reasons))
    rows = active.rows(catalog)
    allowed[rows[rows >= 0]] = False
    for place, row in enumerate(_fresh(catalog, allowed, profile, ask.limit // FRESH_EVERY)):
        items.insert((place + 1) * FRESH_EVERY - 1, unexplained(catalog, row, ask.language))
        allowed[row] = False
    if len(items) < ask.limit:
        missing = ask.limit - len(items)
        items += [
            unexplained(catalog, row, ask.language)
            for row in newest_first(catalog, allowed, missing)
        ]
    return items[: ask.limit]


def liked_rows(catalog: Catalog, profile: MemberProfile) -> list[int]:
    """Return the rows of the films that a member plainly liked, the latest first."""
    liked = [
        event
        for event in profile.events
        if event.kind == "like" or (event.value is not None and event.value >= LIKED_FROM)
    ]
    liked.sort(key=lambda event: -(event.at or 0.0))
    rows = (catalog.row_of.get(event.item) for event in liked)  # type: ignore[call-overload]
    return list(dict.fromkeys(row for row in rows if row is not None and catalog.films[row].slug))


def liked_genres(catalog: Catalog, profile: MemberProfile) -> list[str]:
    """Return the genres that a member likes, the most liked first, the chosen ones among them."""
    counts = Counter(profile.circle.genres)
    for row in liked_rows(catalog, profile):
        counts.update(catalog.slugs("genre", row))
    return [genre for genre, _ in counts.most_common()]


def _fresh(
    catalog: Catalog, open_: NDArray[np.bool_], profile: MemberProfile, limit: int
) -> list[int]:
    """Return rows of open films in one of the genres the member likes most."""
    if limit == 0 or not open_.any():
        return []
    liked = np.zeros(catalog.size, dtype=bool)
    for genre in liked_genres(catalog, profile)[:GENRES_COUNTED]:
        liked[list(catalog.members("genre", genre))] = True
    return newest_first(catalog, open_ & liked, limit)


def charted(catalog: Catalog, profile: MemberProfile, ask: Ask, chart: Chart) -> list[Json]:
    """Return items by how many rated them: before there is a model."""
    allowed = catalog.allowed(ask.filters, today())
    allowed[catalog.rows(ask.exclude)] = False
    close(catalog, allowed, profile)
    most = max(chart.ratings.values(), default=1)
    items: list[Json] = []
    for movie_id, count in chart.ratings.items():
        row = catalog.row_of.get(movie_id)
        if len(items) == ask.limit:
            return items
        if row is not None and allowed[row]:
            allowed[row] = False
            reason = {"kind": "popular", "text": say(POPULAR, ask.language), "weight": 1.0}
            movie = catalog.films[row].summary(ask.language)
            items.append(recommended(movie, count / most, 1.0, [reason]))
    rows = newest_first(catalog, allowed, ask.limit - len(items))
    return items + [unexplained(catalog, row, ask.language) for row in rows]


def close(catalog: Catalog, allowed: NDArray[np.bool_], profile: MemberProfile) -> None:
    """Leave out the films that the member had to do with."""
    rows = [row for movie in profile.movie_ids if (row := catalog.row_of.get(movie)) is not None]
    allowed[rows] = False


def newest_first(catalog: Catalog, allowed: NDArray[np.bool_], limit: int) -> list[int]:
    """Return allowed rows by the catalog's popularity, then by release day."""
    rows = np.flatnonzero(allowed)
    order = np.lexsort((catalog.ids[rows], -catalog.days[rows], -catalog.popularity[rows]))
    chosen: list[int] = rows[order[:limit]].tolist()
    return chosen


def unexplained(catalog: Catalog, row: int, language: str) -> Json:
    """Return a film that fills a page: nothing speaks for it, and nothing is made up."""
    return recommended(catalog.films[row].summary(language), 0.0, 0.0, [])


def find_row(catalog: Catalog, slug: str) -> int:
    """Return the catalog row of a film; raises `MovieNotFound`."""
    row = catalog.find(slug)
    if row is None:
        raise MovieNotFound(slug=slug)
    return row


async def similar(serving: Serving, slug: str, limit: int, language: str) -> tuple[int, Json]:
    """Return a film's id and its neighbours; by content alone before a model knows it."""
    catalog, active = serving.catalog, serving.model.current
    movie = catalog.films[find_row(catalog, slug)]
    allowed = catalog.allowed(NO_FILTERS, today())
    found: Sequence[tuple[Any, float]] = ()
    if active is not None:
        mask = active.mask(catalog, allowed)
        found = active.model.similar(movie.id, limit, allowed_mask=mask)
    if not found:
        async with serving.database.reading() as session:
            near = await near_film(session, movie.id)
        rows = ((catalog.row_of.get(other), (other, cosine)) for other, cosine in near)
        found = [each for row, each in rows if row is not None and allowed[row]][:limit]
    items = [
        {
            "movie": catalog.films[catalog.row_of[item]].summary(language),
            "score": round(score, 4),
        }
        for item, score in found
    ]
    return movie.id, {"items": items, "model": active.version if active else None}


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
