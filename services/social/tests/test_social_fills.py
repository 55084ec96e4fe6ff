"""Filling lists: what is chosen and why, preview, commit and undo."""

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from marquee_shared.events.catalog import Credit, MovieDeleted, NamedRef
from marquee_shared.events.identity import TasteChanged, UserDeleted
from marquee_shared.problems import BadGateway, DeadlineExceeded, Unavailable
from marquee_social.lists.schemas import MOST_MOVIES

PREVIEW = "/v1/lists/fill-preview"
BEST = "/v1/users/ann/lists/best"
HORROR = NamedRef(id=8, slug="horror", name="Horror")
DRAMA = NamedRef(id=7, slug="drama", name="Drama")
NETFLIX = NamedRef(id=1, slug="netflix", name="Netflix")
KUBRICK = Credit(id=5, slug="kubrick", name="Kubrick", job="director")
ACTING = Credit(id=5, slug="kubrick", name="Kubrick", job="actor", order=1)
BECAUSE = {"kind": "trending", "text": "Trending this week", "weight": 0.6}


class FakeRecommender:
    """Stands in the recommender's place behind the peer client."""

    def __init__(self):
        self.films = []
        self.fails = None
        self.asked = []

    async def get(self, path, model, *, token, timeout):  # noqa: ASYNC109 - the client's own
        assert timeout == 1.5
        parts = urlsplit(path)
        assert parts.path == "/v1/me/recommendations"
        self.asked.append((parse_qs(parts.query), token))
        if self.fails is not None:
            raise self.fails
        items = [
            {
                "movie": {"id": n, "slug": f"film-{n}", "title": "", "genres": []},
                "score": 1.0,
                "explained": 0.8,
                "reasons": [BECAUSE],
            }
            for n in self.films
        ]
        return model.model_validate({"items": items, "model": "1", "variant": "default"})

    async def close(self):
        pass


@pytest.fixture
async def recommender(app):
    peers = app.state.context.peers
    await peers["recommender"].close()
    peers["recommender"] = FakeRecommender()
    return peers["recommender"]


@pytest.fixture
async def ann(new_person, recommender):
    return await new_person("ann")


@pytest.fixture
async def bob(new_person):
    return await new_person("bob")


@pytest.fixture
def tell(deliver, film):
    """Tell of films, the first the most popular."""

    async def send(*numbers, **changes):
        for number in numbers:
            await deliver((film(number, popularity=100 - number, **changes), 1))

    return send


async def preview(member, **body):
    answer = await member.post(PREVIEW, body)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def slugs(items):
    return [item["movie"]["slug"] for item in items]


async def held(member, path=BEST):
    return slugs((await member.get(f"{path}/movies?limit=100")).json()["items"])


async def test_ranking_comes_first_and_what_is_popular_fills_up(ann, tell, recommender):
    await tell(1, 2, 3, 4, 5)
    recommender.films = [4, 2]
    answer = (await ann.post(PREVIEW, {"limit": 3})).json()
    assert slugs(answer["items"]) == ["film-4", "film-2", "film-1"]
    assert answer["ranking"] == "recommender"
    first, _, third = answer["items"]
    assert (first["score"], first["explained"], first["reasons"]) == (1.0, 0.8, [BECAUSE])
    assert [(r["kind"], r["weight"]) for r in third["reasons"]] == [("popular", 1.0)]


async def test_films_the_member_had_to_do_with_or_that_are_not_out_are_left_out(
    ann, tell, recommender, database, deliver
):
    await tell(*range(1, 10))
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date()
    await tell(10, release_date=tomorrow)
    await tell(11, status="post_production")
    await tell(12, release_date=datetime.now(UTC).date() - timedelta(days=1))
    await tell(13)
    await deliver((MovieDeleted(id=13, slug="film-13"), 2))
    await ann.rate("film-1", 3)
    for number, kind in enumerate(("seen", "not_interested", "dislike", "like"), start=2):
        await ann.signal(f"film-{number}", kind)
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO watched_movies (user_id, movie_id, milliseconds, coverage, "
                "last_position, last_at, completed_at, revision) VALUES "
                "(:me, 6, 1, 1, 1, now(), now(), 1), (:me, 7, 1, 1, 1, now(), NULL, 1)"
            ),
            {"me": ann.id},
        )
    await ann.put("/v1/me/watchlist/film-8")
    recommender.films = list(range(1, 14))
    found = await preview(ann, limit=50)
    assert sorted(slugs(found)) == ["film-12", "film-7", "film-8", "film-9"]
    assert "film-8" not in slugs(await preview(ann, limit=50, list="watchlist"))
    await ann.unrate("film-1")
    assert "film-1" in slugs(await preview(ann, limit=50))


async def test_any_of_the_genres_and_any_of_the_members_platforms(ann, tell, recommender, deliver):
    comedy = NamedRef(id=9, slug="comedy", name="Comedy")
    await tell(1, genres=[HORROR], platforms=[NETFLIX])
    await tell(2, genres=[comedy, DRAMA])
    await tell(3, genres=[DRAMA], platforms=[NETFLIX])
    recommender.films = [1, 2, 3]
    assert slugs(await preview(ann, genres=["comedy", "horror"])) == ["film-1", "film-2"]
    taste = TasteChanged(user_id=ann.id, genres=[], platforms=["netflix", "x"], people=[])
    await deliver((taste, 2))
    await deliver((taste.model_copy(update={"platforms": ["x"]}), 1))  # late
    assert slugs(await preview(ann)) == ["film-1", "film-3"]
    assert slugs(await preview(ann, genres=["comedy", "horror"])) == ["film-1"]
    asked, token = recommender.asked[-1]
    assert asked["genre"] == ["comedy", "horror"]
    assert asked["platform"] == ["netflix", "x"]
    assert ann.headers["Authorization"] == f"Bearer {token}"


async def test_chosen_people_friends_and_awards_count_on_top(ann, bob, tell, recommender):
    await tell(*range(1, 6))
    await tell(6, credits=[KUBRICK, ACTING])
    await tell(7, awards_won=2)
    await ann.befriend(bob)
    await bob.rate("film-5", 5)
    await bob.rate("film-4", 3.5)
    recommender.films = [1]
    found = await preview(ann, people=["kubrick"], friends=["BOB"])
    assert slugs(found)[:4] == ["film-5", "film-6", "film-1", "film-7"]
    by_slug = {item["movie"]["slug"]: item for item in found}
    (person, _) = by_slug["film-6"]["reasons"]
    assert (person["kind"], person["text"], person["person"]) == (
        "director",
        "Directed by Kubrick",
        {"id": 5, "slug": "kubrick", "name": "Kubrick"},
    )
    (friend, _) = by_slug["film-5"]["reasons"]
    assert (friend["kind"], friend["text"]) == ("friends", "Bob rated it 5")
    assert [user["username"] for user in friend["users"]] == ["bob"]
    assert "Won 2 awards" in [reason["text"] for reason in by_slug["film-7"]["reasons"]]
    assert {reason["kind"] for reason in by_slug["film-4"]["reasons"]} == {"popular"}
    for item in found:
        assert sum(reason["weight"] for reason in item["reasons"]) <= item["explained"] <= 1


async def test_reasons_are_in_the_callers_language(ann, tell, recommender):
    await tell(1, credits=[KUBRICK])
    answer = await ann.post(f"{PREVIEW}?lang=de", {"people": ["kubrick"]})
    assert answer.json()["items"][0]["reasons"][0]["text"] == "Regie: Kubrick"
    assert recommender.asked[0][0]["lang"] == ["de"]


@pytest.mark.parametrize("privacy", ["public", "friends", "private"])
async def test_friends_count_only_where_they_show_their_ratings(ann, bob, tell, privacy):
    await tell(1, 2)
    await ann.befriend(bob)
    await bob.rate("film-2", 5)
    await bob.patch("/v1/me/privacy", {"ratings": privacy})
    found = await preview(ann, friends=["bob"])
    told = [reason["kind"] for item in found for reason in item["reasons"]]
    assert ("friends" in told) is (privacy != "private")


async def test_all_that_is_wrong_is_named_and_nothing_is_saved(ann, bob, tell, recommender):
    await tell(1)
    await ann.put("/v1/users/bob/friend-request")
    fill = {
        "genres": ["drama", "nothing", "../x"],
        "people": ["nobody"],
        "friends": ["bob", "ghost", "ann"],
    }
    expected = [
        ("genres/1", "genre_not_found"),
        ("genres/2", "genre_not_found"),
        ("people/0", "person_not_found"),
        ("friends/0", "not_your_friend"),
        ("friends/1", "not_your_friend"),
        ("friends/2", "not_your_friend"),
    ]
    await ann.post("/v1/me/lists", {"name": "Best"})
    before = (await ann.get(BEST)).json()
    calls = {
        "": ann.post(PREVIEW, fill),
        "/fill": ann.post("/v1/me/lists", {"name": "New", "fill": fill}),
        "/fill ": ann.patch(BEST, {"name": "Other", "fill": fill}),
    }
    for prefix, call in calls.items():
        answer = await call
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
            (f"{prefix.strip()}/{pointer}", code) for pointer, code in expected
        ]
    assert (await ann.get(BEST)).json() == before
    assert len((await ann.get("/v1/me/lists")).json()["items"]) == 1
    assert recommender.asked == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0},
        {"limit": 51},
        {"limit": "20"},
        {"limit": True},
        {"limit": 10**30},
        {"genres": "drama"},
        {"genres": [""]},
        {"genres": ["a\x00b"]},
        {"genres": ["x"] * 21},
        {"people": [1]},
        {"friends": [None]},
        {"friends": {"bob": 1}},
        {"mood": "dark"},
        [],
        None,
    ],
)
async def test_what_is_no_fill_is_422(ann, wrong):
    assert (await ann.post(PREVIEW, wrong)).status_code == 422
    if wrong is not None:
        assert (await ann.post("/v1/me/lists", {"name": "B", "fill": wrong})).status_code == 422
    assert (await ann.get("/v1/me/lists")).json()["items"] == []


async def test_slugs_that_no_film_here_has_are_asked_for_at_the_catalog(ann, tell, catalog):
    await tell(1)
    catalog.movies["/v1/genres/new-genre"] = {"id": 99, "slug": "new-genre"}
    assert await preview(ann, genres=["new-genre"]) == []
    catalog.reachable = False
    answer = await ann.post(PREVIEW, {"people": ["somebody"]})
    assert answer.status_code == 503
    assert slugs(await preview(ann, genres=["drama"])) == ["film-1"]


@pytest.mark.parametrize("fails", [Unavailable(), DeadlineExceeded(), BadGateway()])
async def test_without_the_recommender_what_is_popular_comes_first(ann, tell, recommender, fails):
    await tell(3, 1, 2)
    await ann.rate("film-1", 5)
    recommender.fails = fails
    answer = (await ann.post(PREVIEW, {})).json()
    assert answer["ranking"] == "popularity"
    assert slugs(answer["items"]) == ["film-2", "film-3"]
    assert answer["items"][0]["score"] == 1.0
    made = await ann.post("/v1/me/lists", {"name": "Best", "fill": {"limit": 1}})
    assert made.json()["filled"]["ranking"] == "popularity"
    assert await held(ann) == ["film-2"]


async def test_list_begins_with_what_the_preview_showed(ann, tell, recommender):
    await tell(1, 2, 3, 4)
    recommender.films = [3, 1]
    fill = {"genres": ["drama"], "limit": 3}
    shown = (await ann.post(PREVIEW, fill)).json()
    assert (await ann.get("/v1/me/lists")).json()["items"] == []
    made = await ann.post("/v1/me/lists", {"name": "Best", "fill": fill})
    assert made.status_code == 201
    assert made.json()["filled"] == shown
    assert made.json()["movie_count"] == 3
    assert await held(ann) == slugs(shown["items"]) == ["film-3", "film-1", "film-2"]


async def test_list_is_filled_again_and_the_last_fill_taken_back(ann, tell):
    await tell(*range(1, 10))
    await ann.post("/v1/me/lists", {"name": "Best", "fill": {"limit": 2}})
    before = (await ann.get(BEST)).headers["etag"]
    filled = await ann.patch(BEST, {"fill": {"limit": 3}}, **{"If-Match": before})
    assert slugs(filled.json()["filled"]["items"]) == ["film-3", "film-4", "film-5"]
    assert filled.headers["etag"] != before
    stale = {"If-Match": before}
    assert (await ann.patch(BEST, {"fill": {}}, **stale)).status_code == 412
    assert (await ann.delete(f"{BEST}/fill", **stale)).status_code == 412
    await ann.delete(f"{BEST}/movies/film-3")
    await ann.put(f"{BEST}/movies/film-3")
    await ann.put(f"{BEST}/movies/film-4", {"note": "Mine now"})
    await ann.put(f"{BEST}/movies/film-9")
    await ann.put(f"{BEST}/order", {"movies": ["film-9", "film-5"]})
    for _ in range(2):  # the second finds nothing, and leaves the fill before alone
        assert (await ann.delete(f"{BEST}/fill")).status_code == 204
        assert await held(ann) == ["film-9", "film-1", "film-2", "film-4", "film-3"]


async def test_lists_without_a_fill_and_empty_fills_are_taken_back_to_no_effect(ann, tell):
    await tell(1, 2)
    await ann.post("/v1/me/lists", {"name": "Best"})
    await ann.put(f"{BEST}/movies/film-1")
    assert (await ann.delete(f"{BEST}/fill")).status_code == 204
    await ann.patch(BEST, {"fill": {}})
    await ann.patch(BEST, {"fill": {}})  # brings nothing
    assert (await ann.delete(f"{BEST}/fill")).status_code == 204
    assert await held(ann) == ["film-1", "film-2"]
    assert (await ann.delete("/v1/users/ann/lists/nothing/fill")).status_code == 404
    assert (await ann.post(PREVIEW, {"list": "nothing"})).json()["errors"][0]["pointer"] == "/list"


async def test_watchlist_is_filled_too(ann, tell):
    await tell(1, 2)
    answer = await ann.patch("/v1/users/ann/lists/watchlist", {"fill": {"limit": 1}})
    assert answer.status_code == 200, answer.text
    assert await held(ann, "/v1/users/ann/lists/watchlist") == ["film-1"]


async def test_nobody_fills_anothers_list_or_looks_into_it(ann, bob, tell):
    await tell(1, 2)
    await ann.post("/v1/me/lists", {"name": "Best", "privacy": "private"})
    await ann.post("/v1/me/lists", {"name": "Open"})
    assert (await bob.patch(BEST, {"fill": {}})).status_code == 404
    assert (await bob.delete(f"{BEST}/fill")).status_code == 404
    open_list = "/v1/users/ann/lists/open"
    assert (await bob.patch(open_list, {"fill": {}})).status_code == 403
    assert (await bob.delete(f"{open_list}/fill")).status_code == 403
    assert (await bob.post(PREVIEW, {"list": "best"})).status_code == 422
    assert await held(ann, open_list) == []


async def test_fills_at_once_bring_different_films_and_fit_the_list(ann, tell):
    await tell(*range(1, 31))
    await ann.post("/v1/me/lists", {"name": "Best"})
    answers = await asyncio.gather(
        *(ann.patch(BEST, {"fill": {"limit": 5}}) for _ in range(4)),
        *(ann.put(f"{BEST}/movies/film-{number}") for number in (1, 2, 3)),
    )
    assert {answer.status_code for answer in answers} <= {200, 201}
    items = (await ann.get(f"{BEST}/movies?limit=100")).json()["items"]
    brought = [s for a in answers[:4] for s in slugs(a.json()["filled"]["items"])]
    assert len(brought) == len(set(brought)) == 20
    assert set(slugs(items)) == {*brought, "film-1", "film-2", "film-3"}
    assert [item["position"] for item in items] == list(range(1, len(items) + 1))


async def test_fill_and_taking_back_at_once_leave_all_or_nothing_of_it(ann, tell):
    await tell(*range(1, 31))
    for number in range(5):
        path = f"/v1/users/ann/lists/l{number}"
        await ann.post("/v1/me/lists", {"name": f"L{number}"})
        await asyncio.gather(ann.patch(path, {"fill": {"limit": 9}}), ann.delete(f"{path}/fill"))
        assert len(await held(ann, path)) in (0, 9)


async def test_full_list_takes_what_fits_and_then_no_more(ann, tell, database):
    await tell(1, 2, 3)
    made = (await ann.post("/v1/me/lists", {"name": "Best"})).json()
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO list_movies (list_id, movie_id, position, added_at) "
                "SELECT :id, 1000 + n, n, now() FROM generate_series(1, :most - 2) n"
            ),
            {"id": made["id"], "most": MOST_MOVIES},
        )
    filled = await ann.patch(BEST, {"fill": {}})
    assert len(filled.json()["filled"]["items"]) == 2
    full = await ann.patch(BEST, {"description": "More", "fill": {}})
    assert (full.status_code, full.json()["code"]) == (409, "list_full")
    assert (await ann.get(BEST)).json()["description"] == ""


async def test_retried_creation_with_a_fill_makes_one_list(ann, tell):
    await tell(1, 2)
    body, key = {"name": "Best", "fill": {"limit": 1}}, {"Idempotency-Key": "a" * 20}
    first = await ann.post("/v1/me/lists", body, **key)
    again = await ann.post("/v1/me/lists", body, **key)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await held(ann) == ["film-1"]


async def test_erasure_removes_the_taste_and_none_comes_after(ann, deliver, database):
    taste = TasteChanged(user_id=ann.id, genres=[], platforms=["netflix"], people=[])
    await deliver((taste, 1))
    await deliver((UserDeleted(id=ann.id), 2))
    await deliver((taste, 5))
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM tastes")) == 0


async def test_filling_takes_the_same_statements_however_much_it_brings(ann, tell, statements):
    await tell(*range(1, 60))
    counted = []
    for limit in (1, 50):
        await ann.post("/v1/me/lists", {"name": f"L{limit}"})
        for call in (
            ann.post(PREVIEW, {"limit": limit, "genres": ["drama"]}),
            ann.post("/v1/me/lists", {"name": f"B{limit}", "fill": {"limit": limit}}),
            ann.patch(f"/v1/users/ann/lists/l{limit}", {"fill": {"limit": limit}}),
            ann.delete(f"/v1/users/ann/lists/l{limit}/fill"),
        ):
            with statements() as seen:
                assert (await call).is_success
            counted.append(len(seen))
    assert counted[:4] == counted[4:]
    assert counted[0] == 2  # what holds for the caller, and the films
