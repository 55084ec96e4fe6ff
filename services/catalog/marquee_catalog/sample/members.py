"""Invented members whose ratings follow tastes, so that recommendations have something to see.

Everything comes from one seeded generator: the same films, day and seed give the same members
and the same ratings on every machine.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from marquee_catalog.sample.tastes import TASTES, affinities

MEMBERS = 300
SEED = 1895
DAYS = 730
FIRST_DAYS = 45
"""A member has joined at least so long before the last day."""

FIRST_NAMES = (
    "Mara", "Jonas", "Ines", "Tomasz", "Leila", "Arthur", "Noor", "Pavel", "Greta", "Malik",
    "Yuki", "Elena", "Oscar", "Amara", "Henrik", "Sofia", "Dario", "Ruth", "Kwame", "Lucie",
    "Felix", "Priya", "Anton", "Carmen", "Idris", "Nadia", "Emil", "Rosa", "Viktor", "Aiko",
    "Samuel", "Hana", "Bruno", "Freya", "Omar", "Clara", "Mateo", "Wanda", "Ravi", "Olivia",
    "Selim", "Judith", "Marek", "Bianca", "Theo", "Zainab", "Hugo", "Mina", "Casper", "Alma",
)  # fmt: skip
LAST_NAMES = (
    "Lindqvist", "Okafor", "Moreau", "Brandt", "Castellano", "Novak", "Haddad", "Tanaka", "Reyes",
    "Petersen", "Marchetti", "Osei", "Varga", "Delgado", "Keller", "Sorensen", "Abadi", "Fontaine",
    "Kowalski", "Mehta", "Duarte", "Holm", "Beaumont", "Rahimi", "Weiss", "Ito", "Santos", "Nilsen",
    "Achterberg", "Lefebvre", "Bakker", "Yilmaz", "Ferrara", "Adeyemi", "Whitlock", "Carvalho",
    "Zielinski", "Harrow", "Mbeki", "Laurent", "Ortega", "Stein", "Vasquez", "Kimura", "Dahl",
    "Pereira", "Ashworth", "Romano", "Szabo", "Ellery",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SampleMember:
    """An invented member; `tastes` are those they have, the strongest first."""

    number: int
    username: str
    name: str
    tastes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SampleRating:
    """`film` is the film's place among those given; `at` is in Unix seconds."""

    member: int
    film: int
    value: float
    at: int


def _username(first: str, last: str, number: int, rng: random.Random) -> str:
    first, last = first.lower(), last.lower()
    style = rng.randrange(5)
    return (
        f"{first}.{last}", f"{first}_{last[:3]}{number % 90 + 10}", f"{first}{last[0]}{number}",
        f"{last}.{first[0]}", f"{first}-{last}",
    )[style]  # fmt: skip


def _members(rng: random.Random) -> list[SampleMember]:
    people = [(first, last) for first in FIRST_NAMES for last in LAST_NAMES]
    rng.shuffle(people)
    taken: set[str] = set()
    members = []
    names = list(TASTES)
    for number, (first, last) in enumerate(people[:MEMBERS], start=1):
        username = _username(first, last, number, rng)
        if username in taken:
            username = f"{first.lower()}.{last.lower()}{number}"
        taken.add(username)
        # Each taste leads equally often, so that each can be seen in what is recommended.
        leading = names[number % len(names)]
        others = rng.sample([name for name in names if name != leading], rng.choice((1, 1, 2)))
        members.append(SampleMember(number, username, f"{first} {last}", (leading, *others)))
    return members


def _liking(
    member: SampleMember, drawn: Mapping[str, Sequence[float]], rng: random.Random
) -> list[float]:
    """Return how much a member is drawn to each film, about -2 … 2."""
    shares = (0.68, 0.32) if len(member.tastes) == 2 else (0.58, 0.26, 0.16)  # noqa: PLR2004 - two tastes
    averse = rng.choice([name for name in TASTES if name not in member.tastes])
    films = len(next(iter(drawn.values())))
    return [
        sum(share * drawn[taste][i] for share, taste in zip(shares, member.tastes, strict=True))
        - 0.15 * drawn[averse][i]
        for i in range(films)
    ]


def _times(count: int, last_day: date, rng: random.Random) -> list[int]:
    """Return times of ratings in evening sessions since a member joined, in order."""
    joined = rng.randrange(FIRST_DAYS, DAYS)
    evenings = sorted(
        datetime.combine(last_day - timedelta(days=rng.randrange(joined)), time(18), UTC)
        + timedelta(minutes=rng.randrange(300))
        for _ in range(max(3, count // 4))
    )
    sessions = sorted(rng.randrange(len(evenings)) for _ in range(count))
    times: list[int] = []
    previous = -1
    moment = 0
    for session in sessions:
        if session != previous:
            moment = max(int(evenings[session].timestamp()), moment + 60)
        moment += rng.randrange(20, 400)
        previous = session
        times.append(moment)
    return times


def _value(level: float) -> float:
    return min(5.0, max(0.5, round(level * 2) / 2))


def sample_members(
    films: Sequence[Mapping[str, Any]], last_day: date, *, seed: int = SEED
) -> tuple[list[SampleMember], list[SampleRating]]:
    """Return the members and their ratings, in the order of time, up to a last day."""
    rng = random.Random(seed)  # noqa: S311 - data, not secrets
    drawn = affinities(films)
    members = _members(rng)
    ratings: list[SampleRating] = []
    # How good a film is for everyone: its prizes, and something no fact explains.
    quality = [
        0.12 * min(4, sum(award["won"] for award in film["awards"])) + rng.gauss(0, 0.22)
        for film in films
    ]
    fame = [(film["popularity"] - 70) / 12 for film in films]
    for member in members:
        liking = _liking(member, drawn, rng)
        mood = rng.gauss(0, 0.25)
        count = min(len(films) // 2, max(18, int(rng.lognormvariate(math.log(58), 0.55))))
        # Weighted draw without replacement (Efraimidis and Spirakis 2006), by largest key.
        keys = [
            math.log(1 - rng.random()) / math.exp(1.5 * liking[i] + 0.7 * fame[i])
            for i in range(len(films))
        ]
        seen = sorted(range(len(films)), key=keys.__getitem__, reverse=True)[:count]
        rng.shuffle(seen)
        for film, at in zip(seen, _times(len(seen), last_day, rng), strict=True):
            level = 3.05 + mood + 0.85 * liking[film] + quality[film] + rng.gauss(0, 0.42)
            ratings.append(SampleRating(member.number, film, _value(level), at))
    ratings.sort(key=lambda rating: (rating.at, rating.member, rating.film))
    return members, ratings
