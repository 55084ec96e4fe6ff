"""What friends did, and who sees it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text

from marquee_shared.events.identity import UserCreated, UserDeleted
from marquee_shared.testing.plugin import new_uuid


@pytest.fixture
async def people(new_member, deliver, films, database):
    """Three members, ana and bob friends; cleo knows nobody."""
    made = {}
    for name in ("ana", "bob", "cleo"):
        made[name] = new_member(username=name)
        await deliver((UserCreated(id=made[name].id, username=name, name=name.title()), 1))
    await befriend(made["ana"], "ana", made["bob"], "bob")
    return made["ana"], made["bob"], made["cleo"]


async def befriend(one, one_name, other, other_name):
    http = one.client
    await http.put(f"/v1/users/{other_name}/friend-request", headers=one.headers)
    accepted = await http.put(f"/v1/users/{one_name}/friend-request", headers=other.headers)
    assert accepted.status_code in (200, 201), accepted.text


async def feed(member, path="/v1/me/feed"):
    answer = await member.get(path)
    assert answer.status_code == 200, answer.text
    return [
        (item["user"]["username"], item["kind"], item["movie"]["slug"])
        for item in answer.json()["items"]
    ]


async def review(member, film, title="Good"):
    body = {"title": title, "content": "Very.", "is_positive": True, "has_spoilers": False}
    answer = await member.client.post(
        f"/v1/movies/{film}/reviews", json=body, headers=member.headers
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_friends_acts_are_shown_latest_first(people, films):
    ana, bob, cleo = people
    await bob.rate(films[0], 4)
    await cleo.rate(films[0], 1)
    number = await review(bob, films[1])
    answer = (await ana.get("/v1/me/feed")).json()
    newest, oldest = answer["items"]
    assert (newest["kind"], newest["review"]["id"], newest["rating"]) == ("review", number, None)
    assert (oldest["kind"], oldest["rating"], oldest["review"]) == ("rating", 4, None)
    assert await feed(cleo) == []


async def test_a_changed_rating_moves_up_and_one_taken_back_goes(people, films):
    ana, bob, _ = people
    await bob.rate(films[0], 4)
    await bob.rate(films[1], 3)
    await bob.rate(films[0], 5)
    assert await feed(ana) == [("bob", "rating", "film-1"), ("bob", "rating", "film-2")]
    await bob.rate(films[1], 3)  # the same again is nothing new
    assert (await feed(ana))[0] == ("bob", "rating", "film-1")
    await bob.unrate(films[0])
    assert await feed(ana) == [("bob", "rating", "film-2")]


async def test_deleted_reviews_go_and_edited_ones_stay_in_place(people, films):
    ana, bob, _ = people
    number = await review(bob, films[0])
    await bob.rate(films[1], 3)
    path = f"/v1/reviews/{number}"
    edited = await bob.client.patch(path, json={"title": "Better"}, headers=bob.headers)
    assert edited.status_code == 200, edited.text
    assert await feed(ana) == [("bob", "rating", "film-2"), ("bob", "review", "film-1")]
    await bob.client.delete(path, headers=bob.headers)
    assert await feed(ana) == [("bob", "rating", "film-2")]


async def test_pages_join_without_gaps_while_friends_go_on(people, films, deliver, film):
    ana, bob, _ = people
    await deliver(*((film(number), 1) for number in range(4, 12)))
    for number in range(1, 10):
        await bob.rate(f"film-{number}", 3)
    seen, cursor = [], ""
    for page in range(5):
        answer = (await ana.get(f"/v1/me/feed?limit=2{cursor}")).json()
        seen += [item["movie"]["slug"] for item in answer["items"]]
        await bob.rate(f"film-{10 + page % 2}", 1 + page / 2)
        if answer["next_cursor"] is None:
            break
        cursor = f"&cursor={answer['next_cursor']}"
    assert seen == [f"film-{number}" for number in range(9, 0, -1)]


async def set_privacy(member, **changes):
    answer = await member.client.patch("/v1/me/privacy", json=changes, headers=member.headers)
    assert answer.status_code == 200, answer.text


async def make_list(member, name, privacy):
    body = {"name": name, "privacy": privacy}
    made = await member.client.post("/v1/me/lists", json=body, headers=member.headers)
    assert made.status_code == 201, made.text
    return made.headers["location"]


async def acts(member, path="/v1/me/feed"):
    found = (await member.get(path)).json()["items"]
    return [
        (one["kind"], (one["movie"] or {}).get("slug"), (one["list"] or {}).get("slug"))
        for one in found
    ]


async def test_lists_made_and_the_film_put_there_last_are_shown(people, films):
    ana, bob, _ = people
    best = await make_list(bob, "Best", "friends")
    assert await acts(ana) == [("list", None, "best")]
    for slug in films[:2]:
        await bob.client.put(f"{best}/movies/{slug}", json={}, headers=bob.headers)
    assert await acts(ana) == [("listed", films[1], "best"), ("list", None, "best")]
    note = {"note": "Again"}
    await bob.client.put(f"{best}/movies/{films[0]}", json=note, headers=bob.headers)
    assert (await acts(ana))[0] == ("listed", films[1], "best")  # a note is nothing new
    newest = (await ana.get("/v1/me/feed")).json()["items"][0]
    assert (newest["list"]["name"], newest["list"]["movie_count"]) == ("Best", 2)
    await bob.client.delete(f"{best}/movies/{films[1]}", headers=bob.headers)
    assert await acts(ana) == [("listed", films[0], "best"), ("list", None, "best")]
    await bob.client.delete(f"{best}/movies/{films[0]}", headers=bob.headers)
    assert await acts(ana) == [("list", None, "best")]
    await bob.client.delete(best, headers=bob.headers)
    assert await acts(ana) == []


async def test_lists_are_in_the_feed_as_far_as_they_are_shown(people, films):
    ana, bob, cleo = people
    await set_privacy(bob, activity="public")
    where = {}
    for privacy in ("private", "friends", "public"):
        where[privacy] = await make_list(bob, privacy, privacy)
        await bob.client.put(f"{where[privacy]}/movies/film-1", json={}, headers=bob.headers)

    async def seen(member, path):
        return {slug for _, _, slug in await acts(member, path)}

    activity = "/v1/users/bob/activity"
    assert await seen(ana, "/v1/me/feed") == await seen(ana, activity) == {"friends", "public"}
    assert await seen(cleo, activity) == {"public"}
    for privacy in ("friends", "public"):
        change = {"privacy": "private"}
        await bob.client.patch(where[privacy], json=change, headers=bob.headers)
    assert await acts(ana) == await acts(bob, activity) == []
    opened = {"privacy": "public"}
    await bob.client.patch(where["private"], json=opened, headers=bob.headers)
    assert await seen(cleo, activity) == {"private"}
    await bob.client.put("/v1/me/watchlist/film-2", headers=bob.headers)
    assert await seen(ana, "/v1/me/feed") == {"private"}


async def test_privacy_of_activity_and_of_ratings_hold_in_the_feed(people, films):
    ana, bob, _ = people
    await bob.rate(films[0], 4)
    await review(bob, films[1])
    await set_privacy(bob, ratings="private")
    assert await feed(ana) == [("bob", "review", "film-2")]
    await set_privacy(bob, activity="private")
    assert await feed(ana) == []
    assert await feed(bob, "/v1/users/bob/activity") == [
        ("bob", "review", "film-2"),
        ("bob", "rating", "film-1"),
    ]
    for viewer in (ana,):
        hidden = await viewer.get("/v1/users/bob/activity")
        assert (hidden.status_code, hidden.json()["code"]) == (404, "activity_not_found")


async def test_activity_is_for_friends_unless_made_public(people, films):
    ana, bob, cleo = people
    await bob.rate(films[0], 4)
    assert await feed(ana, "/v1/users/bob/activity") == [("bob", "rating", "film-1")]
    assert (await cleo.get("/v1/users/bob/activity")).status_code == 404
    assert (await ana.client.get("/v1/users/bob/activity")).status_code == 404
    await set_privacy(bob, activity="public")
    assert await feed(cleo, "/v1/users/bob/activity") == [("bob", "rating", "film-1")]
    assert (await ana.client.get("/v1/users/bob/activity")).status_code == 200


async def test_muted_and_former_friends_are_left_out(people, films):
    ana, bob, _ = people
    await bob.rate(films[0], 4)
    await ana.client.put("/v1/me/mutes/bob", headers=ana.headers)
    assert await feed(ana) == []
    await ana.client.delete("/v1/me/mutes/bob", headers=ana.headers)
    assert len(await feed(ana)) == 1
    await ana.client.delete("/v1/me/friends/bob", headers=ana.headers)
    assert await feed(ana) == []


async def test_an_erased_friend_leaves_nothing(people, films, deliver, database):
    ana, bob, _ = people
    await bob.rate(films[0], 4)
    await deliver((UserDeleted(id=bob.id, receipt_id=new_uuid()), 2))
    assert await feed(ana) == []
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM activities")) == 0


async def test_a_feed_is_one_statement_however_many_friends(people, films, app, deliver):
    ana, bob, cleo = people
    await bob.rate(films[0], 4)
    statements = []
    engine = app.state.database.read_engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    await feed(ana)
    few = len(statements)
    await befriend(ana, "ana", cleo, "cleo")
    await cleo.rate(films[1], 4)
    statements.clear()
    assert len(await feed(ana)) == 2
    assert len(statements) == few == 1


EVENING = datetime(2025, 3, 1, 20, tzinfo=UTC)


@pytest.fixture
async def watched(people, deliver, film, database):
    """What ana watched and rated in 2025 and 2024, written as if at those times."""
    ana = people[0]
    await deliver(
        (film(10, year=1979, runtime=100), 1),
        (film(11, year=1982, runtime=100), 1),
        (film(12, year=1985, runtime=100), 1),
    )
    async with database.transaction() as session:
        for movie, steps, at in ((10, 10, EVENING), (11, 8, EVENING + timedelta(days=1)),
                                 (12, 4, EVENING - timedelta(days=365))):  # fmt: skip
            await session.execute(
                text("INSERT INTO ratings VALUES (:user, :movie, :steps, :at, :at, 1)"),
                {"user": ana.id, "movie": movie, "steps": steps, "at": at},
            )
        for day, minutes in ((1, 90), (2, 30), (4, 20)):
            await session.execute(
                text("INSERT INTO watch_days VALUES (:user, :day, :milliseconds)"),
                {
                    "user": ana.id,
                    "day": EVENING.date().replace(day=day),
                    "milliseconds": minutes * 60_000,
                },
            )
    return ana


async def test_figures_of_all_time(watched):
    found = (await watched.get("/v1/users/ana/stats")).json()
    assert (found["movies"], found["ratings"], found["seconds_watched"]) == (3, 3, 8400.0)
    assert found["average_rating"] == 3.667
    assert found["rating_curve"]["5.0"] == found["rating_curve"]["2.0"] == 1
    assert found["genres"] == [{"slug": "drama", "name": "Drama", "movies": 3, "average": 3.667}]
    assert found["decades"] == [
        {"decade": 1970, "movies": 1, "average": 5.0},
        {"decade": 1980, "movies": 2, "average": 3.0},
    ]
    assert found["streak"] == {"current": 0, "longest": 2, "longest_began": "2025-03-01"}
    assert found["year_in_review"] is None


async def test_a_year_in_review(watched):
    found = (await watched.get("/v1/users/ana/stats?year=2025")).json()
    year = found["year_in_review"]
    assert (found["movies"], found["decades"][1]["movies"]) == (2, 1)
    assert year["busiest_month"] == 3
    assert year["months"][2] == {"month": 3, "movies": 2, "seconds_watched": 8400.0}
    assert [item["rating"] for item in year["top_rated"]] == [5.0, 4.0]
    assert (year["first_movie"]["slug"], year["last_movie"]["slug"]) == ("film-10", "film-11")
    empty = (await watched.get("/v1/users/ana/stats?year=1950")).json()
    assert (empty["movies"], empty["year_in_review"]["busiest_month"]) == (0, None)
    assert empty["year_in_review"]["first_movie"] is None


async def test_today_goes_on_with_a_streak(people, films):
    ana = people[0]
    await ana.rate(films[0], 4)
    assert (await ana.get("/v1/users/ana/stats")).json()["streak"]["current"] == 1


async def test_figures_are_for_friends_and_bad_years_are_422(watched, people):
    _, bob, cleo = people
    assert (await bob.get("/v1/users/ana/stats")).status_code == 200
    hidden = await cleo.get("/v1/users/ana/stats")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "stats_not_found")
    for year in ("0", "99999", "x", ""):
        assert (await bob.get(f"/v1/users/ana/stats?year={year}")).status_code == 422
