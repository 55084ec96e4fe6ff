"""Ranking for several at once: half by who likes a film least, half by all on average.

A member's fit is the logistic of the film's score in spreads above their average film, so those
who rate much and those who rate little weigh alike (least misery and average: Masthoff, “Group
modeling”, 2004).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from marquee_recommender.circle.repository import find_friends, load_circles
from marquee_recommender.groups.errors import KeepsRatingsPrivate, NotYourFriend
from marquee_recommender.interactions.profiles import MemberProfile
from marquee_recommender.interactions.repository import load_profiles
from marquee_recommender.models.active import ActiveModel
from marquee_recommender.recommendations.reasons import Teller
from marquee_recommender.recommendations.service import (
    NO_FILTERS,
    Ask,
    Json,
    charted,
    close,
    is_fresh,
    recommended,
    today,
)
from marquee_recommender.serving import Serving
from marquee_shared import logs
from marquee_shared.auth.principals import Principal
from marquee_shared.database import WriteSession
from marquee_shared.problems import FieldError, Invalid

MISERY: Final = 0.5
"""How much the least happy one counts, beside the average."""
LOGISTIC: Final = 1.702
"""Makes the logistic follow the normal distribution."""


async def read_group(
    session: WriteSession, caller: Principal, usernames: Sequence[str]
) -> dict[str, MemberProfile]:
    """Return what the caller and these friends did, by username, the caller first.

    Raises:
        NotYourFriend, KeepsRatingsPrivate: with each one's place.
    """
    found = await find_friends(session, caller.id, usernames)
    _refuse(NotYourFriend, usernames, [name not in found for name in usernames])
    private = [not found[name].shows_ratings for name in usernames]
    _refuse(KeepsRatingsPrivate, usernames, private)
    ids: dict[str, UUID] = {caller.username: caller.id}
    ids |= {friend.username: friend.id for friend in found.values()}
    profiles = await load_profiles(session, list(ids.values()))
    circles = await load_circles(session, list(ids.values()))
    return {
        name: profiles.get(member, MemberProfile([])).within(circles[member])
        for name, member in ids.items()
    }


def _refuse(problem: type[Invalid], usernames: Sequence[str], wrong: Sequence[bool]) -> None:
    errors = [
        FieldError(pointer=f"/usernames/{place}", code=problem.code, detail=problem.words["en"])
        for place, _ in enumerate(usernames)
        if wrong[place]
    ]
    if errors:
        raise problem(errors=errors)


async def pick(
    serving: Serving, group: Mapping[str, MemberProfile], limit: int, language: str
) -> Json:
    """Return films that none of the group has seen, with each one's fit."""
    active = serving.model.current
    if active is None:
        overall = await serving.charts.overall()
        own = [event for profile in group.values() for event in profile.events]
        together = MemberProfile(own)
        items = charted(serving.catalog, together, Ask(limit, language), overall)
        items = [item | {"fit": dict.fromkeys(group, 0.5)} for item in items]
    else:
        items = await asyncio.to_thread(_ranked, serving, active, group, limit, language)
    return {
        "items": items,
        "model": active.version if active else None,
        "request_id": logs.request_id.get(),
    }


def _ranked(
    serving: Serving,
    active: ActiveModel,
    group: Mapping[str, MemberProfile],
    limit: int,
    language: str,
) -> list[Json]:
    catalog, model = serving.catalog, active.model
    allowed = catalog.allowed(NO_FILTERS, today())
    for profile in group.values():
        close(catalog, allowed, profile)
    codes = np.flatnonzero(active.mask(catalog, allowed))
    if not len(codes):
        return []
    scores = [model.score(profile.for_engine())[codes] for profile in group.values()]
    fits = np.stack([_fit(values) for values in scores])
    blend = MISERY * fits.min(axis=0) + (1 - MISERY) * fits.mean(axis=0)
    best = np.lexsort((codes, -blend))[:limit]
    movies: list[Any] = model.item_ids[codes[best]].tolist()
    caller = next(iter(group.values()))
    reasons = model.reasons(caller.for_engine(), movies, scores[0][best].tolist())
    teller = Teller(catalog, caller, language, data_is_fresh=is_fresh(active))
    return [
        recommended(
            catalog.films[catalog.row_of[movie]].summary(language),
            float(blend[place]),
            *teller.tell(movie, why),
        )
        | {"fit": dict(zip(group, fits[:, place].round(4).tolist(), strict=True))}
        for movie, place, (_, why) in zip(movies, best.tolist(), reasons, strict=True)
    ]


def _fit(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Scores of open films as 0 to 1."""
    values = scores.astype(np.float64)
    spread = max(float(values.std()), 1e-9)
    above = np.clip((values - values.mean()) / spread, -30, 30)
    fit: NDArray[np.float64] = 1 / (1 + np.exp(-LOGISTIC * above))
    return fit
