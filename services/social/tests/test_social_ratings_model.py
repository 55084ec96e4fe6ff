"""Ratings against a plain dictionary, over random sequences of everything that changes them."""

import asyncio
from collections import Counter
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marquee_shared.events.catalog import ImportedRating, RatingsImported
from marquee_shared.events.identity import UserDeleted
from marquee_shared.events.social import (
    MovieRatingsChanged,
    RatingRemoved,
    RatingSet,
    RatingsSet,
)
from marquee_shared.testing.plugin import new_uuid

MEMBERS, FILMS = 4, 2
LONG_AGO = 1_000_000_000
member = st.integers(0, MEMBERS - 1)
film_number = st.integers(0, FILMS - 1)
steps = st.integers(1, 10)
imported = st.tuples(member, film_number, steps, st.integers(0, 3))
operation = st.one_of(
    st.tuples(st.just("rate"), member, film_number, steps),
    st.tuples(st.just("unrate"), member, film_number),
    st.tuples(st.just("import"), st.lists(imported, max_size=6)),
    st.tuples(st.just("erase"), member),
    st.tuples(st.just("burst"), film_number, st.lists(steps, min_size=MEMBERS, max_size=MEMBERS)),
)
numbers = count(100, FILMS)


class Model:
    """What should be held: (member, film) → (half steps or None, when)."""

    def __init__(self) -> None:
        self.held: dict[tuple[int, int], tuple[int | None, float]] = {}
        self.erased: set[int] = set()
        self._clock = count(10 * LONG_AGO)

    def write(self, who: int, what: int, value: int | None) -> None:
        now = next(self._clock)
        before = self.held.get((who, what))
        unchanged = before is not None and before[0] == value
        if who not in self.erased and not unchanged and (before or value):
            self.held[who, what] = (value, now)

    def take_in(self, rows: list[tuple[int, int, int, int]]) -> None:
        newest: dict[tuple[int, int], tuple[int, int]] = {}
        for who, what, value, at in rows:
            newest[who, what] = max(newest.get((who, what), (-1, 0)), (at, value))
        for (who, what), (at, value) in newest.items():
            before = self.held.get((who, what))
            if who in self.erased or (before and before[0] == value):
                continue
            if before and (before[1], before[0] or 0) >= (at, value):
                continue
            self.held[who, what] = (value, at)

    def erase(self, who: int) -> None:
        self.erased.add(who)
        for what in range(FILMS):
            self.held.pop((who, what), None)

    def histogram(self, what: int) -> list[int]:
        counted = Counter(value for (_, film), (value, _) in self.held.items() if film == what)
        return [counted[step] for step in range(1, 11)]


async def perform(op: Any, people: Any, first: int, model: Model, deliver: Any) -> None:
    def slug(what: int) -> str:
        return f"film-{first + what}"

    match op:
        case ("rate", who, what, value):
            answer = await people[who].rate(slug(what), value / 2)
            assert answer.status_code == 401 if who in model.erased else answer.is_success
            model.write(who, what, value)
        case ("unrate", who, what):
            assert (await people[who].unrate(slug(what))).status_code == 204
            model.write(who, what, None)
        case ("import", rows):
            ratings = [
                ImportedRating(
                    user_id=people[who].id,
                    movie_id=first + what,
                    value=value / 2,
                    at=LONG_AGO + at,
                )
                for who, what, value, at in rows
            ]
            told = RatingsImported(import_id=new_uuid(), chunk=1, source="t", ratings=ratings)
            await deliver((told, 1))
            model.take_in(rows)
        case ("erase", who):
            await deliver((UserDeleted(id=people[who].id), 1))
            model.erase(who)
        case ("burst", what, values):
            await asyncio.gather(
                *(p.rate(slug(what), v / 2) for p, v in zip(people, values, strict=True))
            )
            for who, value in enumerate(values):
                model.write(who, what, value)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(operations=st.lists(operation, max_size=15))
async def test_counters_and_totals_never_drift_from_the_rows(
    operations, new_member, deliver, film, histograms, sink
):
    first = next(numbers)
    await deliver(*((film(first + what), 1) for what in range(FILMS)))
    people = [new_member() for _ in range(MEMBERS)]
    model = Model()
    seen = len(await sink.raw())
    for op in operations:
        await perform(op, people, first, model, deliver)
    told = [
        event
        for event in (await sink.events())[seen:]
        if isinstance(event.data, RatingSet | RatingRemoved | RatingsSet)
    ]
    if told:
        await deliver(*((event.data, event.revision) for event in told))
    totals = {event.data.movie_id: event.data for event in await sink.events(MovieRatingsChanged)}
    for what in range(FILMS):
        expected = model.histogram(what)
        assert await histograms(first + what) == (expected, expected)
        summary = (await people[0].client.get(f"/v1/movies/film-{first + what}/ratings")).json()
        assert list(summary["histogram"].values()) == expected
        if first + what in totals:
            total = totals[first + what]
            assert (total.histogram, total.count) == (expected, sum(expected))
            assert total.average == summary["average"]
        else:
            assert sum(expected) == 0
