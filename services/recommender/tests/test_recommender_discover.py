import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import orjson
import pytest
import pytest_asyncio
from aiohttp import web
from recommender_world import CRIME, ROMANCE, film, member, taste
from sqlalchemy import text
from test_recommender_circle import friends, watched

from marquee_recommender.discover.conversations import forget_conversations
from marquee_recommender.discover.outside import read_outside
from marquee_shared.events.catalog import Credit, NamedRef, TagCount
from marquee_shared.events.identity import UserDeleted

PATH = "/v1/discover"


def ids(body: dict[str, Any]) -> list[int]:
    return [item["movie"]["id"] for item in body["items"]]


async def ask(
    client: Any, said: str, headers: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    answer = await client.post(PATH, json={"text": said, **more}, headers=headers or {})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_filters_hold_and_are_shown(client: Any, world: Any) -> None:
    del world
    body = await ask(client, "romance from 2003 to 2006 on Flix")
    assert body["understood"] == {
        "genres": ["romance"],
        "platforms": ["flix"],
        "year_from": 2003,
        "year_to": 2006,
    }
    assert set(ids(body)) == {23, 25}
    assert body["reply"] == "Here is what fits best: Romance, on Flix, 2003\u20132006."
    for item in body["items"]:
        assert 0 <= sum(reason["weight"] for reason in item["reasons"]) <= item["explained"] <= 1
        assert "Romance, as you asked" in {reason["text"] for reason in item["reasons"]}


async def test_filters_in_the_question_override_what_is_understood(client: Any, world: Any) -> None:
    del world
    body = await ask(client, "romance since 2010", filters={"genres": ["crime"], "year_from": None})
    assert body["understood"] == {"genres": ["crime"]}
    assert set(ids(body)) == set(CRIME)
    assert ids(await ask(client, "", filters={"genres": ["nonesuch"]})) == []


async def test_like_a_film_finds_its_neighbours_and_not_itself(client: Any, world: Any) -> None:
    del world
    body = await ask(client, "something like Film 1", limit=5)
    assert body["understood"] == {"like": ["film-1"]}
    assert set(ids(body)) <= set(CRIME) - {1}
    german = await ask(client, "so was wie Streifen 25", {"Accept-Language": "de"}, limit=5)
    assert set(ids(german)) <= set(ROMANCE) - {25}
    assert "Ähnlich wie Streifen 25" in str(german)
    assert german["reply"].startswith("Das passt am besten: wie Streifen 25")


async def test_people_runtimes_and_unwanted_genres(client: Any, world: Any) -> None:
    clint = Credit(id=9, slug="clint-wood", name="Clint Wood", job="actor")
    world.catalog.put(film(5, runtime=80, credits=[clint]), (1, 2))
    world.catalog.put(film(6, runtime=140, credits=[clint]), (1, 2))
    assert set(ids(await ask(client, "with Clint Wood"))) == {5, 6}
    assert ids(await ask(client, "with Clint Wood under 2 hours")) == [5]
    short = ids(await ask(client, "crime under 2 hours", limit=100))
    assert short[0] == 5
    assert set(short) == set(CRIME) - {6}
    assert set(ids(await ask(client, "no crime", limit=100))) == set(ROMANCE)


async def test_themes_find_what_has_the_tag_first_and_then_what_is_like_it(
    client: Any, world: Any
) -> None:
    sad = TagCount(id=1, slug="sad", name="sad")
    world.catalog.put(film(30, tags=[sad]), (1, 2))
    body = await ask(client, "something sad", limit=6)
    assert ids(body)[0] == 30
    assert set(ids(body)) <= set(ROMANCE)
    assert body["understood"] == {"tags": ["sad"]}


async def test_films_with_all_the_genres_come_before_films_with_some(
    client: Any, world: Any
) -> None:
    both = [NamedRef(id=1, slug="crime", name="Crime"), NamedRef(id=2, slug="romance", name="R")]
    world.catalog.put(film(7, genres=both, popularity=0.0), (1, 2))
    assert ids(await ask(client, "romantic crime", limit=5))[0] == 7


async def test_words_that_are_no_filter_are_looked_up_by_meaning(client: Any, world: Any) -> None:
    world.catalog.put(film(33, title="The Lighthouse"), (1, 2))
    body = await ask(client, "lighthouse", limit=5)
    assert body["understood"] == {}
    assert ids(body)[0] == 33
    assert set(ids(body)) <= set(ROMANCE)


async def test_a_members_own_films_are_left_out_and_friends_count(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    headers = authorization(sub=member(0))
    begun = next(movie for movie in ROMANCE if movie not in taste(1))
    await deliver((friends(0, 1), 1), (watched(0, begun), 1))
    plain = ids(await ask(client, "", headers, limit=100))
    assert set(plain) == (set(CRIME) | set(ROMANCE)) - set(taste(0)) - {begun}
    body = await ask(client, "something with my friends", headers, limit=5)
    assert body["understood"] == {"with_friends": True}
    assert set(ids(body)) <= set(taste(1))
    reasons = [reason for item in body["items"] for reason in item["reasons"]]
    assert any(r["kind"] == "friends" and r["users"][0]["username"] == "member1" for r in reasons)


async def test_a_conversation_remembers(client: Any, world: Any) -> None:
    del world
    first = await ask(client, "crime since 1990", limit=3)
    going = {"conversation_id": first["conversation_id"]}
    second = await ask(client, "on Flix", limit=3, **going)
    assert second["understood"] == {"genres": ["crime"], "platforms": ["flix"], "year_from": 1990}
    shown = set(ids(second))
    more = await ask(client, "more", limit=3, **going)
    assert more["understood"] == second["understood"]
    assert shown.isdisjoint(ids(more))
    instead = await ask(client, "romance before 2010", **going)
    assert instead["understood"]["genres"] == ["romance"]
    assert "year_from" not in instead["understood"]
    also = await ask(client, "also crime", **going)
    assert also["understood"]["genres"] == ["romance", "crime"]
    afresh = await ask(client, "start over: crime", **going)
    assert afresh["understood"] == {"genres": ["crime"]}
    assert afresh["conversation_id"] == first["conversation_id"]


async def test_a_conversation_belongs_to_who_began_it(
    client: Any, world: Any, authorization: Any
) -> None:
    del world
    mine = (await ask(client, "crime", authorization(sub=member(0))))["conversation_id"]
    nobodys = (await ask(client, "crime"))["conversation_id"]
    for conversation, headers in (
        (mine, {}),
        (mine, authorization(sub=member(1))),
        (nobodys, authorization(sub=member(1))),
        (str(uuid4()), {}),
    ):
        body = {"text": "more", "conversation_id": conversation}
        answer = await client.post(PATH, json=body, headers=headers)
        assert answer.status_code == 404
        assert answer.json()["code"] == "conversation_not_found"


async def test_conversations_end_and_go_with_their_member(
    client: Any, world: Any, authorization: Any, database: Any, context: Any, deliver: Any
) -> None:
    del world
    over = (await ask(client, "crime"))["conversation_id"]
    await ask(client, "crime", authorization(sub=member(0)))
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE conversations SET expires_at = now() WHERE id = :id"), {"id": over}
        )
    answer = await client.post(PATH, json={"text": "more", "conversation_id": over})
    assert answer.status_code == 404
    assert await forget_conversations(context) == {"removed": 1}
    await deliver((UserDeleted(id=member(0)), 9))
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM conversations")) == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"text": None},
        {"text": 5},
        {"text": "a\x00b"},
        {"text": "a" * 501},
        {"text": "a", "limit": 0},
        {"text": "a", "conversation_id": "x"},
        {"text": "a", "filters": {"colour": "red"}},
        {"text": "a", "filters": {"year_from": 2000, "year_to": 1999}},
        {"text": "a", "filters": {"max_runtime": 10**30}},
        {"text": "a", "filters": {"genres": "crime"}},
    ],
)
async def test_bad_questions_are_refused(client: Any, world: Any, body: Any) -> None:
    del world
    answer = await client.post(PATH, json=body)
    assert answer.status_code == 422
    errors = [tuple(error.values()) for error in answer.json()["errors"]]
    assert len(errors) == len(set(errors)) > 0


async def test_without_a_model_or_films_it_still_answers(
    client: Any, fill: Any, serving: Any
) -> None:
    empty = await ask(client, "crime")
    assert empty["items"] == []
    assert empty["reply"] == "Nothing in the catalog fits that. Try fewer filters."
    await fill()
    await serving.load()
    serving.names._read_at = -1000.0
    body = await ask(client, "crime like Film 25", limit=50)
    assert body["model"] is None
    assert set(ids(body)) == set(CRIME)


class Outside:
    """An OpenAI-compatible API that answers as it is told."""

    def __init__(self) -> None:
        self.url = ""
        self.content: Any = "{}"
        self.status = 200
        self.raw: bytes | None = None
        self.silent = False
        self.asked: list[dict[str, Any]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        if self.silent:
            await asyncio.Event().wait()
        if self.raw is not None:
            return web.Response(body=self.raw, status=self.status)
        content = self.content if isinstance(self.content, str) else orjson.dumps(self.content)
        text_ = content if isinstance(content, str) else content.decode()
        return web.json_response({"choices": [{"message": {"content": text_}}]}, status=self.status)


@pytest_asyncio.fixture
async def outside() -> AsyncIterator[Outside]:
    double = Outside()
    application = web.Application()
    application.router.add_post("/v1/chat/completions", double.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    double.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield double
    await runner.cleanup()


async def read(world: Any, context: Any, outside: Outside, **settings: Any) -> dict[str, Any]:
    chosen = context.settings.model_copy(update={"llm_base_url": outside.url, **settings})
    names = await world.names.current()
    return await read_outside(chosen, "a caper", world.catalog, names)


async def test_an_outside_model_fills_in_what_holds(
    world: Any, context: Any, outside: Outside
) -> None:
    outside.content = {
        "genres": ["Crime", "nonsense"],
        "people": ["Ann", "Nobody At All"],
        "like": ["Film 3", "A Film That Never Was"],
        "platforms": ["flix"],
        "year_from": 1990,
        "max_runtime": 100000,
        "injected": "x",
    }
    assert await read(world, context, outside) == {
        "genres": ["crime"],
        "people": ["ann"],
        "like": ["film-3"],
        "platforms": ["flix"],
        "year_from": 1990,
    }
    sent = outside.asked[0]["messages"][-1]
    assert sent == {"role": "user", "content": "a caper"}


@pytest.mark.parametrize(
    "broken",
    [
        {"status": 500},
        {"status": 302},
        {"raw": b"<html>"},
        {"raw": b"{}"},
        {"raw": b'{"choices": []}'},
        {"raw": b"x" * 100_000},
        {"content": "no JSON"},
        {"content": {"genres": "crime"}},
        {"content": {"year_from": "many"}},
        {"content": [1]},
        {"silent": True},
    ],
)
async def test_a_slow_or_broken_outside_model_changes_nothing(
    world: Any, context: Any, outside: Outside, broken: dict[str, Any]
) -> None:
    for name, value in broken.items():
        setattr(outside, name, value)
    assert await read(world, context, outside, llm_timeout=0.3) == {}
    assert len(outside.asked) == 1


async def test_an_outside_model_that_is_away_changes_nothing(
    world: Any, context: Any, outside: Outside
) -> None:
    outside.url = "http://127.0.0.1:9"
    assert await read(world, context, outside) == {}


async def test_the_own_reading_counts_more_than_the_outside_models(
    client: Any, world: Any, context: Any, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    del world
    outside.content = {"genres": ["Crime"], "platforms": ["flix"]}
    chosen = context.settings.model_copy(update={"llm_base_url": outside.url})
    monkeypatch.setattr(client._transport.app.state.context, "settings", chosen)
    body = await ask(client, "romance")
    assert body["understood"] == {"genres": ["romance"], "platforms": ["flix"]}
