"""An import's way: looked through, taken in, undone; and the job behind it."""

import asyncio

import pytest
from social_imports import CSV, LETTERBOXD, URL, archive, rows_of, state_of
from sqlalchemy import event, text

from marquee_shared.events.catalog import MovieDeleted
from marquee_shared.events.identity import UserDeleted
from marquee_social import limits
from marquee_social.imports import committing

JOB = text("SELECT job_id FROM member_imports ORDER BY id DESC LIMIT 1")
AT_ONCE = text("UPDATE jobs SET started_at = now() - interval '1 day' WHERE id = :id")


@pytest.fixture
async def ann(new_person, matches, no_limits):
    del matches, no_limits
    return await new_person("ann")


async def test_the_same_file_again_changes_and_tells_nothing(ann, bring, sink):
    await bring(ann, "letterboxd", archive(**LETTERBOXD))
    before, told = await state_of(ann), len(await sink.events())
    again = await bring(ann, "letterboxd", archive(**LETTERBOXD))
    assert again["result"]["committed"] == 3
    assert await state_of(ann) == before
    assert len(await sink.events()) == told
    assert (await ann.delete(f"{URL}/{again['id']}")).status_code == 204
    assert await state_of(ann) == before


async def test_dry_run_then_choices_then_commit(ann, bring, run_import):
    made = await bring(ann, "letterboxd", archive(**LETTERBOXD), dry_run=True)
    assert made["result"]["matched"] == 3
    assert made["result"]["committed"] == 0
    assert await state_of(ann) == {"ratings": [], "signals": [], "watchlist": [], "reviews": []}
    (row,) = await rows_of(ann, made["id"], "?state=ambiguous")
    choices = {"choices": {row["line"]: "film-5"}}
    answer = await ann.post(f"{URL}/{made['id']}/commit", choices)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"{URL}/{made['id']}"
    assert (await run_import()).state == "succeeded"
    slugs = {r["movie"]["slug"] for r in (await ann.get("/v1/me/ratings")).json()["items"]}
    assert slugs == {"film-1", "film-2", "film-5"}
    (row,) = [r for r in await rows_of(ann, made["id"]) if r["line"] == 3]
    assert (row["state"], row["movie"]["slug"], row["committed"]) == ("matched", "film-5", True)
    late = await ann.post(f"{URL}/{made['id']}/commit", choices)
    assert late.json()["errors"][0]["code"] == "line_not_open"


async def test_a_film_that_goes_before_the_commit_is_chosen_anew(
    ann, bring, run_import, films, deliver
):
    made = await bring(ann, "letterboxd", archive(**LETTERBOXD), dry_run=True)
    await deliver((MovieDeleted(id=1, slug="film-1"), 9))
    await ann.post(f"{URL}/{made['id']}/commit", {})
    await run_import()
    assert await found_in(ann, "/v1/me/ratings") == {"film-2"}
    (row, _) = await rows_of(ann, made["id"], "?state=unmatched")
    assert (row["title"], row["movie"], row["committed"]) == ("Heat", None, False)
    again = await ann.post(f"{URL}/{made['id']}/commit", {"choices": {row["line"]: "film-3"}})
    assert again.status_code == 202
    await run_import()
    assert await found_in(ann, "/v1/me/ratings") == {"film-2", "film-3"}


async def found_in(member, path):
    return {item["movie"]["slug"] for item in (await member.get(path)).json()["items"]}


@pytest.mark.parametrize(
    ("choices", "pointer", "code"),
    [
        ({99: "film-1"}, "/choices/99", "line_not_open"),
        ({3: "no-such-film"}, "/choices/3", "movie_not_found"),
    ],
)
async def test_wrong_choices_are_named_and_change_nothing(ann, bring, choices, pointer, code):
    made = await bring(ann, "letterboxd", archive(**LETTERBOXD), dry_run=True)
    answer = await ann.post(f"{URL}/{made['id']}/commit", {"choices": choices})
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert (await ann.get("/v1/me/ratings")).json()["items"] == []


@pytest.mark.parametrize(
    "body", [{"choices": {"0": "a"}}, {"choices": {"x": "a"}}, {"choices": []}, {"choices": {"1": "a/b"}},
             {"choices": {"1": None}}, [], {"choices": {str(n): "a" for n in range(1, 502)}}]
)  # fmt: skip
async def test_bad_choices_are_422(ann, bring, body):
    made = await bring(ann, "letterboxd", archive(**LETTERBOXD), dry_run=True)
    assert (await ann.post(f"{URL}/{made['id']}/commit", body)).status_code == 422


async def test_undo_puts_back_what_was_there(ann, bring, films, histograms):
    await ann.signal("film-1", "seen")
    other = "movieId,rating,timestamp\n6,2,1000000000\n"
    await bring(ann, "movielens", other)
    before = await state_of(ann)
    made = await bring(ann, "letterboxd", archive(**LETTERBOXD))
    assert await state_of(ann) != before
    assert (await ann.delete(f"{URL}/{made['id']}")).status_code == 204
    assert await state_of(ann) == before
    for number in (1, 2):
        rows, counters = await histograms(number)
        assert rows == counters
    assert (await ann.delete(f"{URL}/{made['id']}")).status_code == 204
    undone = (await ann.get(f"{URL}/{made['id']}")).json()
    assert undone["undone_at"] is not None
    assert undone["result"]["committed"] == 0
    refused = await ann.post(f"{URL}/{made['id']}/commit", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "import_undone")
    again = await bring(ann, "letterboxd", archive(**LETTERBOXD))
    assert again["result"]["committed"] == 3
    assert len((await ann.get("/v1/me/ratings")).json()["items"]) == 2


async def test_undo_leaves_what_was_changed_since(ann, bring, films):
    made = await bring(ann, "letterboxd", archive(**LETTERBOXD))
    await ann.rate("film-1", 1)
    (review,) = (await ann.get("/v1/users/ann/reviews")).json()["items"]
    await ann.patch(f"/v1/reviews/{review['id']}", {"content": "On second thought"})
    await ann.delete("/v1/me/watchlist/film-3")
    await ann.put("/v1/me/watchlist/film-3")
    await ann.delete(f"{URL}/{made['id']}")
    left = await state_of(ann)
    assert [(r["movie"]["slug"], r["value"]) for r in left["ratings"]] == [("film-1", 1)]
    assert len(left["reviews"]) == len(left["watchlist"]) == 1


async def test_two_rows_that_mean_one_film_are_undone_to_the_first_state(
    ann, bring, run_import, monkeypatch
):
    monkeypatch.setattr(committing, "CHUNK", 1)
    monkeypatch.setattr("marquee_social.imports.tasks.COMMIT_CHUNK", 1)
    content = "Const,Your Rating,Date Rated,Title,Year\n" + "".join(
        f",{value},2020-01-0{value},{title},1995\n" for value, title in ((2, "Heatt"), (4, "Haet"))
    )
    made = await bring(ann, "imdb", content)
    assert made["result"]["unmatched"] == 2
    await ann.post(f"{URL}/{made['id']}/commit", {"choices": {1: "film-1", 2: "film-1"}})
    await run_import()
    assert (await ann.get("/v1/movies/film-1/rating")).json()["value"] == 2
    await ann.delete(f"{URL}/{made['id']}")
    assert (await ann.get("/v1/me/ratings")).json()["items"] == []


async def test_newer_ratings_and_other_signals_stay(ann, bring, films):
    await ann.rate("film-1", 1)
    await ann.signal("film-1", "dislike")
    await ann.rate("film-2", 2)
    await ann.unrate("film-2")
    await bring(ann, "letterboxd", archive(**LETTERBOXD))
    assert (await ann.get("/v1/movies/film-1/rating")).json()["value"] == 1
    assert (await ann.get("/v1/movies/film-1/signal")).json()["kind"] == "dislike"
    assert (await ann.get("/v1/movies/film-2/rating")).status_code == 404


async def test_the_job_waits_for_the_catalog_and_goes_on(ann, bring, run_import, matches, database):
    matches.reachable = False
    made = (await bring(ann, "letterboxd", archive(**LETTERBOXD), run=False)).json()
    assert (made["state"], made["result"]["waiting"]) == ("queued", 5)
    assert (await run_import()).state == "queued"
    busy = await ann.delete(f"{URL}/{made['id']}")
    assert (busy.status_code, busy.json()["code"]) == (409, "import_busy")
    assert (await ann.post(f"{URL}/{made['id']}/commit", {})).status_code == 409
    matches.reachable, matches.answer = True, {"items": []}
    async with database.transaction() as session:
        await session.execute(AT_ONCE, {"id": await session.scalar(JOB)})
    assert (await run_import()).state == "queued"
    matches.answer = None
    async with database.transaction() as session:
        await session.execute(AT_ONCE, {"id": await session.scalar(JOB)})
    assert (await run_import()).state == "succeeded"
    assert (await ann.get(f"{URL}/{made['id']}")).json()["result"]["committed"] == 3


async def test_commit_and_undo_at_once_leave_one_of_both(ann, bring, run_import):
    made = await bring(ann, "letterboxd", archive(**LETTERBOXD), dry_run=True)
    where = f"{URL}/{made['id']}"
    committed, undone = await asyncio.gather(ann.post(f"{where}/commit", {}), ann.delete(where))
    assert (committed.status_code, undone.status_code) in ((202, 409), (409, 204))
    await run_import()
    expected = 2 if committed.status_code == 202 else 0
    assert len((await ann.get("/v1/me/ratings")).json()["items"]) == expected


async def test_a_killed_job_goes_on_where_it_was(ann, bring, run_import, monkeypatch, matches):
    monkeypatch.setattr("marquee_social.imports.tasks.MATCH_CHUNK", 2)
    monkeypatch.setattr("marquee_social.imports.tasks.COMMIT_CHUNK", 2)
    await bring(ann, "letterboxd", archive(**LETTERBOXD), run=False)
    taken = []

    async def killed(session, member, import_id, rows):
        if taken:
            raise asyncio.CancelledError
        taken.extend(rows)
        await committing.commit_rows(session, member, import_id, rows)

    with monkeypatch.context() as patch:
        patch.setattr("marquee_social.imports.tasks.commit_rows", killed)
        with pytest.raises(asyncio.CancelledError):
            await run_import()
    assert len((await ann.get("/v1/me/ratings")).json()["items"]) == 2
    asked = len(matches.asked)
    assert (await run_import()).state == "succeeded"
    assert len(matches.asked) == asked == 3
    assert len((await ann.get("/v1/me/watchlist")).json()["items"]) == 1


async def test_imports_are_their_members_alone(ann, bring, new_person):
    made = await bring(ann, "letterboxd", archive(**LETTERBOXD), dry_run=True)
    bob = await new_person("bob")
    assert (await bob.get(URL)).json()["items"] == []
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/rows"), ("POST", "/commit")):
        body = {} if method == "POST" else None
        answer = await bob.call(method, f"{URL}/{made['id']}{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "import_not_found")


async def test_pages_of_imports_and_rows(ann, bring):
    ids = [(await bring(ann, "letterboxd", archive(**LETTERBOXD)))["id"] for _ in range(3)]
    first = (await ann.get(f"{URL}?limit=2")).json()
    rest = (await ann.get(f"{URL}?limit=2&cursor={first['next_cursor']}")).json()
    assert [i["id"] for i in first["items"] + rest["items"]] == ids[::-1]
    lines, cursor = [], ""
    while cursor is not None:
        page = (await ann.get(f"{URL}/{ids[0]}/rows?limit=2{cursor}")).json()
        lines += [row["line"] for row in page["items"]]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert lines == [1, 2, 3, 4, 5]


async def test_an_erased_member_takes_their_imports_along(
    ann, bring, deliver, database, run_import
):
    await bring(ann, "letterboxd", archive(**LETTERBOXD))
    await bring(ann, "letterboxd", archive(**LETTERBOXD), run=False)
    await deliver((UserDeleted(id=ann.id, receipt_id=None), 9))
    async with database.reading() as session:
        left = await session.scalar(text("SELECT count(*) FROM member_import_rows"))
        job = await session.scalar(text("SELECT id FROM jobs ORDER BY id DESC LIMIT 1"))
        states = set(await session.scalars(text("SELECT state FROM jobs")))
    assert left == 0
    assert job is not None
    assert states == {"succeeded", "cancelled"}


async def test_many_imports_are_refused_for_a_while(new_person, matches, bring, monkeypatch):
    monkeypatch.setitem(limits.LIMITS, "import", (1, 60))
    bob = await new_person("bob")
    await bring(bob, "imdb", CSV + "tt0113277,9,2020-01-01,Heat,1995\n")
    assert (await bring(bob, "imdb", CSV)).status_code == 429


async def test_any_number_of_films_is_as_many_statements(ann, bring, matches, context):
    for number in range(100, 400):
        matches.add(number, f"Film {number}", 2000)
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    counts = []
    engine = context.database.write_engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    for films in (range(100, 102), range(102, 400)):
        rows = "".join(f"x,8,2020-01-01,Film {n},2000\n" for n in films)
        made = await bring(ann, "imdb", CSV + rows)
        assert made["result"]["committed"] == len(films)
        counts.append(len(seen))
        seen.clear()
    event.remove(engine, "before_cursor_execute", note)
    assert counts[0] == counts[1] < 30
    assert len(matches.asked) == 2
