"""The four steps of a new member: kept at once, left out or gone on with, and what they end in."""

import re
from typing import Any

import orjson
import pytest
import pytest_asyncio
from gateway_web import FILM, HTML, send, sign_in

TASTE = {"genres": ["horror"], "platforms": [], "people": ["ridley-scott"], "country": "GB"}
SCOTT = {"id": 7, "slug": "ridley-scott", "name": "Ridley Scott"}
WEAVER = {"id": 8, "slug": "sigourney-weaver", "name": "Sigourney Weaver"}


def listed(*items: Any) -> bytes:
    return orjson.dumps({"items": items, "next_cursor": None})


def bodies(api: Any, path: str, method: str = "PUT") -> list[Any]:
    return [orjson.loads(one.body) for one in api.received(path) if one.method == method]


@pytest_asyncio.fixture
async def boarding(gateway: Any, web_api: Any, tokens: Any) -> Any:
    """A member who has said a little already."""
    web_api.answers("/v1/auth/login", body=tokens(boarded=False))
    web_api.answers("/v1/me/taste", body=orjson.dumps(TASTE))
    web_api.answers("/v1/genres", body=listed(
        {"slug": "horror", "name": "Horror"}, {"slug": "drama", "name": "Drama"}))  # fmt: skip
    web_api.answers("/v1/platforms", body=listed({"slug": "mubi", "name": "Mubi"}))
    web_api.answers("/v1/people", body=listed(WEAVER))
    web_api.answers("/v1/people/ridley-scott", body=orjson.dumps(SCOTT))
    web_api.answers("/v1/movies/alien-1979", body=orjson.dumps(
        {"directors": [SCOTT], "cast": [WEAVER]}))  # fmt: skip
    web_api.answers("/v1/me/ratings", body=listed())
    web_api.answers("/v1/movies/alien-1979/rating", body=b"{}")
    web_api.answers("/v1/me/onboarding", body=b"{}")
    web_api.answers("/v1/auth/refresh", body=tokens(refresh="second"))
    await sign_in(gateway.client)
    return web_api


async def test_it_goes_on_where_nothing_was_said_yet(gateway: Any, boarding: Any) -> None:
    answer = await gateway.client.get("/welcome", headers=HTML)
    assert answer.headers["location"] == "/welcome/platforms"
    gateway.client.cookies.clear()
    guest = await gateway.client.get("/welcome/genres", headers=HTML)
    assert guest.headers["location"] == "/sign-in?next=%2Fwelcome%2Fgenres"


async def test_a_step_keeps_the_others(gateway: Any, boarding: Any) -> None:
    page = await gateway.client.get("/welcome/genres", headers=HTML)
    assert re.search(r'value="horror" checked', page.text)
    answer = await send(gateway.client, "/welcome/genres", genres=["drama", "horror"])
    assert answer.headers["location"] == "/welcome/platforms"
    assert bodies(boarding, "/v1/me/taste") == [{**TASTE, "genres": ["drama", "horror"]}]
    assert 'href="/welcome/platforms">Skip' in page.text


async def test_a_refusal_keeps_what_was_ticked(gateway: Any, boarding: Any) -> None:
    async def taste(request: Any) -> Any:
        if request.method == "GET":
            return boarding.reply(body=orjson.dumps(TASTE))
        return boarding.reply(status=422, body=orjson.dumps({
            "code": "validation_failed", "detail": "No.",
            "errors": [{"pointer": "/country", "code": "x", "detail": "No such country."}]}))  # fmt: skip

    boarding.answers("/v1/me/taste", taste)
    answer = await send(gateway.client, "/welcome/platforms", platforms="mubi", country="DE")
    assert answer.status_code == 422
    assert 'id="f-country-error">No such country.' in answer.text
    assert 'value="mubi" checked' in answer.text
    assert '<option value="DE" selected>Germany' in answer.text


async def test_looking_for_people_keeps_those_ticked(gateway: Any, boarding: Any) -> None:
    answer = await send(
        gateway.client, "/welcome/people", people="ridley-scott", q="weaver", do="search"
    )
    assert answer.headers["location"] == "/welcome/people?q=weaver"
    assert bodies(boarding, "/v1/me/taste")[-1]["people"] == ["ridley-scott"]
    page = await gateway.client.get("/welcome/people?q=weaver", headers=HTML)
    assert re.search(r'value="ridley-scott" checked', page.text)
    assert page.text.count('value="sigourney-weaver"') == 1, "found, so not suggested as well"


async def test_ratings_are_given_and_the_front_page_reacts(gateway: Any, boarding: Any) -> None:
    page = await gateway.client.get("/welcome/films", headers=HTML)
    assert page.text.count('name="rating.alien-1979"') == 11, "ten halves, and not seen"
    given = {"rating.alien-1979": "4.5", "rating.other": ""}
    more = await send(gateway.client, "/welcome/films", do="more", **given)
    assert more.headers["location"] == "/welcome/films"
    assert bodies(boarding, "/v1/movies/alien-1979/rating") == [{"value": 4.5}]
    assert boarding.received("/v1/movies/other/rating") == []
    assert boarding.received("/v1/me/onboarding") == []
    end = await send(gateway.client, "/welcome/films", do="next")
    assert end.headers["location"] == "/"
    assert bodies(boarding, "/v1/me/onboarding", "POST") == [TASTE]
    assert len(boarding.received("/v1/auth/refresh")) == 1, "claims say boarded from now on"
    assert "This page is yours now" in (await gateway.client.get("/", headers=HTML)).text


async def test_a_refused_rating_is_told(gateway: Any, boarding: Any) -> None:
    boarding.answers("/v1/movies/alien-1979/rating", status=422, body=orjson.dumps({
        "code": "validation_failed", "detail": "No.",
        "errors": [{"pointer": "/value", "code": "x", "detail": "Half steps only."}]}))  # fmt: skip
    answer = await send(gateway.client, "/welcome/films", do="next", **{"rating.alien-1979": "9"})
    assert answer.headers["location"] == "/welcome/films"
    assert boarding.received("/v1/me/onboarding") == []
    page = await gateway.client.get("/welcome/films", headers=HTML)
    assert "Half steps only." in page.text


@pytest.mark.parametrize("step", ["genres", "people", "films"])
async def test_steps_stand_without_the_catalog(gateway: Any, boarding: Any, step: str) -> None:
    for path in ("/v1/genres", "/v1/movies", "/v1/people", "/v1/people/ridley-scott"):
        boarding.answers(path, status=503)
    page = await gateway.client.get(f"/welcome/{step}", headers=HTML)
    assert page.status_code == 200
    assert "Do this later" in page.text
    assert ("could not be loaded" in page.text) == (step != "people")
    if step == "genres":
        assert 'type="hidden" name="genres" value="horror"' in page.text, "nothing said is lost"


async def test_the_films_rated_are_not_asked_again(gateway: Any, boarding: Any) -> None:
    boarding.answers("/v1/me/ratings", body=listed({"movie": FILM, "value": 4}))
    page = await gateway.client.get("/welcome/films", headers=HTML)
    assert 'name="rating.alien-1979"' not in page.text
    assert "You have rated all of these" in page.text
