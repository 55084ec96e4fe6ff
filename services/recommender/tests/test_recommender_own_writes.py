"""What a member has just done or chosen counts in their next call, arrived or not."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from recommender_world import CRIME, ROMANCE, rating

from marquee_recommender.interactions.handlers import on_member_onboarded
from marquee_recommender.interactions.repository import load_profile
from marquee_shared.events.identity import MemberOnboarded, OnboardingRating, TasteChanged
from marquee_shared.events.social import RatingRemoved
from marquee_shared.outbox.consumer import record
from marquee_shared.testing.plugin import as_event, new_uuid

NOW = datetime(2026, 6, 1, tzinfo=UTC)


async def ask(client: Any, headers: dict[str, str], query: str = "?limit=6") -> Any:
    answer = await client.get(f"/v1/me/recommendations{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def films(items: list[dict[str, Any]]) -> set[int]:
    return {item["movie"]["id"] for item in items}


async def values(database: Any, who: UUID) -> dict[Any, float | None]:
    async with database.reading() as session:
        known = await load_profile(session, who, [])
    return {event.item: event.value for event in known.events}


async def test_a_choice_under_way_is_read_from_identity(
    client: Any, world: Any, authorization: Any, social: Any, deliver: Any
) -> None:
    del world
    who = new_uuid()
    headers = authorization(sub=who)
    await deliver((TasteChanged(user_id=who, genres=["crime"], platforms=[], people=[]), 1))
    assert films(await ask(client, headers)) <= set(CRIME)
    social.taste = {"genres": ["romance"], "platforms": [], "people": [], "country": None}
    under_way = {**headers, "Marquee-After": str(new_uuid())}
    items = await ask(client, under_way)
    assert films(items) <= set(ROMANCE)
    assert "From the genres you chose" in str(items)
    home = await client.get("/v1/me/home", headers=under_way)
    assert home.json()["sections"][0]["items"][0]["movie"]["id"] in ROMANCE
    social.taste, social.following = social.taste | {"genres": []}, ["bob"]
    assert "Directed by Bob, whom you follow" in str(await ask(client, under_way, "?limit=40"))
    social.taste = None  # identity does not answer: what is known has to do
    assert films(await ask(client, under_way)) <= set(CRIME)


async def test_what_arrives_while_others_are_asked_counts(
    client: Any, world: Any, authorization: Any, social: Any, deliver: Any, database: Any
) -> None:
    del world
    who, awaited = new_uuid(), new_uuid()

    async def bring() -> None:
        await deliver((rating(0, 25, 5.0, user_id=who), 1))
        async with database.transaction() as session:
            await record(session, "recommender", [awaited])

    social.meanwhile = bring
    items = await ask(client, {**authorization(sub=who), "Marquee-After": str(awaited)})
    assert social.calls
    assert films(items) <= set(ROMANCE) - {25}
    assert "Because you rated Film 25 5" in str(items)


async def test_the_first_call_after_boarding_knows_the_films_rated(
    client: Any, world: Any, authorization: Any, social: Any, deliver: Any, database: Any
) -> None:
    del world
    who, awaited = new_uuid(), new_uuid()
    boarded = MemberOnboarded(
        user_id=who, ratings=[OnboardingRating(movie_id=21, value=5.0)], at=NOW
    )
    arriving: list[asyncio.Task[None]] = []

    async def arrive() -> None:
        async with database.transaction() as session:
            await on_member_onboarded(session, [as_event(boarded, 1)])
            await record(session, "recommender", [awaited])

    async def begin() -> None:
        arriving.append(asyncio.create_task(arrive()))

    social.meanwhile = begin
    items = await ask(client, {**authorization(sub=who), "Marquee-After": str(awaited)})
    await asyncio.gather(*arriving)
    assert films(items) <= set(ROMANCE) - {21}
    assert "Because you rated Film 21 5" in str(items)


async def test_films_rated_while_boarding_count_at_once_and_give_way_to_what_social_tells(
    client: Any, world: Any, authorization: Any, deliver: Any, database: Any
) -> None:
    del world
    who = new_uuid()
    headers = authorization(sub=who)
    liked = [OnboardingRating(movie_id=movie, value=5.0) for movie in (21, 22, 23)]
    boarded = MemberOnboarded(user_id=who, ratings=liked, at=NOW)
    await deliver((boarded, 1))
    items = await ask(client, headers)
    assert films(items) <= set(ROMANCE) - {21, 22, 23}
    assert await values(database, who) == {21: 5.0, 22: 5.0, 23: 5.0}
    lower = rating(0, 22, 2.0, user_id=who)
    await deliver((RatingRemoved(user_id=who, movie_id=21), 1), (lower, 1), (boarded, 1))
    assert await values(database, who) == {22: 2.0, 23: 5.0}
