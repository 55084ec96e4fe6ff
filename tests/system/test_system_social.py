"""Members among members, through the one public door: seen by both sides and by a stranger."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import httpx
from steps import eventually


class Live:
    """One member's open stream, and what it has told so far."""

    def __init__(self, system, member):
        self.system, self.member = system, member
        self.told = []

    async def __aenter__(self):
        opened = asyncio.Event()
        self.following = asyncio.create_task(self.follow(opened))
        async with asyncio.timeout(20):
            await opened.wait()
        return self

    async def __aexit__(self, *_error):
        self.following.cancel()
        await asyncio.gather(self.following, return_exceptions=True)

    async def follow(self, opened):
        async with (
            httpx.AsyncClient(base_url=self.system.url, timeout=httpx.Timeout(20, read=60)) as http,
            http.stream("GET", "/v1/stream", headers=self.member.headers) as answer,
        ):
            assert answer.status_code == 200
            async for line in answer.aiter_lines():
                opened.set()
                if line.startswith("data: "):
                    self.told.append(json.loads(line.removeprefix("data: ")))

    async def next(self, kind):
        async def told():
            return next((one for one in self.told if one["kind"] == kind), None)

        return await eventually(told, what=f"{kind} in the stream")


async def ok(call, status=200):
    answer = await call
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def items(member, path):
    return (await ok(member.get(path)))["items"]


async def films(http, count):
    page = await ok(http.get("/v1/movies", params={"sort": "popularity", "limit": count}))
    return [item["slug"] for item in page["items"]]


async def block_and_see_nothing(ann, bob, things, comment):
    """Block Ann as Bob: what is the one's is gone for the other."""
    await ok(bob.put(f"/v1/me/blocks/{ann.username}"), 201)
    for gone in (*things, f"/v1/users/{ann.username}", f"/v1/users/{ann.username}/lists"):

        async def hidden(gone=gone):
            return (await bob.get(gone)).status_code == 404

        await eventually(hidden, what=f"{gone} hidden from who blocked its owner")
    assert (await ann.get(f"/v1/comments/{comment}")).status_code == 404
    assert (await ann.put(f"/v1/users/{bob.username}/friend-request")).status_code == 404
    assert await items(ann, "/v1/me/friends") == []
    assert await items(ann, "/v1/me/feed") == []


async def test_two_members_and_a_stranger(system, http, sign_up):
    ann, bob, eve = [await sign_up() for _ in range(3)]
    film = (await films(http, 1))[0]

    async with Live(system, bob) as to_bob, Live(system, ann) as to_ann:
        await ok(ann.put(f"/v1/users/{bob.username}/friend-request"), 201)
        asked = await to_bob.next("friend_request")
        assert asked["actor"]["username"] == ann.username
        answer = await bob.put(f"/v1/users/{ann.username}/friend-request")
        assert answer.is_success, answer.text
        assert (await to_ann.next("friend_accepted"))["actor"]["username"] == bob.username
        for one, other in ((ann, bob), (bob, ann)):
            friends = await items(one, "/v1/me/friends")
            assert [friend["username"] for friend in friends] == [other.username]
        profile = await ok(ann.get(f"/v1/users/{bob.username}"))
        assert profile["friendship"] == "friends"

        words = {
            "title": "What an ending",
            "content": "It was him all along.",
            "is_positive": True,
            "has_spoilers": True,
        }
        review = await ok(ann.post(f"/v1/movies/{film}/reviews", json=words), 201)
        path = f"/v1/reviews/{review['id']}"
        for reader in (bob, eve):
            shown = await ok(reader.get(path))
            assert (shown["content"], shown["spoilers_hidden"]) == (None, True)
        asked_for = await ok(bob.get(f"{path}?spoilers=show"))
        assert asked_for["content"] == words["content"]
        await ok(bob.rate(film, 4.5), 201)
        assert (await ok(bob.get(path)))["content"] == words["content"]
        assert (await ok(eve.get(path)))["content"] is None

        comment = await ok(bob.post(f"{path}/comments", json={"content": "I knew it"}), 201)
        assert (await to_ann.next("comment"))["actor"]["username"] == bob.username
        for emoji in ("FIRE", "LOVE", "LOVE"):
            assert (await bob.put(f"{path}/reactions/{emoji}")).is_success
        assert (await to_ann.next("reaction"))["actor"]["username"] == bob.username
        counts = (await ok(eve.get(path)))["reactions"]
        assert counts["counts"] == {"FIRE": 1, "LOVE": 1}

        shared = {"name": "For friends", "privacy": "friends"}
        made = await ann.post("/v1/me/lists", json=shared)
        assert made.status_code == 201, made.text
        where = made.headers["location"]
        await ok(ann.put(f"{where}/movies/{film}", json={"note": "Again"}), 201)
        told = await to_bob.next("list_shared")
        assert told["target"]["data"]["slug"] == made.json()["slug"]
    (held,) = await items(bob, f"{where}/movies")
    assert (held["movie"]["slug"], held["note"]) == (film, "Again")
    assert (await eve.get(where)).status_code == 404
    assert (await http.get(where)).status_code == 404
    assert (await bob.put(f"{where}/movies/{film}")).status_code == 403

    feed = await items(ann, "/v1/me/feed")
    assert {(act["kind"], act["user"]["username"]) for act in feed} == {("rating", bob.username)}
    assert await items(eve, "/v1/me/feed") == []
    (rated,) = await items(ann, f"/v1/movies/{film}/ratings/friends")
    assert (rated["user"]["username"], rated["value"]) == (bob.username, 4.5)
    await block_and_see_nothing(ann, bob, (path, where), comment["id"])
    assert (await ok(eve.get(path)))["comments"] == 1
    assert (await ok(ann.get(path)))["comments"] == 0


async def test_watched_film_is_in_the_history_and_in_a_friends_feed(http, sign_up):
    ann, bob = [await sign_up() for _ in range(2)]
    for one, other in ((ann, bob), (bob, ann)):
        assert (await one.put(f"/v1/users/{other.username}/friend-request")).is_success
    film = (await films(http, 1))[0]
    runtime = (await ok(http.get(f"/v1/movies/{film}")))["runtime"] * 60
    began = datetime.now(UTC) - timedelta(seconds=runtime + 60)
    positions = [*range(0, runtime, 30), runtime]
    played = [
        {
            "session_id": "living-room",
            "sequence": number,
            "movie": film,
            "type": "start" if number == 0 else "progress",
            "position": position,
            "at": (began + timedelta(seconds=position)).isoformat(),
        }
        for number, position in enumerate(positions)
    ]
    played[-1]["type"] = "stop"
    cursor = (await ok(ann.get("/v1/me/changes")))["next_cursor"]
    taken = await ok(ann.post("/v1/me/watch-events", json={"events": played[:400]}), 202)
    assert taken == {"accepted": len(played[:400]), "rejected": []}
    await ok(ann.post("/v1/me/watch-events", json={"events": played[1:500]}), 202)  # some again

    async def watched():
        history = await items(ann, "/v1/me/history")
        return history[0] if history and history[0]["coverage_seconds"] == runtime else None

    entry = await eventually(watched, what="the whole film in the history")
    assert (entry["movie"]["slug"], entry["completed"]) == (film, True)

    async def in_feed():
        acts = await items(bob, "/v1/me/feed")
        return [(act["kind"], act["movie"]["slug"]) for act in acts] == [("watch", film)]

    await eventually(in_feed, what="the film in the friend's feed")

    async def told(kind, **known):
        """Go on until a thing is told that holds what is known; return all that was told."""
        nonlocal cursor
        found = []

        async def more():
            nonlocal cursor
            page = await ok(ann.get("/v1/me/changes", params={"cursor": cursor}))
            cursor = page["next_cursor"]
            found.extend(page["items"])
            return any(
                item["type"] == kind and known.items() <= (item["data"] or {}).items()
                for item in page["items"]
            )

        await eventually(more, what=f"{kind} among the changes")
        return [(item["type"], item["id"], item["op"]) for item in found]

    await told("watch", coverage_seconds=runtime)
    # Sent once more, and behind it another film: once that is told, the repetition was handled.
    await ok(ann.post("/v1/me/watch-events", json={"events": played[:400]}), 202)
    start = {**played[0], "session_id": "kitchen", "movie": (await films(http, 2))[1]}
    await ok(ann.post("/v1/me/watch-events", json={"events": [start]}), 202)
    later = await told("watch", coverage_seconds=0)
    assert [kind for kind, _, _ in later] == ["watch"]
    await ok(ann.rate(film, 5), 201)
    assert [(kind, op) for kind, _, op in await told("rating")] == [("rating", "upsert")]


async def test_list_is_filled_looked_at_first_and_taken_back(http, sign_up):
    member = await sign_up()
    seen = await films(http, 3)
    for slug in seen:
        await ok(member.rate(slug, 4.5), 201)
    fill = {"genres": ["drama", "comedy"], "limit": 50}
    shown = await ok(member.post("/v1/lists/fill-preview", json=fill))
    assert shown["ranking"] == "recommender"
    assert len(shown["items"]) == 50
    for item in shown["items"]:
        assert item["movie"]["slug"] not in seen
        assert {"drama", "comedy"} & {genre["slug"] for genre in item["movie"]["genres"]}
        assert sum(r["weight"] for r in item["reasons"]) <= item["explained"] + 1e-6
    assert await items(member, "/v1/me/lists") == []
    body = {"name": "Tonight", "privacy": "private", "fill": fill}
    made = await member.post("/v1/me/lists", json=body)
    assert made.status_code == 201, made.text
    where = made.headers["location"]
    assert made.json()["movie_count"] == 50
    wrong = {"fill": {"genres": ["no-such-genre"], "people": ["nobody-at-all"], "friends": ["x"]}}
    refused = await member.request("PATCH", where, json=wrong)
    assert [error["code"] for error in refused.json()["errors"]] == [
        "genre_not_found",
        "person_not_found",
        "not_your_friend",
    ]
    for _ in range(2):
        assert (await member.delete(f"{where}/fill")).status_code == 204
    assert await items(member, f"{where}/movies") == []
