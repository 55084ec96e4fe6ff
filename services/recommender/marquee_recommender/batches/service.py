"""Many rankings at once, in a thread: requests of members go on meanwhile."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from marquee_recommender.batches.schemas import (
    ProfileIn,
    RecommendBatch,
    ScoreBatch,
    SimilarBatch,
)
from marquee_recommender.circle.repository import load_circles
from marquee_recommender.engine import Event
from marquee_recommender.experiments import repository as experiments
from marquee_recommender.experiments.ranking import vary
from marquee_recommender.experiments.running import variants_of
from marquee_recommender.interactions import repository as interactions
from marquee_recommender.interactions.profiles import MemberProfile
from marquee_recommender.members import repository as members
from marquee_recommender.models.active import ActiveModel
from marquee_recommender.models.errors import NoModel
from marquee_recommender.movies.catalog import Catalog, Filters
from marquee_recommender.recommendations.reasons import Teller
from marquee_recommender.recommendations.service import is_fresh
from marquee_recommender.serving import Serving
from marquee_shared.database import WriteSession
from marquee_shared.problems import FieldError, Invalid

Json = dict[str, Any]


def _model(serving: Serving) -> ActiveModel:
    if serving.model.current is None:
        raise NoModel
    return serving.model.current


def _rows(catalog: Catalog, movies: Sequence[int | str], pointer: str) -> list[int]:
    """Return the rows of films given by slug or id; 422 names each that does not exist."""
    found, unknown = [], []
    for place, movie in enumerate(movies):
        row = catalog.row_of.get(movie) if isinstance(movie, int) else catalog.find(movie)
        if row is None or not catalog.films[row].slug:
            where = pointer.format(place=place)
            unknown.append(
                FieldError(pointer=where, code="movie_not_found", detail="There is no such movie.")
            )
        else:
            found.append(row)
    if unknown:
        raise Invalid(errors=unknown)
    return found


def _profile(catalog: Catalog, profile: ProfileIn) -> MemberProfile:
    movies = [rating.movie for rating in profile.ratings]
    rows = _rows(catalog, movies, "/profile/ratings/{place}/movie")
    return MemberProfile(
        [
            Event(catalog.films[row].id, "rating", rating.value)
            for row, rating in zip(rows, profile.ratings, strict=True)
        ]
    )


async def _profiles(
    session: WriteSession, names: Sequence[str], pointer: str
) -> list[MemberProfile]:
    """Return what members did, in order; 422 names each member that does not exist."""
    known = await members.find_users(session, names)
    unknown = [
        FieldError(
            pointer=pointer.format(place=place),
            code="user_not_found",
            detail="There is no such member.",
        )
        for place, name in enumerate(names)
        if name not in known
    ]
    if unknown:
        raise Invalid(errors=unknown)
    ids: list[UUID] = [known[name] for name in names]
    found = await interactions.load_profiles(session, ids)
    circles = await load_circles(session, ids)
    return [found.get(user_id, MemberProfile([])).within(circles[user_id]) for user_id in ids]


async def _pinned(session: WriteSession, serving: Serving, name: str) -> ActiveModel | None:
    """Return the model as a variant ranks with it: `b` of what runs, or `experiment:b` of any."""
    active = _model(serving)
    experiment, _, key = name.rpartition(":")
    if not experiment:
        return serving.experiments.pinned(name, active)
    row = await experiments.find_experiment(session, experiment)
    variants = variants_of(row) if row is not None else ()
    return next((vary(active, each.config) for each in variants if each.key == key), None)


async def recommend(
    session: WriteSession, serving: Serving, batch: RecommendBatch, language: str
) -> Json:
    """Rank for members, or for a profile.

    Raises:
        NoModel: nothing has been trained yet.
        Invalid: a member, film or variant that does not exist.
    """
    catalog, active = serving.catalog, _model(serving)
    if batch.variant is not None:
        pinned = await _pinned(session, serving, batch.variant)
        if pinned is None:
            raise Invalid.at("/variant", "unknown_variant", "There is no such variant.")
        active = pinned
    filters = batch.filters
    allowed = catalog.allowed(
        Filters(
            tuple(filters.genres), tuple(filters.platforms), filters.year_from, filters.year_to
        ),
        datetime.now(UTC).date(),
    )
    allowed[_rows(catalog, batch.exclude, "/exclude/{place}")] = False
    mask = active.mask(catalog, allowed)
    names: list[str | None] = [None] if batch.users is None else [*batch.users]
    if batch.profile is not None:
        profiles = [_profile(catalog, batch.profile)]
    else:
        profiles = await _profiles(session, batch.users or [], "/users/{place}")

    def rank(profile: MemberProfile) -> list[Json]:
        teller = Teller(catalog, profile, language, data_is_fresh=is_fresh(active))
        found = active.model.recommend(
            profile.for_engine(),
            batch.limit,
            exclude=profile.movie_ids,
            allowed_mask=mask,
            with_reasons=batch.reasons,
        )
        listed = []
        for item in found:
            row = catalog.row_of[item.item]
            shown: Json = {
                "movie": catalog.films[row].summary(language),
                "score": round(item.score, 4),
            }
            if batch.reasons:
                shown["explained"], shown["reasons"] = teller.tell(item.item, item.reasons)
            listed.append(shown)
        return listed

    def rank_all() -> list[list[Json]]:
        return [rank(profile) for profile in profiles]

    ranked = await asyncio.to_thread(rank_all)
    return {
        "items": [
            {"user": name, "model": active.version, "recommendations": listed}
            for name, listed in zip(names, ranked, strict=True)
        ]
    }


async def score(session: WriteSession, serving: Serving, batch: ScoreBatch, language: str) -> Json:
    """Score films for a member or a profile; raises as `recommend` does."""
    catalog, active = serving.catalog, _model(serving)
    rows = _rows(catalog, batch.movies, "/movies/{place}")
    if batch.profile is not None:
        profile = _profile(catalog, batch.profile)
    else:
        profile = (await _profiles(session, [batch.user or ""], "/user"))[0]
    scores = await asyncio.to_thread(active.model.score, profile.for_engine())
    positions = active.model.positions
    items = []
    for row in rows:
        film = catalog.films[row]
        code = positions.get(film.id)
        value = None if code is None else round(float(scores[code]), 4)
        items.append({"movie": film.summary(language), "score": value})
    return {"items": items, "model": active.version}


async def similar(serving: Serving, batch: SimilarBatch, language: str) -> Json:
    """Find neighbours of films; raises as `recommend` does."""
    catalog, active = serving.catalog, _model(serving)
    rows = _rows(catalog, batch.movies, "/movies/{place}")
    mask = active.mask(catalog, catalog.allowed(Filters(), datetime.now(UTC).date()))

    def neighbours(row: int) -> Json:
        film = catalog.films[row]
        found = active.model.similar(film.id, batch.limit, allowed_mask=mask)
        listed = [
            {
                "movie": catalog.films[catalog.row_of[item]].summary(language),
                "score": round(value, 4),
            }
            for item, value in found
        ]
        return {"movie": film.summary(language), "similar": listed}

    def all_neighbours() -> list[Json]:
        return [neighbours(row) for row in rows]

    return {"items": await asyncio.to_thread(all_neighbours), "model": active.version}
