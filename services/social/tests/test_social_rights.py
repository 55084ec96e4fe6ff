"""What social holds of a member: exported whole, erased with a receipt."""

from datetime import UTC, datetime

import orjson

from marquee_shared.events.identity import MemberOnboarded, OnboardingRating, UserDeleted
from marquee_shared.events.rights import SocialMemberErased
from marquee_shared.rights import EXPORT_SCOPE
from marquee_shared.testing.plugin import new_uuid


async def test_ratings_and_signals_are_exported(client, authorization, new_member, films):
    member, other = new_member(), new_member()
    await member.rate(films[0], 4.5)
    await member.rate(films[1], 3)
    await member.unrate(films[1])
    await member.signal(films[2], "like")
    await other.rate(films[2], 1)
    headers = authorization(sub=str(member.id), kind="service", scope=EXPORT_SCOPE)

    async def export(name):
        path = f"/internal/members/{member.id}/datasets/{name}"
        answer = await client.get(path, headers=headers)
        return [orjson.loads(line) for line in answer.content.splitlines()]

    (rating,) = await export("ratings")
    assert (rating["movie"], rating["title"], rating["value"]) == (films[0], "Film 1", 4.5)
    (signal,) = await export("signals")
    assert (signal["movie"], signal["kind"]) == (films[2], "like")


async def test_erasure_is_answered_with_what_went(new_member, films, deliver, sink):
    member, receipt = new_member(), new_uuid()
    await member.rate(films[0], 4.5)
    await member.rate(films[1], 3)
    await member.signal(films[2], "like")
    await deliver((UserDeleted(id=member.id, receipt_id=receipt), 7))
    (told,) = await sink.events(SocialMemberErased)
    assert told.data.receipt_id == receipt
    removed = told.data.removed
    assert (removed["ratings"], removed["signals"]) == (2, 1)


async def test_films_rated_while_boarding_give_way_to_newer_ratings(new_member, films, deliver):
    member = new_member()
    await member.rate(films[1], 1)
    told = MemberOnboarded(
        user_id=member.id,
        ratings=[
            OnboardingRating(movie_id=1, value=4.5),
            OnboardingRating(movie_id=2, value=5),
        ],
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    await deliver((told, 3))
    await deliver((told, 3))
    rated = (await member.get("/v1/me/ratings")).json()["items"]
    assert {item["movie"]["slug"]: item["value"] for item in rated} == {films[0]: 4.5, films[1]: 1}
