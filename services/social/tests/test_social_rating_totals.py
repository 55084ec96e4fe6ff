"""What catalog reads at night to see whether an event about ratings was lost."""

from marquee_shared.events.social import MovieRatingsChanged
from marquee_social.ratings.service import tell_totals


async def test_totals_are_those_that_were_told_and_come_by_id(
    client, context, new_member, films, sink
):
    for member, values in ((new_member(), (4.5, 2.0)), (new_member(), (3.5, 1.0))):
        for film, value in zip(films, values, strict=False):
            await member.rate(film, value)
    async with context.database.transaction() as session:
        await tell_totals(session, [1, 2])
    told = await sink.events(MovieRatingsChanged)
    answer = (await client.get("/internal/ratings/totals")).json()
    assert answer["epoch"] == 1
    assert answer["items"] == [
        {"movie_id": event.data.movie_id, "count": event.data.count,
         "average": event.data.average, "revision": event.revision}
        for event in told
    ]  # fmt: skip
    assert [item["average"] for item in answer["items"]] == [4.0, 1.5]
    rest = (await client.get("/internal/ratings/totals?after=1&limit=1")).json()["items"]
    assert [item["movie_id"] for item in rest] == [2]
    assert (await client.get("/internal/ratings/totals?after=2")).json()["items"] == []
