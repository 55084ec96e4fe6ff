"""How much speaks for each film, and what of it.

A score is a sum of parts: the film's place in the recommender's ranking, or how popular it is
where that has none; the chosen people in it; the chosen friends who rated it 4 or more; its
awards. A reason's weight is its part's share of the sum; of the ranking's part as much as the
recommender itself accounts for.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from marquee_social.fills.ranking import RANKED, Ranking
from marquee_social.fills.reasons import (
    AWARDS,
    FRIENDS,
    JOBS,
    ONE_AWARD,
    ONE_FRIEND,
    POPULAR,
    say,
)
from marquee_social.fills.schemas import FillPick, FillReason
from marquee_social.movies.schemas import GenreRef, MovieSummary
from marquee_social.users.schemas import UserSummary

UNRANKED: Final = 0.2
"""What the most popular film counts that the ranking does not name, beside 1 for its first."""
PERSON: Final = 1.0
"""What a chosen person counts: who was asked for goes beside the ranking's first."""
FRIEND: Final = {8: 0.6, 9: 0.8, 10: 1.0}
"""What a friend's rating counts, by half steps."""
MOST_FOR_PEOPLE: Final = 1.5
MOST_FOR_FRIENDS: Final = 1.5
AWARD: Final = 0.1
MOST_FOR_AWARDS: Final = 0.3
PRECISION: Final = 10_000
"""Weights are cut, and what they explain is raised, to this part of 1: they never sum to more."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A film that may be chosen, and what is known of it."""

    movie: MovieSummary
    popularity: float
    awards: int = 0
    people: Sequence[Mapping[str, Any]] = ()
    """The chosen people in it: `id, slug, name, job`, each once."""
    friends: Sequence[tuple[UserSummary, int]] = ()
    """The chosen friends who rated it 4 or more, with the half steps, the highest first."""


@dataclass(slots=True)
class _Scored:
    score: float = 0.0
    explained: float = 0.0
    reasons: list[FillReason] = field(default_factory=list)

    def add(self, part: float, reason: FillReason | None) -> None:
        self.score += part
        if reason is not None and part > 0:
            self.explained += part
            self.reasons.append(reason.model_copy(update={"weight": part}))


def choose(
    candidates: Sequence[Candidate], ranking: Ranking | None, limit: int, language: str
) -> list[FillPick]:
    """Return the films that most speaks for, the first first; equal ones by popularity, then id."""
    most = max((candidate.popularity for candidate in candidates), default=0.0)
    scored = [(_score(c, ranking, most, language), c) for c in candidates]
    scored.sort(key=lambda pair: (-pair[0].score, -pair[1].popularity, pair[1].movie.id))
    return [_pick(found, candidate) for found, candidate in scored[:limit]]


def _pick(found: _Scored, candidate: Candidate) -> FillPick:
    whole = found.score or 1.0
    reasons = sorted(found.reasons, key=lambda reason: -reason.weight)
    weights = [math.floor(reason.weight / whole * PRECISION) / PRECISION for reason in reasons]
    return FillPick(
        movie=candidate.movie,
        score=round(found.score, 4),
        explained=min(1.0, math.ceil(found.explained / whole * PRECISION) / PRECISION),
        reasons=[
            reason.model_copy(update={"weight": weight})
            for reason, weight in zip(reasons, weights, strict=True)
        ],
    )


def _score(candidate: Candidate, ranking: Ranking | None, most: float, language: str) -> _Scored:
    found = _Scored()
    ranked = None if ranking is None else ranking.films.get(candidate.movie.id)
    if ranked is not None:
        place = (RANKED - ranked.place) / RANKED
        found.score += place * (1 - ranked.explained)
        for reason in ranked.reasons:
            found.add(place * reason.weight, reason)
        untold = max(0.0, ranked.explained - sum(reason.weight for reason in ranked.reasons))
        found.score += place * untold
        found.explained += place * untold
    elif most > 0:
        share = candidate.popularity / most
        popular = FillReason(kind="popular", text=say(POPULAR, language), weight=0)
        found.add(share if ranking is None else UNRANKED * share, popular)
    _add_people(found, candidate, language)
    _add_friends(found, candidate, language)
    if candidate.awards > 0:
        words = ONE_AWARD if candidate.awards == 1 else AWARDS
        text = say(words, language, count=candidate.awards)
        reason = FillReason(kind="popular", text=text, weight=0)
        found.add(min(MOST_FOR_AWARDS, AWARD * candidate.awards), reason)
    return found


def _add_people(found: _Scored, candidate: Candidate, language: str) -> None:
    each = min(PERSON, MOST_FOR_PEOPLE / max(1, len(candidate.people)))
    for person in candidate.people:
        job = person["job"] if person["job"] in JOBS else "actor"
        reason = FillReason(
            kind="taste" if job == "writer" else job,
            text=say(JOBS[job], language, name=person["name"]),
            weight=0,
            person=GenreRef.model_validate({k: person[k] for k in ("id", "slug", "name")}),
        )
        found.add(each, reason)


def _add_friends(found: _Scored, candidate: Candidate, language: str) -> None:
    if not candidate.friends:
        return
    first, half_steps = candidate.friends[0]
    if len(candidate.friends) == 1:
        text = say(ONE_FRIEND, language, name=first.name, value=f"{half_steps / 2:g}")
    else:
        others = len(candidate.friends) - 1
        text = say(FRIENDS, language, name=first.name, others=others)
    users = [user for user, _ in candidate.friends]
    reason = FillReason(kind="friends", text=text, weight=0, users=users)
    part = sum(FRIEND[half_steps] for _, half_steps in candidate.friends)
    found.add(min(MOST_FOR_FRIENDS, part), reason)
