"""Discovering by talking, and picking for several."""

import html
import re
from typing import Any

import orjson
import pytest
from gateway_web import FILM, HTML, form_token, send, sign_in

TALK = "3f0d8a52-0b0e-4a7b-9d3e-0b6c5d1f2a3b"
UNDERSTOOD = {"genres": ["sci-fi"], "people": ["tom-hanks"], "year_from": 1990, "year_to": 1999}
OTTO = {"id": "2", "username": "otto", "name": "Otto", "avatar_url": None}


def reason(text: str) -> dict[str, Any]:
    return {"kind": "genre", "text": text, "weight": 0.5}


def listed(*items: Any) -> bytes:
    return orjson.dumps({"items": items, "next_cursor": None})


def discovered(**changes: Any) -> bytes:
    items = [
        {"movie": FILM, "reasons": [reason("As you asked"), reason("It is <light>")]},
        {"movie": FILM, "reasons": [reason("As you asked")]},
    ]
    return orjson.dumps({
        "understood": UNDERSTOOD, "items": items, "reply": "Here you are.",
        "conversation_id": TALK, **changes,
    })  # fmt: skip


def asked(api: Any, path: str = "/v1/discover") -> list[Any]:
    return [orjson.loads(one.body) for one in api.received(path)]


@pytest.fixture
def talk(web_api: Any) -> Any:
    web_api.answers("/v1/discover", body=discovered())
    web_api.answers("/v1/genres", body=listed(
        {"slug": "sci-fi", "name": "Science Fiction"}, {"slug": "drama", "name": "Drama"}))  # fmt: skip
    web_api.answers("/v1/platforms", body=listed({"slug": "mubi", "name": "Mubi"}))
    web_api.answers("/v1/people/tom-hanks", body=b'{"slug":"tom-hanks","name":"Tom Hanks"}')
    return web_api


def fields(page: str) -> dict[str, list[str]]:
    """Return what a browser would send of the page's first form to talk with."""
    form = page[page.index('class="talk-form"') : page.index("</form>", page.index("talk-form"))]
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)
        given = re.search(r'value="([^"]*)"', tag)
        if name and given and ("checkbox" not in tag or "checked" in tag):
            sent.setdefault(name[1], []).append(html.unescape(given[1]))
    return sent


async def test_what_was_understood_is_shown_to_be_edited(gateway: Any, talk: Any) -> None:
    page = await gateway.client.get("/discover?text=nice+90s", headers=HTML)
    assert page.status_code == 200
    assert asked(talk) == [{"text": "nice 90s", "conversation_id": None, "limit": 24}]
    assert "Here you are." in page.text
    assert re.search(r'value="sci-fi" checked><span>Science Fiction<', page.text)
    assert re.search(r'value="tom-hanks" checked><span>Tom Hanks<', page.text)
    assert (
        'name="year_from" type="text" inputmode="numeric" maxlength="4" value="1990"' in page.text
    )
    assert "It is &lt;light&gt;" in page.text
    assert "As you asked" not in page.text, "what speaks for all tells none apart"


async def test_the_conversation_goes_on(gateway: Any, talk: Any) -> None:
    page = await gateway.client.get("/discover?text=nice+90s", headers=HTML)
    sent = {**fields(page.text), "text": "but shorter", "do": "say"}
    again = await gateway.client.post("/discover", data=sent, headers=HTML)
    assert again.status_code == 200
    assert asked(talk)[-1] == {"text": "but shorter", "conversation_id": TALK, "limit": 24}
    assert re.findall(r'name="said" value="([^"]*)"', again.text)[:2] == ["nice 90s", "but shorter"]
    more = await gateway.client.post(
        "/discover", data={**fields(again.text), "do": "more"}, headers=HTML
    )
    assert asked(talk)[-1]["text"] == "More"
    assert more.text.count("Here you are.</p>") == 3


async def test_fields_are_sent_whole(gateway: Any, talk: Any) -> None:
    page = await gateway.client.get("/discover?text=nice+90s", headers=HTML)
    talk.answers("/v1/people", body=listed({"slug": "meg-ryan", "name": "Meg Ryan"}))
    sent = {**fields(page.text), "genres": ["", "drama"], "year_to": "", "who": "meg", "do": "edit"}
    await gateway.client.post("/discover", data=sent, headers=HTML)
    assert asked(talk)[-1]["filters"] == {
        "like": [], "genres": ["drama"], "without_genres": [], "tags": [], "platforms": [],
        "people": ["tom-hanks", "meg-ryan"], "year_from": "1990", "year_to": None,
        "max_runtime": None, "with_friends": None,
    }  # fmt: skip
    assert asked(talk)[-1]["text"] == ""


async def test_a_wrong_field_says_so_and_keeps_the_talk(gateway: Any, talk: Any) -> None:
    page = await gateway.client.get("/discover?text=nice+90s", headers=HTML)
    talk.answers("/v1/discover", status=422, body=orjson.dumps({
        "code": "validation_failed", "detail": "Look again.", "errors": [
            {"pointer": "/filters/year_from", "code": "int", "detail": "That is no year."}]}))  # fmt: skip
    sent = {**fields(page.text), "year_from": "soon", "do": "edit"}
    again = await gateway.client.post("/discover", data=sent, headers=HTML)
    assert again.status_code == 422
    assert 'id="f-year_from-error">That is no year.' in again.text
    assert 'value="soon"' in again.text
    assert "Here you are." in again.text
    assert 'value="sci-fi" checked' in again.text


async def test_nothing_said_is_asked_for(gateway: Any, talk: Any) -> None:
    answer = await send(gateway.client, "/discover", text=" ", do="say")
    assert answer.status_code == 422
    assert 'id="f-text-error"' in answer.text
    assert talk.received("/v1/discover") == []


async def test_a_conversation_that_is_over_begins_anew(gateway: Any, talk: Any) -> None:
    page = await gateway.client.get("/discover?text=nice+90s", headers=HTML)

    async def over(request: Any) -> Any:
        old = orjson.loads(request.body)["conversation_id"] if b"conv" in request.body else None
        if old == TALK:
            return talk.reply(
                status=404, body=b'{"code":"conversation_not_found","detail":"Over."}'
            )
        return talk.reply(body=discovered(conversation_id="fresh"))

    talk.answers("/v1/discover", over)
    sent = {**fields(page.text), "text": "but shorter", "do": "say"}
    again = await gateway.client.post("/discover", data=sent, headers=HTML)
    assert again.status_code == 200
    _, refused, begun, said = asked(talk)
    assert begun["filters"]["genres"] == ["sci-fi"]
    assert said == {**refused, "conversation_id": "fresh"}
    assert "nice 90s" in again.text


async def test_what_was_typed_stays_while_the_service_is_away(gateway: Any, talk: Any) -> None:
    page = await gateway.client.get("/discover?text=nice+90s", headers=HTML)
    talk.answers("/v1/discover", status=503)
    sent = {**fields(page.text), "text": "but shorter", "do": "say"}
    again = await gateway.client.post("/discover", data=sent, headers=HTML)
    assert again.status_code == 503
    assert 'value="but shorter"' in again.text
    assert "could not be loaded" in again.text
    assert "Here you are." in again.text


@pytest.fixture
def company(web_api: Any) -> Any:
    web_api.answers("/v1/me/friends", body=listed(OTTO))
    web_api.answers("/v1/recommendations/group", body=orjson.dumps({"items": [
        {"movie": FILM, "fit": {"otto": 0.6, "ada": 0.9}, "reasons": [reason("You both like ships")]}
    ]}))  # fmt: skip
    return web_api


async def test_a_film_for_two_shows_each_ones_fit(gateway: Any, company: Any) -> None:
    guest = await gateway.client.get("/together", headers=HTML)
    assert guest.headers["location"] == "/sign-in?next=%2Ftogether"
    await sign_in(gateway.client)
    page = await gateway.client.get("/together", headers=HTML)
    assert 'name="with" value="otto"' in page.text
    assert company.received("/v1/recommendations/group") == []
    page = await gateway.client.get("/together?with=otto", headers=HTML)
    assert asked(company, "/v1/recommendations/group") == [{"usernames": ["otto"], "limit": 12}]
    assert re.findall(r'aria-label="(Suits[^"]+)"', page.text) == [
        "Suits Ada: 90 of 100", "Suits Otto: 60 of 100"
    ]  # fmt: skip
    assert "You both like ships" in page.text
    assert re.search(r'value="otto" checked', page.text)


@pytest.mark.parametrize(
    ("status", "text"), [(422, "Bob is no friend of yours."), (503, "could not be loaded")]
)
async def test_a_pick_that_is_not_to_be_had_says_why(
    gateway: Any, company: Any, status: int, text: str
) -> None:
    await sign_in(gateway.client)
    company.answers("/v1/recommendations/group", status=status, body=orjson.dumps(
        {"code": "not_your_friend", "detail": "Bob is no friend of yours."}))  # fmt: skip
    page = await gateway.client.get("/together?with=bob", headers=HTML)
    assert page.status_code == status
    assert text in page.text
    assert 'name="with" value="otto"' in page.text, "another choice can be made"


async def test_whoever_has_no_friends_is_shown_where_to_find_some(
    gateway: Any, company: Any
) -> None:
    await sign_in(gateway.client)
    company.answers("/v1/me/friends", body=listed())
    page = await gateway.client.get("/together", headers=HTML)
    assert 'href="/friends">Find friends' in page.text


async def test_another_site_cannot_talk_for_a_guest(gateway: Any, talk: Any) -> None:
    page = await gateway.client.get("/discover", headers=HTML)
    sent = {"form_token": form_token(page.text), "text": "x", "do": "say"}
    foreign = {**HTML, "Sec-Fetch-Site": "cross-site"}
    assert (await gateway.client.post("/discover", data=sent, headers=foreign)).status_code == 403
