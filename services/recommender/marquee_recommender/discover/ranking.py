"""Ranking what was asked for: filters first, then likeness, themes, words and the member's taste.

The score is a sum, and the reasons are its summands, each with its share of what is positive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from marquee_recommender.discover.lexicon import LEANINGS
from marquee_recommender.discover.names import Names
from marquee_recommender.discover.words import GENRE
from marquee_recommender.interactions.profiles import MemberProfile
from marquee_recommender.models.active import ActiveModel
from marquee_recommender.movies.catalog import Catalog, Filters
from marquee_recommender.recommendations.boosts import boosts
from marquee_recommender.recommendations.reasons import explained_by, friends_reason, rounded
from marquee_recommender.recommendations.service import Json, close, recommended, today
from marquee_recommender.recommendations.words import FITS, POPULAR, SIMILAR, say

Column = NDArray[np.float64]

GENRE_WEIGHT: Final = 1.0
TAG_WEIGHT: Final = 1.5
LEANING_WEIGHT: Final = 0.5
LIKE_WEIGHT: Final = 3.0
WORD_WEIGHT: Final = 1.5
MEANING_WEIGHT: Final = 1.5
FRIENDS_WEIGHT: Final = 1.5
TASTE_WEIGHT: Final = 1.0
NEIGHBOURS: Final = 2000
WORD_FILMS: Final = 50
EXAMPLES: Final = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for; `shown` are ids of films not to show again."""

    understood: Mapping[str, Any]
    rest: Sequence[str]
    shown: Sequence[int]
    limit: int
    language: str


def rank(
    catalog: Catalog,
    active: ActiveModel | None,
    names: Names,
    profile: MemberProfile,
    wish: Wish,
    meant: Mapping[int, float],
) -> list[Json]:
    """Return the films that fit best, as the API shows them; `meant` is `near_text`'s."""
    said = wish.understood
    open_ = open_films(catalog, profile, wish)
    if not open_.any():
        return []
    parts: dict[tuple[str, str], Column] = {}
    genres: Sequence[str] = said.get("genres", ())
    for genre in genres:
        parts["genre", genre] = _having(catalog, "genre", [genre]) * GENRE_WEIGHT
    for tag in said.get("tags", ()):
        parts["tag", tag] = _themed(catalog, active, tag)
    for slug in said.get("like", ()):
        parts["similar", slug] = _alike(catalog, active, slug)
    if wish.rest:
        parts["words", ""] = _worded(catalog, active, names, wish.rest)
    if meant:
        parts["meaning", ""] = _meant(catalog, meant)
    if said.get("with_friends"):
        parts["friends", ""] = _shared(catalog, profile)
    parts["taste" if profile.events else "popular", ""] = _fit(catalog, active, profile)
    total = np.sum(list(parts.values()), axis=0)
    total[~open_] = -np.inf
    # All that was asked for before some of it, whatever else speaks for a film.
    tiers = np.zeros(catalog.size)
    for genre in genres:
        tiers += _having(catalog, "genre", [genre])
    if said.get("max_runtime") is not None:
        tiers += catalog.runtimes > 0
    order = np.lexsort((catalog.ids, -total, -tiers))[: wish.limit]
    return [
        _item(catalog, profile, wish, parts, int(row), float(total[row]))
        for row in order
        if open_[row]
    ]


def open_films(catalog: Catalog, profile: MemberProfile, wish: Wish) -> NDArray[np.bool_]:
    """Return which rows pass all that was asked for as a filter."""
    said = wish.understood
    filters = Filters(
        genres=tuple(said.get("genres", ())),
        platforms=tuple(said.get("platforms", ())),
        people=tuple(said.get("people", ())),
        year_from=said.get("year_from"),
        year_to=said.get("year_to"),
    )
    open_ = catalog.allowed(filters, today())
    if (longest := said.get("max_runtime")) is not None:
        open_ &= catalog.runtimes <= longest
    close(catalog, open_, profile)
    unwanted = _having(catalog, "genre", said.get("without_genres", ()))
    open_ &= unwanted == 0
    open_[catalog.rows(said.get("like", ()))] = False
    shown = [catalog.row_of[movie] for movie in wish.shown if movie in catalog.row_of]
    open_[shown] = False
    return open_


def _having(catalog: Catalog, kind: str, slugs: Sequence[str]) -> Column:
    """Return 1 for the films that have any of these, 0 for the others."""
    column = np.zeros(catalog.size)
    for slug in slugs:
        column[list(catalog.members(kind, slug))] = 1.0
    return column


def _near(catalog: Catalog, active: ActiveModel | None, rows: Sequence[int]) -> Column:
    """Return the likeness of all films to the middle of some, 0 to 1."""
    column = np.zeros(catalog.size)
    if active is None:
        return column
    positions = active.model.positions
    ids = (catalog.films[row].id for row in rows[:EXAMPLES])
    codes = [positions[movie] for movie in ids if movie in positions]
    if not codes:
        return column
    embeddings = active.model.content.embeddings
    middle = embeddings[codes].mean(axis=0)
    middle /= max(float(np.linalg.norm(middle)), 1e-9)
    model_rows = active.rows(catalog)
    there = model_rows >= 0
    column[model_rows[there]] = np.clip(embeddings @ middle, 0, 1)[there]
    return column


def _themed(catalog: Catalog, active: ActiveModel | None, tag: str) -> Column:
    """Films with a tag, then films like them; where none has it, genres that lean to it."""
    rows = sorted(catalog.members("tag", tag))
    if not rows:
        return _having(catalog, "genre", LEANINGS.get(tag, ())) * LEANING_WEIGHT
    near = _near(catalog, active, rows)
    return TAG_WEIGHT * (0.5 * _having(catalog, "tag", [tag]) + 0.5 * near)


def _alike(catalog: Catalog, active: ActiveModel | None, slug: str) -> Column:
    """Return how like a film all films are, by audience and content; genres without a model."""
    column = np.zeros(catalog.size)
    row = catalog.find(slug)
    if row is None:
        return column
    movie = catalog.films[row].id
    found = active.model.similar(movie, NEIGHBOURS) if active is not None else []
    if not found:
        genres = catalog.slugs("genre", row)
        shared = [_having(catalog, "genre", [genre]) for genre in genres]
        return np.mean(shared, axis=0) * LIKE_WEIGHT if shared else column
    best = max(found[0][1], 1e-9)
    for other, score in found:
        if (place := catalog.row_of.get(other)) is not None:
            column[place] = LIKE_WEIGHT * max(score, 0.0) / best
    return column


def _worded(
    catalog: Catalog, active: ActiveModel | None, names: Names, rest: Sequence[str]
) -> Column:
    """Films whose titles or tags have the words, then films like those."""
    hits = np.zeros(catalog.size)
    rows: list[int] = []
    for word in rest:
        for row in names.words.get(word, ())[:WORD_FILMS]:
            if row not in rows:
                rows.append(row)
            hits[row] += 1.0 / len(rest)
    near = _near(catalog, active, rows)
    return WORD_WEIGHT * (0.5 * np.minimum(hits, 1) + 0.5 * near)


def _meant(catalog: Catalog, meant: Mapping[int, float]) -> Column:
    """Films near to what was said as a whole, the nearest with all the weight."""
    column = np.zeros(catalog.size)
    nearest = max(*meant.values(), 1e-9)
    for movie, near in meant.items():
        if (row := catalog.row_of.get(movie)) is not None:
            column[row] = MEANING_WEIGHT * near / nearest
    return column


def _shared(catalog: Catalog, profile: MemberProfile) -> Column:
    column = np.zeros(catalog.size)
    favourites = profile.circle.favourites
    most = max((favourite.friends for favourite in favourites.values()), default=1)
    for movie, favourite in favourites.items():
        if (row := catalog.row_of.get(movie)) is not None:
            column[row] = FRIENDS_WEIGHT * favourite.friends / most
    return column


def _fit(catalog: Catalog, active: ActiveModel | None, profile: MemberProfile) -> Column:
    """Return how well films fit the member, or how popular they are, 0 to 1."""
    column = np.zeros(catalog.size)
    if active is None:
        popular = np.log1p(np.maximum(catalog.popularity, 0))
        most = max(float(popular.max(initial=0)), 1e-9)
        return np.asarray(popular / most * TASTE_WEIGHT, dtype=np.float64)
    scores = active.model.score(profile.for_engine()).astype(np.float64)
    for boost in boosts(catalog, profile):
        for movie, amount in boost.items.items():
            if boost.kind != "friends" and movie in active.model.positions:
                scores[active.model.positions[movie]] += amount
    low, high = float(scores.min()), float(scores.max())
    rows = active.rows(catalog)
    there = rows >= 0
    column[rows[there]] = TASTE_WEIGHT * ((scores - low) / max(high - low, 1e-9))[there]
    return column


def _item(
    catalog: Catalog,
    profile: MemberProfile,
    wish: Wish,
    parts: Mapping[tuple[str, str], Column],
    row: int,
    score: float,
) -> Json:
    film, language = catalog.films[row], wish.language
    reasons = []
    for (kind, subject), column in parts.items():
        amount = float(column[row])
        if amount <= 0 or kind in ("words", "meaning"):
            continue
        weight = rounded(amount / score)
        if kind == "friends":
            reasons.append(friends_reason(profile.circle, film.id, language, weight))
            continue
        reason: Json = {"kind": kind, "text": "", "weight": weight}
        if kind == "similar":
            other = catalog.films[catalog.row_of_slug[subject]]
            reason |= {"movie": other.summary(language)}
            reason["text"] = say(SIMILAR, language, title=other.title_in(language))
        elif kind in ("genre", "tag"):
            label = catalog.labels.get(kind, {}).get(subject)
            name = label["name"] if label else subject.replace("-", " ")
            reason["text"] = say(GENRE, language, name=name)
            if label:
                reason[kind] = label
        else:
            reason["text"] = say(POPULAR if kind == "popular" else FITS, language)
        reasons.append(reason)
    reasons.sort(key=lambda reason: -reason["weight"])
    return recommended(film.summary(language), score, explained_by(reasons), reasons)
