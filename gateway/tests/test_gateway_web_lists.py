"""Lists on pages: showing, making, ordering, filling; the watchlist."""

from typing import Any

import orjson
import pytest
import pytest_asyncio
from gateway_web import FILM, HTML, send, sign_in

from marquee_gateway.web.lists.changing import moved

AT = "2026-01-01T00:00:00Z"
ADA = {"id": "0", "username": "ada", "name": "Ada", "avatar_url": None}
THEO = {**ADA, "id": "1", "username": "theo", "name": "Theo"}
HERE = "/members/ada/lists/ships"
PLACE = "/v1/users/ada/lists/ships"


def film_list(**changes: Any) -> dict[str, Any]:
    return {
        "id": 3, "kind": "list", "slug": "ships", "name": "Ships <b>", "description": "Long ones.",
        "covers": [FILM["cover_url"]], "privacy": "friends", "movie_count": 3, "owner": ADA,
        "created_at": AT, "updated_at": AT, **changes,
    }  # fmt: skip


def listed(*items: Any, **more: Any) -> bytes:
    return orjson.dumps({"items": items, "next_cursor": None, **more})


def entry(slug: str, position: int) -> dict[str, Any]:
    note = "With <i>popcorn</i>" if position == 1 else None
    movie = {**FILM, "slug": slug, "title": slug.title()}
    return {"movie": movie, "position": position, "note": note, "added_at": AT}


@pytest.fixture
def lists(web_api: Any) -> Any:
    """Services that know a member's list of three films, and somebody else's."""
    entries = [entry(slug, number) for number, slug in enumerate(("alien", "brazil", "contact"), 1)]
    web_api.answers(PLACE, body=orjson.dumps(film_list()))
    web_api.answers(f"{PLACE}/movies", body=listed(*entries))
    web_api.answers(
        "/v1/users/theo/lists/ships", body=orjson.dumps(film_list(owner=THEO, privacy="public"))
    )
    web_api.answers("/v1/users/theo/lists/ships/movies", body=listed(*entries))
    web_api.answers("/v1/me/lists", body=listed(film_list()))
    web_api.answers("/v1/genres", body=listed({"id": 1, "slug": "horror", "name": "Horror"}))
    web_api.answers("/v1/me/friends", body=listed({**THEO, "since": AT}))
    return web_api


@pytest_asyncio.fixture
async def ada(gateway: Any, lists: Any) -> Any:
    """A member's browser."""
    await sign_in(gateway.client)
    return gateway.client


def sent(api: Any, path: str, method: str) -> list[Any]:
    return [
        orjson.loads(one.body) if one.body else None
        for one in api.received(path)
        if one.method == method
    ]


async def test_the_owner_of_a_list_can_change_it_and_others_cannot(ada: Any) -> None:
    own = await ada.get(HERE, headers=HTML)
    assert "Ships &lt;b&gt;" in own.text
    assert "With &lt;i&gt;popcorn&lt;/i&gt;" in own.text
    assert f"{HERE}/edit" in own.text
    assert "/report" not in own.text
    other = await ada.get("/members/theo/lists/ships", headers=HTML)
    assert "/edit" not in other.text
    assert "/films" not in other.text.replace("/films/", "")
    assert "/report?type=list&amp;id=3" in other.text


async def test_a_list_that_is_hidden_does_not_exist(ada: Any, lists: Any) -> None:
    lists.answers(PLACE, status=404, body=b'{"code":"list_not_found","detail":"No list."}')
    assert (await ada.get(HERE, headers=HTML)).status_code == 404


async def test_a_list_stays_whole_without_its_films(ada: Any, lists: Any) -> None:
    lists.answers(f"{PLACE}/movies", status=503)
    page = await ada.get(HERE, headers=HTML)
    assert page.status_code == 200
    assert "Ships &lt;b&gt;" in page.text
    assert page.text.count("This part could not be loaded") == 1


async def test_films_are_found_to_be_added_where_the_list_is_shown(ada: Any, lists: Any) -> None:
    page = await ada.get(f"{HERE}?find=al&q=bra", headers=HTML)
    assert "Add Alien &lt;1979&gt;" in page.text
    [films] = lists.received(f"{PLACE}/movies")
    assert "q=bra" in films.target


@pytest.mark.parametrize(
    ("values", "method", "body"),
    [({"do": "add"}, "PUT", {}), ({"do": "note", "note": " hm "}, "PUT", {"note": "hm"}),
     ({"do": "note", "note": ""}, "PUT", {"note": None}), ({"do": "remove"}, "DELETE", None)],
)  # fmt: skip
async def test_a_film_comes_gets_a_note_and_goes(
    ada: Any, lists: Any, values: dict[str, str], method: str, body: Any
) -> None:
    lists.answers(f"{PLACE}/movies/alien", body=b"{}")
    answer = await send(
        ada, f"{HERE}/films", page=HERE, movie="alien", next=f"{HERE}?q=x", **values
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}?q=x")
    assert sent(lists, f"{PLACE}/movies/alien", method) == [body]


async def test_a_film_moves_by_reading_no_more_than_it_takes(ada: Any, lists: Any) -> None:
    async def pages(request: Any) -> Any:
        first = "cursor" not in request.target
        slugs = ("alien", "brazil") if first else ("contact", "dune")
        items = [entry(slug, 1) for slug in slugs]
        return lists.reply(body=listed(*items, next_cursor="c" if first else "d"))

    lists.answers(f"{PLACE}/movies", pages)
    lists.answers(f"{PLACE}/order", body=b"{}")
    await send(ada, f"{HERE}/films", page=HERE, movie="brazil", do="down")
    assert sent(lists, f"{PLACE}/order", "PUT") == [
        {"movies": ["alien", "contact", "brazil", "dune"]}
    ]


def test_a_film_moves_within_its_list() -> None:
    slugs = ["a", "b", "c"]
    assert moved(slugs, "c", "up") == ["a", "c", "b"]
    assert moved(slugs, "c", "first") == ["c", "a", "b"]
    assert moved(slugs, "a", "up") == slugs
    assert moved(slugs, "c", "down") == slugs
    assert moved(slugs, "x", "up") == slugs


async def test_a_list_is_made_and_a_taken_name_told_beside_it(ada: Any, lists: Any) -> None:
    async def post(request: Any) -> Any:
        if orjson.loads(request.body)["name"] == "Ships":
            return lists.reply(status=409, body=b'{"code":"list_name_taken","detail":"Taken."}')
        return lists.reply(status=201, body=orjson.dumps(film_list(slug="boats")))

    lists.answers("/v1/me/lists", post)
    given = {"description": "A <b> text", "privacy": "private"}
    wrong = await send(ada, "/lists/new", name="Ships", **given)
    assert wrong.status_code == 409
    assert 'id="f-name-error">Taken.' in wrong.text
    assert "A &lt;b&gt; text" in wrong.text
    assert '<option value="private" selected>' in wrong.text
    made = await send(ada, "/lists/new", name="Boats", do="fill", **given)
    assert made.headers["location"] == "/members/ada/lists/boats/fill"
    assert sent(lists, "/v1/me/lists", "POST")[1] == {"name": "Boats", **given}


async def test_a_list_is_changed_and_deleted(ada: Any, lists: Any) -> None:
    page = await ada.get(f"{HERE}/edit", headers=HTML)
    assert 'value="Ships &lt;b&gt;"' in page.text
    answer = await send(ada, f"{HERE}/edit", name="New", description="", privacy="public")
    assert answer.headers["location"] == HERE
    assert sent(lists, PLACE, "PATCH") == [{"name": "New", "description": "", "privacy": "public"}]
    gone = await send(ada, f"{HERE}/delete", page=f"{HERE}/edit")
    assert gone.headers["location"] == "/lists"
    assert sent(lists, PLACE, "DELETE") == [None]


async def test_a_fill_is_looked_at_taken_and_taken_back(ada: Any, lists: Any) -> None:
    pick = {"movie": FILM, "score": 1, "explained": 1, "reasons": [{"text": "Theo rated it"}]}
    lists.answers(
        "/v1/lists/fill-preview", body=orjson.dumps({"items": [pick], "ranking": "popularity"})
    )
    lists.answers(f"{PLACE}/fill", status=204, body=b"")
    lists.answers("/v1/people", body=listed({"slug": "ridley-scott", "name": "Ridley Scott"}))
    given = {"genres": "horror", "friends": "theo", "people": "ridley", "limit": "5"}
    wanted = {"genres": ["horror"], "friends": ["theo"], "people": ["ridley-scott"], "limit": 5}
    seen = await send(ada, f"{HERE}/fill", do="preview", **given)
    assert seen.status_code == 200
    assert "Theo rated it" in seen.text
    assert "chosen by popularity" in seen.text
    assert 'value="horror" checked' in seen.text
    assert sent(lists, "/v1/lists/fill-preview", "POST") == [{**wanted, "list": "ships"}]
    assert sent(lists, PLACE, "PATCH") == [], "looking changes nothing"
    lists.answers(PLACE, body=orjson.dumps({**film_list(), "filled": {"items": [pick]}}))
    taken = await send(ada, f"{HERE}/fill", do="take", **given)
    assert taken.headers["location"] == f"{HERE}?filled"
    assert sent(lists, PLACE, "PATCH") == [{"fill": wanted}]
    page = await ada.get(f"{HERE}?filled", headers=HTML)
    assert "1 film has come into the list." in page.text
    assert f'action="{HERE}/fill/undo"' in page.text
    await send(ada, f"{HERE}/fill/undo", page=HERE)
    assert sent(lists, f"{PLACE}/fill", "DELETE") == [None]


@pytest.mark.parametrize(
    ("given", "field"), [({"limit": "many"}, "limit"), ({"people": "Nobody", "limit": "5"}, "people")]
)  # fmt: skip
async def test_what_a_fill_cannot_mean_is_told_beside_its_field(
    ada: Any, lists: Any, given: dict[str, str], field: str
) -> None:
    lists.answers("/v1/people", body=listed())
    answer = await send(ada, f"{HERE}/fill", do="preview", **{"people": "", **given})
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert f'value="{given[field]}"' in answer.text
    assert lists.received("/v1/lists/fill-preview") == []


async def test_somebody_elses_list_is_not_filled(ada: Any) -> None:
    answer = await ada.get("/members/theo/lists/ships/fill", headers=HTML)
    assert answer.status_code == 403


async def test_lists_are_searched_and_ones_own_stand_first(ada: Any, lists: Any) -> None:
    found = listed(film_list(owner=THEO, name="Theirs"), film_list(), page=1, pages=3, total=50)
    lists.answers("/v1/lists", body=found)
    page = await ada.get("/lists", headers=HTML)
    assert page.text.index("Ships") < page.text.index("Theirs")
    assert page.text.count("Ships &lt;b&gt;</span>") == 1, "not twice"
    assert "Page 1 of 3" in page.text
    page = await ada.get("/lists?q=theirs", headers=HTML)
    assert "50 lists found" in page.text
    lists.answers("/v1/lists", status=503)
    page = await ada.get("/lists", headers=HTML)
    assert page.text.count("This part could not be loaded") == 1
    assert "Ships" in page.text


async def test_a_watchlist_is_there_before_it_was_opened(ada: Any, lists: Any) -> None:
    lists.answers("/v1/users/ada/lists/watchlist", status=404, body=b'{"code":"list_not_found"}')
    lists.answers("/v1/me/watchlist", body=listed())
    page = await ada.get("/watchlist", headers=HTML)
    assert page.status_code == 200
    assert "<h1>Watchlist</h1>" in page.text
    assert "An empty screen" in page.text


@pytest.mark.parametrize("language", ["en", "es", "fr", "de"])
@pytest.mark.parametrize("path", ["/lists", "/lists/new", HERE, f"{HERE}/edit", f"{HERE}/fill"])
async def test_list_pages_hold_to_the_policy_in_every_language(
    ada: Any, path: str, language: str
) -> None:
    page = await ada.get(f"{path}?lang={language}", headers=HTML)
    assert page.status_code == 200
    assert page.headers["content-language"] == language
    assert " style=" not in page.text
    assert page.text.count("<h1") == 1
