"""Searching and browsing pages: filters as addresses, people, genres, and parts that are away."""

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from gateway_web import FILM, HTML, send, sign_in

PERSON = {"id": 7, "slug": "ridley-scott", "name": "Ridley Scott", "biography": "Born <there>.",
          "birthday": "1937-11-30", "deathday": None, "country": "GB", "portrait_url": None,
          "film_count": 1, "roles": ["director"], "awards": []}  # fmt: skip


def page_of(*items: Any, **more: Any) -> bytes:
    return orjson.dumps({"items": items, "next_cursor": None, **more})


def value(slug: str, count: int) -> dict[str, Any]:
    return {"slug": slug, "name": slug.title(), "count": count}


@pytest.fixture
def films(web_api: Any) -> Any:
    film = {**FILM, "genres": [{"id": 1, "slug": "horror", "name": "Horror"}]}
    facets = {"genre": [value("horror", 6), value("drama", 2)], "decade": [value("1970", 3)],
              "country": [value("GB", 4)], "platform": [], "tag": [], "award": [],
              "language": []}  # fmt: skip
    web_api.answers("/v1/movies", body=page_of(
        film, FILM, facets=facets, facets_approximate=False, page=1, pages=2, total=40))  # fmt: skip
    web_api.answers("/v1/search", body=page_of(
        {"type": "person", "id": 7, "slug": "ridley-scott", "title": "Ridley Scott",
         "cover_url": None, "match": [0, 6]}))  # fmt: skip
    web_api.answers("/v1/people", body=page_of({"id": 7, "slug": "ridley-scott", "name": "R"}))
    web_api.answers("/v1/people/ridley-scott", body=orjson.dumps(PERSON))
    web_api.answers("/v1/people/ridley-scott/movies", body=page_of(
        {**FILM, "roles": [{"job": "actor", "character": "Ash"}]}))  # fmt: skip
    return web_api


def links(page: str) -> dict[str, dict[str, list[str]]]:
    """Return the parameters of every search link by its text."""
    found = re.findall(r'<a[^>]*href="/search\?([^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL)
    return {
        " ".join(re.sub(r"<[^>]+>", " ", text).split()): parse_qs(html.unescape(query))
        for query, text in found
    }


async def test_filters_combine_as_links(gateway: Any, films: Any) -> None:
    page = await gateway.client.get("/search?q=al&genre=horror&sort=rating&x=1", headers=HTML)
    assert page.status_code == 200
    asked = links(page.text)
    base = {"q": ["al"], "sort": ["rating"]}
    assert asked["Drama 2"] == {**base, "genre": ["horror", "drama"]}
    assert asked["Horror 6"] == base, "chosen once more it is taken out"
    assert asked["1970s 3"] == {
        **base, "genre": ["horror"], "year_from": ["1970"], "year_to": ["1979"]
    }  # fmt: skip
    assert asked["United Kingdom 4"] == {**base, "genre": ["horror"], "country": ["GB"]}
    assert asked["Clear filters"] == base
    assert asked["Newest"] == {"q": ["al"], "genre": ["horror"], "sort": ["release_date"]}
    calls = [parse_qs(urlsplit(one.target).query) for one in films.received("/v1/movies")]
    listed = {"q": ["al"], "sort": ["rating"], "include": ["facets"]}
    assert {**listed, "genre": ["horror"], "limit": ["36"], "page": ["1"]} in calls
    assert {**listed, "limit": ["1"]} in calls, "a facet is counted without its own choice"


async def test_words_name_people_too(gateway: Any, films: Any) -> None:
    page = await gateway.client.get("/search?q=rid", headers=HTML)
    assert 'href="/people/ridley-scott"' in page.text
    assert 'value="rid"' in page.text
    assert "/search?q=rid&amp;page=2" in page.text


async def test_a_name_typed_as_a_filter_becomes_one(gateway: Any, films: Any) -> None:
    found = await gateway.client.get("/search?genre=horror&who=ridley", headers=HTML)
    assert found.headers["location"] == "/search?genre=horror&person=ridley-scott"
    films.answers("/v1/people", body=page_of())
    page = await gateway.client.get("/search?genre=horror&who=%3Cnobody%3E", headers=HTML)
    assert page.status_code == 422
    assert "We know nobody called &lt;nobody&gt;." in page.text
    assert 'value="&lt;nobody&gt;"' in page.text
    assert "Alien" in page.text


async def test_a_wrong_year_says_so_beside_it(gateway: Any, films: Any) -> None:
    films.answers("/v1/movies", status=422, body=orjson.dumps({
        "code": "validation_failed", "detail": "Look again.", "errors": [
            {"pointer": "/query/year_from", "code": "int", "detail": "That is no year."}]}))  # fmt: skip
    page = await gateway.client.get("/search?q=al&year_from=soon", headers=HTML)
    assert page.status_code == 422
    assert 'id="f-year_from-error">That is no year.' in page.text
    assert 'value="soon"' in page.text
    assert "could not be loaded" not in page.text


async def test_nothing_found_says_what_to_do(gateway: Any, films: Any) -> None:
    films.answers(
        "/v1/movies", body=page_of(facets={}, facets_approximate=False, page=1, pages=0, total=0)
    )
    page = await gateway.client.get("/search?q=zzz", headers=HTML)
    assert "No film fits that." in page.text
    assert 'href="/discover"' in page.text


@pytest.mark.parametrize("dead", ["/v1/movies", "/v1/search"])
async def test_the_search_stands_where_a_part_is_away(gateway: Any, films: Any, dead: str) -> None:
    films.answers(dead, status=503)
    page = await gateway.client.get("/search?q=al", headers=HTML)
    assert page.status_code == 200
    assert ("could not be loaded" in page.text) == (dead == "/v1/movies")
    assert 'name="year_from"' in page.text


async def test_suggestions_end_with_all_films(gateway: Any, films: Any) -> None:
    part = await gateway.client.get("/search/suggestions?q=rid", headers=HTML)
    assert "<mark>Ridley</mark> Scott" in part.text
    assert 'data-href="/search?q=rid"' in part.text
    assert (await gateway.client.get("/search/suggestions?q=", headers=HTML)).text.strip() == ""


async def test_a_persons_films_stand_by_role(gateway: Any, films: Any) -> None:
    page = await gateway.client.get("/people/ridley-scott", headers=HTML)
    assert "Born &lt;there&gt;." in page.text
    assert "November 30, 1937" in page.text
    assert "United Kingdom" in page.text
    assert re.search(r'class="face initials[^>]*>RS<', page.text)
    assert re.search(r'id="as-actor".*Ash', page.text, re.DOTALL)
    assert 'href="/sign-in?next=%2Fpeople%2Fridley-scott"' in page.text


async def test_a_person_stands_without_their_films(gateway: Any, films: Any) -> None:
    films.answers("/v1/people/ridley-scott/movies", status=503)
    page = await gateway.client.get("/people/ridley-scott", headers=HTML)
    assert page.status_code == 200
    assert page.text.count("could not be loaded") == 3
    films.answers("/v1/people/nobody", status=404, body=b'{"code":"person_not_found"}')
    assert (await gateway.client.get("/people/nobody", headers=HTML)).status_code == 404


async def test_members_follow_people(gateway: Any, films: Any) -> None:
    client = gateway.client
    await sign_in(client)
    films.answers("/v1/me/following/people", body=page_of())
    films.answers("/v1/me/following/people/ridley-scott", status=201, body=b"{}")
    page = await client.get("/people/ridley-scott", headers=HTML)
    assert 'aria-pressed="false"' in page.text
    answer = await send(client, "/people/ridley-scott/follow", page="/people/ridley-scott")
    assert answer.headers["location"] == "/people/ridley-scott"
    [put] = films.received("/v1/me/following/people/ridley-scott")
    assert put.method == "PUT"
    films.answers("/v1/me/following/people", body=page_of({"slug": "ridley-scott"}))
    page = await client.get("/people/ridley-scott", headers=HTML)
    assert 'aria-pressed="true"' in page.text
    await send(client, "/people/ridley-scott/follow", page="/people/ridley-scott", remove="yes")
    assert films.received("/v1/me/following/people/ridley-scott")[-1].method == "DELETE"


async def test_people_can_be_browsed(gateway: Any, films: Any) -> None:
    films.answers("/v1/people", body=page_of(
        {"id": 7, "slug": "ridley-scott", "name": "Ridley Scott"}, page=1, pages=1, total=1))  # fmt: skip
    page = await gateway.client.get("/people?q=rid&role=director", headers=HTML)
    assert 'href="/people/ridley-scott"' in page.text
    assert '<option value="director" selected>' in page.text


async def test_a_genre_shows_members_their_own_first(gateway: Any, films: Any) -> None:
    films.answers("/v1/genres/horror", body=b'{"slug":"horror","name":"Horror","film_count":61}')
    films.answers("/v1/me/recommendations", body=orjson.dumps(
        {"items": [{"movie": FILM, "reasons": [{"text": "You like ships"}]}]}))  # fmt: skip
    guest = await gateway.client.get("/genres/horror", headers=HTML)
    assert "For you" not in guest.text
    await sign_in(gateway.client)
    page = await gateway.client.get("/genres/horror", headers=HTML)
    assert "You like ships" in page.text
    films.answers("/v1/me/recommendations", status=503)
    page = await gateway.client.get("/genres/horror", headers=HTML)
    assert page.status_code == 200
    assert page.text.count("could not be loaded") == 1


async def test_every_genre_has_covers_of_its_own(gateway: Any, films: Any) -> None:
    films.answers("/v1/genres", body=page_of(
        {"slug": "horror", "name": "Horror", "film_count": 61},
        {"slug": "drama", "name": "Drama", "film_count": 300}))  # fmt: skip
    page = await gateway.client.get("/genres", headers=HTML)
    assert page.text.count("/v1/movies/alien-1979/placeholder.svg") == 3, "one of each page"
    films.answers("/v1/movies", status=503)
    assert (await gateway.client.get("/genres", headers=HTML)).status_code == 200


async def test_the_chart_says_where_it_ends(gateway: Any, films: Any) -> None:
    chart = {"items": [{"movie": FILM, "ratings": 3, "reasons": []}], "window": "day",
             "from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z", "live": False}  # fmt: skip
    films.answers("/v1/trending", body=orjson.dumps(chart))
    page = await gateway.client.get("/trending?window=day", headers=HTML)
    assert "3 ratings" in page.text
    assert "January 2, 2020" in page.text
    assert 'href="/trending?window=day" aria-current="true"' in page.text
