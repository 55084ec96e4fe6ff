"""Lists and the watchlist over HTTP."""

import asyncio

import pytest
from sqlalchemy import text

from marquee_shared.events.catalog import MovieDeleted, MovieUpdated
from marquee_shared.events.identity import UserDeleted
from marquee_social.lists import reading

BEST = "/v1/users/ann/lists/best-of"


@pytest.fixture
async def ann(new_person, films):
    return await new_person("ann")


@pytest.fixture
async def bob(new_person):
    return await new_person("bob")


async def make(member, name="Best of", **fields):
    answer = await member.post("/v1/me/lists", {"name": name, **fields})
    assert answer.status_code == 201, answer.text
    return answer


async def slugs(member, path=BEST, query=""):
    items = (await member.get(f"{path}/movies{query}")).json()["items"]
    return [item["movie"]["slug"] for item in items]


async def names(member, path):
    return [item["slug"] for item in (await member.get(path)).json()["items"]]


async def test_list_is_made_read_and_listed(ann):
    answer = await make(ann, description="Only these", privacy="friends")
    assert answer.headers["location"] == BEST
    made = answer.json()
    assert (made["slug"], made["privacy"], made["movie_count"], made["covers"]) == (
        "best-of",
        "friends",
        0,
        [],
    )
    assert made["owner"]["username"] == "ann"
    read = await ann.get(BEST)
    assert read.json() == made
    assert read.headers["etag"]
    assert await names(ann, "/v1/me/lists") == ["best-of"]
    assert await names(ann, "/v1/users/ANN/lists") == ["best-of"]


async def test_names_are_unique_among_live_lists_whatever_their_case(ann, bob):
    await make(ann, "Café")
    taken = await ann.post("/v1/me/lists", {"name": "CAFÉ"})
    assert (taken.status_code, taken.json()["code"]) == (409, "list_name_taken")
    assert (await make(ann, "Cafe!")).json()["slug"] == "cafe-2"
    await make(bob, "Café")
    assert (await ann.delete("/v1/users/ann/lists/cafe")).status_code == 204
    assert (await ann.delete("/v1/users/ann/lists/cafe")).status_code == 204
    assert (await make(ann, "Café")).json()["slug"] == "cafe"


async def test_equal_names_at_once_make_one_list(ann):
    answers = await asyncio.gather(
        *(ann.post("/v1/me/lists", {"name": "Best of"}) for _ in range(8)),
        *(ann.post("/v1/me/lists", {"name": f"Best, of{'!' * n}"}) for n in range(1, 5)),
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 7
    assert len(set(await names(ann, "/v1/me/lists"))) == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 101},
        {"name": "a\u202eb"},
        {"name": "a\x00b"},
        {"name": None},
        {"name": ["a"]},
        {"name": "a", "privacy": "secret"},
        {"name": "a", "user_id": "x"},
        {"name": "a", "description": "x" * 2001},
        [],
        "a",
    ],
)
async def test_what_is_no_list_is_422(ann, wrong):
    assert (await ann.post("/v1/me/lists", wrong)).status_code == 422
    assert await names(ann, "/v1/me/lists") == []


async def test_films_are_added_noted_ordered_and_removed(ann, films):
    await make(ann)
    for slug in films:
        answer = await ann.put(f"{BEST}/movies/{slug}")
        assert answer.status_code == 201
    assert await slugs(ann) == films
    noted = await ann.put(f"{BEST}/movies/{films[1]}", {"note": "The best"})
    assert (noted.status_code, noted.json()["note"]) == (200, "The best")
    assert (await ann.put(f"{BEST}/movies/{films[1]}")).json()["note"] == "The best"
    assert (await ann.put(f"{BEST}/movies/{films[1]}", {"note": None})).json()["note"] is None
    ordered = await ann.put(f"{BEST}/order", {"movies": [films[2]]})
    assert ordered.status_code == 200
    assert await slugs(ann) == [films[2], films[0], films[1]]
    for _ in range(2):
        assert (await ann.delete(f"{BEST}/movies/{films[0]}")).status_code == 204
    assert await slugs(ann) == [films[2], films[1]]
    assert (await ann.get(BEST)).json()["movie_count"] == 2


async def test_order_must_name_films_of_the_list_once(ann, films):
    await make(ann)
    await ann.put(f"{BEST}/movies/{films[0]}")
    foreign = await ann.put(f"{BEST}/order", {"movies": [films[0], films[1], "nothing"]})
    assert foreign.status_code == 422
    assert [(e["pointer"], e["code"]) for e in foreign.json()["errors"]] == [
        ("/movies/1", "movie_not_in_list"),
        ("/movies/2", "movie_not_in_list"),
    ]
    twice = await ann.put(f"{BEST}/order", {"movies": [films[0], films[0]]})
    assert twice.status_code == 422
    assert (await ann.put(f"{BEST}/movies/nothing")).json()["code"] == "movie_not_found"


async def test_covers_are_those_of_the_first_films(ann, deliver, film):
    for number in range(4, 10):
        cover = None if number == 5 else f"/covers/{number}.webp"
        await deliver((film(number, cover_url=cover), 1))
    await make(ann)
    for number in range(4, 10):
        await ann.put(f"{BEST}/movies/film-{number}")
    expected = [f"/covers/{number}.webp" for number in (4, 6, 7, 8)]
    assert (await ann.get(BEST)).json()["covers"] == expected


async def test_deleted_films_are_neither_shown_nor_counted(ann, films, deliver):
    await make(ann)
    for slug in films:
        await ann.put(f"{BEST}/movies/{slug}")
    await deliver((MovieDeleted(id=2, slug=films[1]), 2))
    assert await slugs(ann) == [films[0], films[2]]
    assert (await ann.get(BEST)).json()["movie_count"] == 2


async def test_if_match_guards_every_change(ann, films):
    await make(ann)
    stale = {"If-Match": (await ann.get(BEST)).headers["etag"]}
    await ann.put(f"{BEST}/movies/{films[0]}", None, **stale)
    for answer in (
        await ann.put(f"{BEST}/movies/{films[1]}", None, **stale),
        await ann.delete(f"{BEST}/movies/{films[0]}", **stale),
        await ann.put(f"{BEST}/order", {"movies": [films[0]]}, **stale),
        await ann.patch(BEST, {"name": "Other"}, **stale),
        await ann.delete(BEST, **stale),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    fresh = {"If-Match": (await ann.get(BEST)).headers["etag"]}
    assert (await ann.patch(BEST, {"name": "Other"}, **fresh)).json()["name"] == "Other"
    assert await slugs(ann) == [films[0]]


async def test_list_is_renamed_and_keeps_its_address(ann):
    await make(ann)
    await make(ann, "Second")
    renamed = await ann.patch(BEST, {"name": "Worst of", "description": "No"})
    assert (renamed.json()["name"], renamed.json()["slug"]) == ("Worst of", "best-of")
    taken = await ann.patch(BEST, {"name": "second"})
    assert (taken.status_code, taken.json()["code"]) == (409, "list_name_taken")
    assert (await ann.patch(BEST, {})).status_code == 422
    assert (await make(ann)).json()["slug"] == "best-of-2"


async def test_others_see_by_privacy_and_change_nothing(ann, bob, new_person, client, films):
    cat = await new_person("cat")
    await ann.befriend(bob)
    for privacy, seers in (
        ("public", {"ann", "bob", "cat", "nobody"}),
        ("friends", {"ann", "bob"}),
        ("private", {"ann"}),
    ):
        await make(ann, privacy, privacy=privacy)
        path = f"/v1/users/ann/lists/{privacy}"
        for name, viewer in (("ann", ann), ("bob", bob), ("cat", cat), ("nobody", client)):
            expected = 200 if name in seers else 404
            for address in (path, f"{path}/movies"):
                assert (await viewer.get(address)).status_code == expected, (privacy, name)
            assert (privacy in await names(viewer, "/v1/users/ann/lists")) is (name in seers)
            assert (privacy in await names(viewer, "/v1/lists")) is (name in seers)
        for name, viewer in (("bob", bob), ("cat", cat)):
            expected = 403 if name in seers else 404
            for answer in (
                await viewer.patch(path, {"name": "Mine"}),
                await viewer.delete(path),
                await viewer.put(f"{path}/movies/{films[0]}"),
                await viewer.delete(f"{path}/movies/{films[0]}"),
                await viewer.put(f"{path}/order", {"movies": []}),
            ):
                assert answer.status_code == expected, (privacy, name)
    await ann.block(bob)
    assert (await bob.get("/v1/users/ann/lists/public")).json()["code"] == "user_not_found"
    assert await names(bob, "/v1/lists") == []


async def test_lists_are_searched_by_words_of_name_and_description(ann, bob, client):
    await make(ann, "Été à la mer", description="Sunny films")
    await make(bob, "Winter nights")
    assert await names(client, "/v1/lists?q=ete") == ["ete-a-la-mer"]
    assert await names(client, "/v1/lists?q=SUN+mer") == ["ete-a-la-mer"]
    assert await names(client, "/v1/lists?q=sun+winter") == []
    assert await names(client, "/v1/lists?q=%26%7C%21%3A%2A%27%3C-%3E") == []
    page = (await client.get("/v1/lists?page=1&limit=1")).json()
    assert (page["total"], page["pages"], len(page["items"])) == (2, 2, 1)
    past = (await client.get("/v1/lists?page=9&limit=1")).json()
    assert (past["items"], past["next_cursor"]) == ([], None)


@pytest.mark.parametrize("near", [1, 3, 1_000])
async def test_pages_of_a_search_join_however_far_its_word_is(ann, client, monkeypatch, near):
    searched = reading.SEARCH.text.replace(f"LIMIT {reading.NEAR}\n", f"LIMIT {near}\n")
    assert searched != reading.SEARCH.text or near == reading.NEAR
    monkeypatch.setattr(reading, "SEARCH", text(searched))
    for number in range(7):
        await make(ann, f"Rain {number}" if number % 2 else f"Snow {number}")
    found, cursor = [], ""
    while cursor is not None:
        page = (await client.get(f"/v1/lists?q=rain&limit=1{cursor}")).json()
        found += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert found == ["Rain 5", "Rain 3", "Rain 1"]
    second = (await client.get("/v1/lists?q=rain&limit=1&page=2")).json()
    assert ([item["name"] for item in second["items"]], second["total"]) == (["Rain 3"], 3)


async def test_films_of_a_list_are_searched_by_title_and_paged(ann, deliver, film, films):
    await deliver((film(4, title="Amélie 100%"), 1))
    await make(ann)
    for slug in (*films, "film-4"):
        await ann.put(f"{BEST}/movies/{slug}")
    assert await slugs(ann, query="?q=AMELIE") == ["film-4"]
    assert await slugs(ann, query="?q=film+2") == [films[1]]
    seen, cursor = [], ""
    while cursor is not None:
        page = (await ann.get(f"{BEST}/movies?limit=3{cursor}")).json()
        seen += [item["movie"]["slug"] for item in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == [*films, "film-4"]


async def test_watchlist_is_there_from_the_start_and_stays(ann, bob, films):
    assert (await ann.get("/v1/me/watchlist")).json()["items"] == []
    for expected in (201, 200):
        answer = await ann.put(f"/v1/me/watchlist/{films[0]}")
        assert answer.status_code == expected
    await ann.put(f"/v1/me/watchlist/{films[1]}", {"note": "With Bob"})
    items = (await ann.get("/v1/me/watchlist")).json()["items"]
    assert [(i["movie"]["slug"], i["note"]) for i in items] == [
        (films[0], None),
        (films[1], "With Bob"),
    ]
    for _ in range(2):
        assert (await ann.delete(f"/v1/me/watchlist/{films[0]}")).status_code == 204
    path = "/v1/users/ann/lists/watchlist"
    assert await slugs(ann, path) == [films[1]]
    assert (await bob.get(path)).status_code == 404
    assert (await ann.patch(path, {"privacy": "public"})).status_code == 200
    assert await slugs(bob, path) == [films[1]]
    for answer in (await ann.delete(path), await ann.patch(path, {"name": "Soon"})):
        assert (answer.status_code, answer.json()["code"]) == (409, "watchlist_stays")
    assert (await make(ann, "Watchlist")).json()["slug"] == "watchlist-2"
    assert await names(ann, "/v1/me/lists") == ["watchlist-2"]


async def test_own_lists_that_hold_a_film(ann, bob, films):
    for member in (ann, bob):
        await make(member)
        await member.put(f"/v1/users/{member.username}/lists/best-of/movies/{films[0]}")
    await ann.put(f"/v1/me/watchlist/{films[0]}")
    held = (await ann.get(f"/v1/movies/{films[0]}/lists")).json()["items"]
    assert {(item["slug"], item["owner"]["username"]) for item in held} == {
        ("best-of", "ann"),
        ("watchlist", "ann"),
    }
    assert (await ann.get(f"/v1/movies/{films[1]}/lists")).json()["items"] == []
    assert (await ann.get("/v1/movies/nothing/lists")).status_code == 404


async def test_shared_list_is_told_to_friends_once(ann, bob, new_person):
    cat = await new_person("cat")
    await ann.befriend(bob)
    await bob.put("/v1/me/notifications/read")
    await make(ann, "Secret", privacy="private")
    assert (await bob.get("/v1/me/notifications/unread")).json() == {"unread": 0}
    await ann.patch("/v1/users/ann/lists/secret", {"privacy": "friends"})
    await ann.patch("/v1/users/ann/lists/secret", {"privacy": "public"})
    (told,) = (await bob.get("/v1/me/notifications?unread=true")).json()["items"]
    assert (told["kind"], told["target"]["data"]) == (
        "list_shared",
        {"username": "ann", "slug": "secret", "name": "Secret"},
    )
    assert (await cat.get("/v1/me/notifications")).json()["items"] == []


async def test_films_added_at_once_each_have_a_place(ann, deliver, film):
    await deliver(*((film(number), 1) for number in range(10, 30)))
    await make(ann)
    await asyncio.gather(*(ann.put(f"{BEST}/movies/film-{number}") for number in range(10, 30)))
    items = (await ann.get(f"{BEST}/movies?limit=100")).json()["items"]
    assert [item["position"] for item in items] == list(range(1, 21))


async def test_erasure_removes_lists(ann, bob, films, deliver):
    await make(ann)
    await ann.put(f"{BEST}/movies/{films[0]}")
    await deliver((UserDeleted(id=ann.id), 2))
    assert (await bob.get(BEST)).status_code == 404
    assert await names(bob, "/v1/lists") == []


async def test_film_renamed_in_the_catalog_is_found_by_its_new_title(ann, films, film, deliver):
    await make(ann)
    await ann.put(f"{BEST}/movies/{films[0]}")
    await deliver((MovieUpdated(**film(1, title="Anew").model_dump()), 2))
    assert await slugs(ann, query="?q=anew") == [films[0]]
