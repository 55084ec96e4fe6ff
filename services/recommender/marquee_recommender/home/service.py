"""Cutting the rows of a home from one ranking.

The member's films are scored once. Rows take films from that ranking in turn, so none is in two,
and stand by how well their films fit on average; what was begun and what is for the member alone
stand first.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

import numpy as np
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from marquee_recommender.charts.service import Chart
from marquee_recommender.engine.diversity import rerank
from marquee_recommender.experiments.running import Choice
from marquee_recommender.home.words import TITLES
from marquee_recommender.interactions.profiles import MemberProfile
from marquee_recommender.models.active import ActiveModel
from marquee_recommender.recommendations.boosts import boosts
from marquee_recommender.recommendations.reasons import Teller, friends_reason
from marquee_recommender.recommendations.service import (
    NO_FILTERS,
    Ask,
    Json,
    charted,
    close,
    is_fresh,
    liked_genres,
    liked_rows,
    recommended,
    today,
)
from marquee_recommender.recommendations.words import (
    GENRE_WINDOWS,
    LATEST_RATINGS,
    POPULAR,
    SIMILAR,
    WINDOWS,
    say,
)
from marquee_recommender.serving import Serving
from marquee_shared import logs

logger = logging.getLogger(__name__)

NO_CHART: Final = Chart({}, None, None, live=False)
ROW: Final = 12
SHORTEST: Final = 3
"""A row of fewer films is not shown, but for what was begun."""
RANKED: Final = 400
"""Films of the ranking that rows are cut from."""
CHARTED: Final = 300
VARIED: Final = 5
"""Films per place that variety is chosen from."""
LIKED_ROWS: Final = 3
GENRE_ROWS: Final = 3
FIRST: Final = ("continue_watching", "for_you")


class _Rows:
    """The rows being cut; a film taken by one is open to no other."""

    def __init__(
        self,
        serving: Serving,
        active: ActiveModel | None,
        profile: MemberProfile,
        chart: Chart,
        overall: Chart,
        language: str,
    ) -> None:
        self.catalog = serving.catalog
        self.active = active
        self.profile = profile
        self.chart = chart
        self.overall = overall
        self.language = language
        self.sections: list[tuple[float, Json]] = []
        allowed = self.catalog.allowed(NO_FILTERS, today())
        close(self.catalog, allowed, profile)
        self._open = allowed
        self._taken: set[int] = set()
        self._made: dict[int, Json] = {}
        self.boosts = boosts(self.catalog, profile)
        self.scores = self._rank(self.active)

    def _rank(self, active: ActiveModel | None) -> dict[int, float]:
        """Return the best films' scores by id, best first."""
        if active is None:
            ask = Ask(RANKED, self.language)
            items = charted(self.catalog, self.profile, ask, self.overall)
            self._made = {item["movie"]["id"]: item for item in items}
            return {movie: item["score"] for movie, item in self._made.items()}
        found = active.model.recommend(
            self.profile.for_engine(),
            RANKED,
            allowed_mask=active.mask(self.catalog, self._open),
            boosts=self.boosts,
            diversity=0.0,
            with_reasons=False,
        )
        return {int(item.item): item.score for item in found}

    def title(self, key: str, **values: Any) -> str:
        return say(TITLES[key], self.language, **values)

    def summary(self, movie: int) -> Json:
        return self.catalog.films[self.catalog.row_of[movie]].summary(self.language)

    def take(self, movies: Iterable[int], limit: int = ROW) -> list[int]:
        """Take the first films that are out, not the member's own and in no row yet."""
        taken: list[int] = []
        for movie in movies:
            row = self.catalog.row_of.get(movie)
            if len(taken) == limit:
                break
            if row is not None and self._open[row] and movie not in self._taken:
                self._taken.add(movie)
                taken.append(movie)
        if len(taken) < min(limit, SHORTEST):
            self._taken.difference_update(taken)
            return []
        return taken

    def add(self, key: str, title: str, items: list[Json], because: Json | None = None) -> None:
        """Add a row unless it is empty."""
        if items:
            fit = sum(item["score"] for item in items) / len(items)
            place = -FIRST.index(key) if key in FIRST else -len(FIRST)
            section: Json = {"key": key, "title": title, "items": items, "because": because}
            self.sections.append((place * 1e6 + fit, section))

    def item(self, movie: int, explained: float, reasons: list[Json]) -> Json:
        return recommended(self.summary(movie), self.scores.get(movie, 0.0), explained, reasons)

    def one_reason(self, movies: Iterable[int], reason: Callable[[int], Json]) -> list[Json]:
        """Return items that stand in a row for one reason."""
        return [self.item(movie, 1.0, [reason(movie)]) for movie in movies]

    def explained(self, movies: list[int]) -> list[Json]:
        """Return items with the model's reasons; the chart's where there is no model."""
        if self.active is None or not movies:
            return [self._made[movie] for movie in movies]
        scores = [self.scores[movie] for movie in movies]
        found = self.active.model.reasons(self.profile.for_engine(), movies, scores, self.boosts)
        fresh = is_fresh(self.active)
        teller = Teller(self.catalog, self.profile, self.language, data_is_fresh=fresh)
        return [
            self.item(movie, *teller.tell(movie, reasons))
            for movie, (_, reasons) in zip(movies, found, strict=True)
        ]

    def varied(self) -> list[int]:
        """Return the ranking, its head chosen with the variety the model was tuned to."""
        movies = list(self.scores)
        if self.active is None or len(movies) < ROW:
            return movies
        model = self.active.model
        dial = model.parameters.diversity
        if dial <= 0:
            return movies
        head = movies[: ROW * VARIED]
        codes = [model.positions[movie] for movie in head]
        scores = np.array([self.scores[movie] for movie in head], dtype=np.float32)
        chosen = rerank(scores, model.content.embeddings[codes], ROW, dial).tolist()
        return [head[place] for place in chosen] + movies


async def home(
    serving: Serving, choice: Choice, user_id: UUID, profile: MemberProfile, language: str
) -> Json:
    """Return the rows for a member."""
    active = choice.active
    chart = await _counted(serving.charts.trending("week"))
    overall = await _counted(serving.charts.overall())
    sections = None
    made_from = (choice.made_by, serving.catalog.changes, today(), profile)
    ask = ("home", language, chart.live, tuple(chart.ratings), tuple(overall.ratings))
    if active is not None:
        sections = serving.remembered.find(user_id, made_from, ask)
    if sections is None:
        sections = _sections(_Rows(serving, active, profile, chart, overall, language))
        if active is not None:
            serving.remembered.keep(user_id, made_from, ask, sections)
    return {
        "sections": sections,
        "model": active.version if active else None,
        "variant": choice.variant,
        "request_id": logs.request_id.get(),
    }


async def _counted(counting: Awaitable[Chart]) -> Chart:
    """Return a chart; an empty one where it cannot be counted: other rows stand without it."""
    try:
        return await counting
    except (DBAPIError, PoolTimeoutError, OSError) as error:
        logger.warning("a home without a chart: %s", error)
        return NO_CHART


def _sections(rows: _Rows) -> list[Json]:
    _continue_watching(rows)
    for_you = rows.take(rows.varied())
    friends = rows.take(rows.profile.circle.favourites)
    liked = _because_you_liked(rows)
    _trending(rows)
    genres = _by_genre(rows)
    explained = {
        item["movie"]["id"]: item
        for item in rows.explained(for_you + [m for _, movies in genres for m in movies])
    }
    rows.add("for_you", rows.title("for_you"), [explained[movie] for movie in for_you])
    circle, language = rows.profile.circle, rows.language
    rows.add(
        "friends_liked",
        rows.title("friends_liked"),
        rows.one_reason(friends, lambda movie: friends_reason(circle, movie, language, 1.0)),
    )
    for film, movies in liked:
        reason = {
            "kind": "similar",
            "text": say(SIMILAR, language, title=film["title"]),
            "weight": 1.0,
            "movie": film,
        }
        rows.add(
            f"because_you_liked:{film['slug']}",
            rows.title("because_you_liked", title=film["title"]),
            rows.one_reason(movies, lambda _movie, reason=reason: reason),  # type: ignore[misc]
            {"movie": film},
        )
    for genre, movies in genres:
        items = [_charted_in(rows, genre, explained[movie]) for movie in movies]
        title = rows.title("by_genre", name=genre["name"])
        rows.add(f"by_genre:{genre['slug']}", title, items, {"genre": genre})
    return [section for _, section in sorted(rows.sections, key=lambda row: -row[0])]


def _continue_watching(rows: _Rows) -> None:
    """Show what was begun, the latest first."""
    items = []
    for watch in rows.profile.circle.watching[:ROW]:
        row = rows.catalog.row_of.get(watch.movie_id)
        if row is not None and rows.catalog.is_out(row, today()):
            item = rows.item(watch.movie_id, 0.0, [])
            at = datetime.fromtimestamp(watch.at, UTC)
            items.append(item | {"progress": watch.progress, "watched_at": at})
    rows.add("continue_watching", rows.title("continue_watching"), items)


def _because_you_liked(rows: _Rows) -> list[tuple[Json, list[int]]]:
    """Return the latest films liked and their neighbours."""
    if rows.active is None:
        return []
    found = []
    mask = rows.active.mask(rows.catalog, rows.catalog.allowed(NO_FILTERS, today()))
    for row in liked_rows(rows.catalog, rows.profile)[:LIKED_ROWS]:
        film = rows.catalog.films[row]
        near = rows.active.model.similar(film.id, ROW * 4, allowed_mask=mask)
        movies = rows.take(int(movie) for movie, _ in near)
        if movies:
            found.append((film.summary(rows.language), movies))
    return found


def _by_genre(rows: _Rows) -> list[tuple[Json, list[int]]]:
    """Return the member's genres, or those of the best films, and the best films of each."""
    catalog = rows.catalog
    genres = liked_genres(catalog, rows.profile)
    for movie in rows.scores:
        genres += [
            genre for genre in catalog.slugs("genre", catalog.row_of[movie]) if genre not in genres
        ]
    found: list[tuple[Json, list[int]]] = []
    for genre in genres:
        if len(found) == GENRE_ROWS:
            break
        members = catalog.members("genre", genre)
        movies = rows.take(m for m in rows.scores if catalog.row_of[m] in members)
        if movies:
            found.append((catalog.labels["genre"][genre], movies))
    return found


def _charted_in(rows: _Rows, genre: Json, item: Json) -> Json:
    """Say for who has done nothing yet that a film of a genre is popular this week."""
    cold = not rows.profile.events
    if not (cold and rows.chart.live and item["movie"]["id"] in rows.chart.ratings):
        return item
    text = say(GENRE_WINDOWS, rows.language, name=genre["name"])
    reason = {"kind": "trending", "text": text, "weight": 1.0, "genre": genre}
    return item | {"explained": 1.0, "reasons": [reason]}


def _trending(rows: _Rows) -> None:
    """Show the week's chart; a short one is filled up with what is popular overall."""
    words = WINDOWS["week"] if rows.chart.live else LATEST_RATINGS
    trending = {"kind": "trending", "text": say(words, rows.language), "weight": 1.0}
    popular = {"kind": "popular", "text": say(POPULAR, rows.language), "weight": 1.0}
    charted = rows.chart.ratings
    movies = rows.take([*islice(charted, CHARTED), *rows.overall.ratings])
    items = rows.one_reason(movies, lambda movie: trending if movie in charted else popular)
    rows.add("trending", rows.title("trending"), items)
