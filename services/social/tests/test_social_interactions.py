"""What the recommender reads of a member before their events arrive."""

from datetime import datetime


async def test_interactions_are_everything_of_the_caller_with_revisions(new_member, films):
    member, other = new_member(), new_member()
    await other.rate(films[2], 1)
    await other.signal(films[2], "like")
    await member.rate(films[0], 4)
    await member.rate(films[0], 4.5)
    await member.rate(films[1], 2)
    await member.unrate(films[1])
    await member.signal(films[1], "like")
    await member.signal(films[1], "seen")
    await member.signal(films[2], "dislike")
    await member.unsignal(films[2])
    rating = (await member.get(f"/v1/movies/{films[0]}/rating")).json()
    signal = (await member.get(f"/v1/movies/{films[1]}/signal")).json()
    body = (await member.get("/internal/me/interactions")).json()
    rated_at = body["ratings"][0].pop("rated_at")
    at = body["signals"][0].pop("at")
    assert body == {
        "user_id": str(member.id),
        "ratings": [{"movie_id": 1, "value": 4.5, "revision": 2}],
        "signals": [{"movie_id": 2, "kind": "seen", "revision": 2}],
    }
    assert datetime.fromisoformat(rated_at) == datetime.fromisoformat(rating["updated_at"])
    assert datetime.fromisoformat(at) == datetime.fromisoformat(signal["updated_at"])


async def test_interactions_of_someone_new_are_empty(new_member):
    body = (await new_member(verified=False).get("/internal/me/interactions")).json()
    assert (body["ratings"], body["signals"]) == ([], [])


async def test_interactions_need_a_member(client):
    assert (await client.get("/internal/me/interactions")).status_code == 401


async def test_interactions_are_no_part_of_the_public_document(client):
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert "/v1/me/ratings" in paths
    assert not [path for path in paths if path.startswith("/internal")]
