"""Imports over HTTP, the job behind them, and exports that can be brought along again."""

import asyncio
import io
import json
import random
import zipfile
from contextlib import suppress

import orjson
import pytest
from sqlalchemy import event, text

from marquee_shared.events.catalog import MovieDeleted
from marquee_shared.events.identity import UserDeleted
from marquee_shared.events.social import RatingsSet, ReviewCreated, SignalsSet
from marquee_shared.jobs import run_job
from marquee_shared.problems import Unavailable
from marquee_social import limits
from marquee_social.app import SERVICE
from marquee_social.exports.writing import guarded
from marquee_social.imports import committing
from marquee_social.imports.errors import UnreadableFileError
from marquee_social.imports.files import plain, unpack

URL = "/v1/me/imports"
JOB = text("SELECT job_id FROM member_imports ORDER BY id DESC LIMIT 1")
STATE = text("SELECT state, attempts FROM jobs WHERE id = :id")
AT_ONCE = text("UPDATE jobs SET started_at = now() - interval '1 day' WHERE id = :id")


class Films:
    """Answers as the catalog's `/internal/matches` does, about films by slug, title and IMDb id."""

    def __init__(self):
        self.films = []
        self.asked = []
        self.reachable = True
        self.answer = None

    def add(self, number, title, year, **ids):
        slug = f"film-{number}"
        film = {"id": number, "slug": slug, "title": title, "year": year, "cover_url": None}
        self.films.append(({**film, "genres": []}, ids))

    def _candidates(self, row):
        found = []
        for film, ids in self.films:
            by_id = any(ids.get(name) == row.get(name) for name in ids)
            same = (row.get("title") or "").casefold() == film["title"].casefold()
            if by_id or row.get("slug") == film["slug"] or row.get("id") == film["id"]:
                confidence = 1.0
            elif same and row.get("year") == film["year"]:
                confidence = 0.95
            elif same and abs((row.get("year") or film["year"]) - film["year"]) < 2:
                confidence = 0.7
            else:
                continue
            found.append({"movie": film, "external_ids": ids, "confidence": confidence})
        return sorted(found, key=lambda candidate: -candidate["confidence"])[:5]

    async def json(self, method, path, *, body=None, **_options):
        if not self.reachable:
            raise Unavailable
        assert (method, path) == ("POST", "/internal/matches")
        self.asked.append(body["rows"])
        if self.answer is not None:
            return 200, self.answer
        return 200, {"items": [{"candidates": self._candidates(row)} for row in body["rows"]]}

    async def close(self):
        pass


@pytest.fixture
async def catalog(app, context):
    """Stands in the catalog's place, for requests and for jobs."""
    films = Films()
    for peers in (app.state.context.peers, context.peers):
        await peers["catalog"].close()
        peers["catalog"] = films
    films.add(1, "Heat", 1995, imdb="tt0113277", tmdb="949", movielens="6")
    films.add(2, "Alien", 1979, imdb="tt0078748", tmdb="348", movielens="1214")
    films.add(3, "Amélie", 2001, imdb="tt0211915", tmdb="194", movielens="4973")
    films.add(4, "Hamlet", 2000)
    films.add(5, "Hamlet", 2000)
    return films


@pytest.fixture
def work(database, context):
    async def run():
        """Run the latest import's job to its end, as a worker would."""
        async with database.reading() as session:
            job_id = await session.scalar(JOB)
        await run_job(context, SERVICE.jobs, job_id)
        async with database.reading() as session:
            return (await session.execute(STATE, {"id": job_id})).one()

    return run


@pytest.fixture
def send(work):
    async def upload(member, source, content, *, name="file", dry_run=False, run=True):
        answer = await member.client.post(
            f"{URL}?dry_run={str(dry_run).lower()}",
            files={"file": (name, content)},
            data={"source": source},
            headers=member.headers,
        )
        if answer.status_code == 202 and run:
            assert (await work()).state == "succeeded"
            return (await member.get(f"{URL}/{answer.json()['id']}")).json()
        return answer

    return upload


@pytest.fixture
async def ann(new_person, catalog, no_limits):
    del catalog, no_limits
    return await new_person("ann")


def archive(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in files.items():
            written.writestr(name, content)
    return packed.getvalue()


LETTERBOXD = {
    "ratings.csv": "Date,Name,Year,Letterboxd URI,Rating\n"
    "2020-05-01,Heat,1995,https://boxd.it/a,4.5\n"
    "2020-05-02,Alien,1979,https://boxd.it/b,5\n"
    "2020-05-03,Hamlet,2000,https://boxd.it/c,3\n"
    "2020-05-03,No Such Film,1900,https://boxd.it/d,3\n"
    "2020-05-04,Amélie,2001,https://boxd.it/e,7\n",
    "watched.csv": "Date,Name,Year,Letterboxd URI\n"
    "2020-05-01,Heat,1995,https://boxd.it/a\n2020-05-02,Alien,1979,https://boxd.it/b\n",
    "likes/films.csv": "Date,Name,Year,Letterboxd URI\n2020-05-02,Alien,1979,https://boxd.it/b\n",
    "watchlist.csv": "Date,Name,Year,Letterboxd URI\n2020-05-09,Amélie,2001,https://boxd.it/e\n",
    "reviews.csv": "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n"
    '2020-06-01,Heat,1995,https://boxd.it/zzz,4.5,,"Long, and good\nto the end",,2020-05-01\n',
    "diary.csv": "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
    "2020-06-01,Heat,1995,https://boxd.it/yyy,4.5,,,2020-05-01\n",
}


async def rows_of(member, import_id, query=""):
    return (await member.get(f"{URL}/{import_id}/rows{query}")).json()["items"]


async def test_a_letterboxd_archive_is_found_shown_and_taken_in(ann, send, sink):
    made = await send(ann, "letterboxd", archive(**LETTERBOXD))
    assert made["state"] == "succeeded"
    assert made["result"] == {
        "rows": 5, "waiting": 0, "matched": 3, "ambiguous": 1, "unmatched": 1, "invalid": 0,
        "committed": 3,
    }  # fmt: skip
    rows = await rows_of(ann, made["id"])
    assert [(r["line"], r["title"], r["state"], r["confidence"]) for r in rows] == [
        (1, "Heat", "matched", 0.95), (2, "Alien", "matched", 0.95),
        (3, "Hamlet", "ambiguous", 0.95), (4, "No Such Film", "unmatched", 0),
        (5, "Amélie", "matched", 0.95),
    ]  # fmt: skip
    assert rows[0]["movie"]["slug"] == "film-1"
    assert {c["movie"]["slug"] for c in rows[2]["candidates"]} == {"film-4", "film-5"}
    assert rows[4]["problems"] == ["rating_invalid"]
    ratings = (await ann.get("/v1/me/ratings")).json()["items"]
    assert [(r["movie"]["slug"], r["value"], r["updated_at"]) for r in ratings] == [
        ("film-1", 4.5, "2020-06-01T00:00:00Z"), ("film-2", 5, "2020-05-02T00:00:00Z"),
    ]  # fmt: skip
    signals = (await ann.get("/v1/me/signals")).json()["items"]
    assert {s["movie"]["slug"]: s["kind"] for s in signals} == {"film-1": "seen", "film-2": "like"}
    (review,) = (await ann.get("/v1/users/ann/reviews")).json()["items"]
    assert review["content"] == "Long, and good\nto the end"
    assert review["is_positive"] is True
    assert review["created_at"].startswith("2020-06-01")
    (entry,) = (await ann.get("/v1/me/watchlist")).json()["items"]
    assert entry["movie"]["slug"] == "film-3"
    assert len(await sink.events(RatingsSet)) == len(await sink.events(SignalsSet)) == 1
    assert len(await sink.events(ReviewCreated)) == 1


async def state_of(member):
    """Return all that an import can change of a member's."""
    found = {}
    for path in ("ratings", "signals", "watchlist"):
        answer = await member.get(f"/v1/me/{path}")
        found[path] = answer.json()["items"]
    found["reviews"] = (await member.get(f"/v1/users/{member.username}/reviews")).json()["items"]
    return found


async def test_the_same_file_again_changes_and_tells_nothing(ann, send, sink):
    await send(ann, "letterboxd", archive(**LETTERBOXD))
    before, told = await state_of(ann), len(await sink.events())
    again = await send(ann, "letterboxd", archive(**LETTERBOXD))
    assert again["result"]["committed"] == 3
    assert await state_of(ann) == before
    assert len(await sink.events()) == told
    assert (await ann.delete(f"{URL}/{again['id']}")).status_code == 204
    assert await state_of(ann) == before


async def test_dry_run_then_choices_then_commit(ann, send, work):
    made = await send(ann, "letterboxd", archive(**LETTERBOXD), dry_run=True)
    assert made["result"]["matched"] == 3
    assert made["result"]["committed"] == 0
    assert await state_of(ann) == {"ratings": [], "signals": [], "watchlist": [], "reviews": []}
    (row,) = await rows_of(ann, made["id"], "?state=ambiguous")
    choices = {"choices": {row["line"]: "film-5"}}
    answer = await ann.post(f"{URL}/{made['id']}/commit", choices)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"{URL}/{made['id']}"
    assert (await work()).state == "succeeded"
    slugs = {r["movie"]["slug"] for r in (await ann.get("/v1/me/ratings")).json()["items"]}
    assert slugs == {"film-1", "film-2", "film-5"}
    (row,) = [r for r in await rows_of(ann, made["id"]) if r["line"] == 3]
    assert (row["state"], row["movie"]["slug"], row["committed"]) == ("matched", "film-5", True)
    late = await ann.post(f"{URL}/{made['id']}/commit", choices)
    assert late.json()["errors"][0]["code"] == "line_not_open"


async def test_a_film_that_goes_before_the_commit_is_chosen_anew(ann, send, work, films, deliver):
    made = await send(ann, "letterboxd", archive(**LETTERBOXD), dry_run=True)
    await deliver((MovieDeleted(id=1, slug="film-1"), 9))
    await ann.post(f"{URL}/{made['id']}/commit", {})
    await work()
    assert await found_in(ann, "/v1/me/ratings") == {"film-2"}
    (row, _) = await rows_of(ann, made["id"], "?state=unmatched")
    assert (row["title"], row["movie"], row["committed"]) == ("Heat", None, False)
    again = await ann.post(f"{URL}/{made['id']}/commit", {"choices": {row["line"]: "film-3"}})
    assert again.status_code == 202
    await work()
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
async def test_wrong_choices_are_named_and_change_nothing(ann, send, choices, pointer, code):
    made = await send(ann, "letterboxd", archive(**LETTERBOXD), dry_run=True)
    answer = await ann.post(f"{URL}/{made['id']}/commit", {"choices": choices})
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert (await ann.get("/v1/me/ratings")).json()["items"] == []


@pytest.mark.parametrize(
    "body", [{"choices": {"0": "a"}}, {"choices": {"x": "a"}}, {"choices": []}, {"choices": {"1": "a/b"}},
             {"choices": {"1": None}}, [], {"choices": {str(n): "a" for n in range(1, 502)}}]
)  # fmt: skip
async def test_bad_choices_are_422(ann, send, body):
    made = await send(ann, "letterboxd", archive(**LETTERBOXD), dry_run=True)
    assert (await ann.post(f"{URL}/{made['id']}/commit", body)).status_code == 422


async def test_undo_puts_back_what_was_there(ann, send, films, histograms):
    await ann.signal("film-1", "seen")
    other = "movieId,rating,timestamp\n6,2,1000000000\n"
    await send(ann, "movielens", other)
    before = await state_of(ann)
    made = await send(ann, "letterboxd", archive(**LETTERBOXD))
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
    again = await send(ann, "letterboxd", archive(**LETTERBOXD))
    assert again["result"]["committed"] == 3
    assert len((await ann.get("/v1/me/ratings")).json()["items"]) == 2


async def test_undo_leaves_what_was_changed_since(ann, send, films):
    made = await send(ann, "letterboxd", archive(**LETTERBOXD))
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
    ann, send, work, monkeypatch
):
    monkeypatch.setattr(committing, "CHUNK", 1)
    monkeypatch.setattr("marquee_social.imports.tasks.COMMIT_CHUNK", 1)
    content = "Const,Your Rating,Date Rated,Title,Year\n" + "".join(
        f",{value},2020-01-0{value},{title},1995\n" for value, title in ((2, "Heatt"), (4, "Haet"))
    )
    made = await send(ann, "imdb", content)
    assert made["result"]["unmatched"] == 2
    await ann.post(f"{URL}/{made['id']}/commit", {"choices": {1: "film-1", 2: "film-1"}})
    await work()
    assert (await ann.get("/v1/movies/film-1/rating")).json()["value"] == 2
    await ann.delete(f"{URL}/{made['id']}")
    assert (await ann.get("/v1/me/ratings")).json()["items"] == []


async def test_newer_ratings_and_other_signals_stay(ann, send, films):
    await ann.rate("film-1", 1)
    await ann.signal("film-1", "dislike")
    await ann.rate("film-2", 2)
    await ann.unrate("film-2")
    await send(ann, "letterboxd", archive(**LETTERBOXD))
    assert (await ann.get("/v1/movies/film-1/rating")).json()["value"] == 1
    assert (await ann.get("/v1/movies/film-1/signal")).json()["kind"] == "dislike"
    assert (await ann.get("/v1/movies/film-2/rating")).status_code == 404


async def test_imdb_ratings_and_watchlist(ann, send):
    head = "Position,Const,Created,Modified,Description,Title,URL,Title Type,IMDb Rating,Year"
    await send(ann, "imdb", "Const,Your Rating,Date Rated,Title,Year\n"
               "tt0113277,9,2021-02-03,Called otherwise,1990\ntt0078748,0,2021-02-03,Alien,1979\n")  # fmt: skip
    await send(ann, "imdb", f"{head},Your Rating,Date Rated\n"
               "1,tt0211915,2021-01-01,2021-01-01,with Bob,Amelie,u,Movie,8,2001,,\n")  # fmt: skip
    (rating,) = (await ann.get("/v1/me/ratings")).json()["items"]
    assert (rating["movie"]["slug"], rating["value"]) == ("film-1", 4.5)
    (entry,) = (await ann.get("/v1/me/watchlist")).json()["items"]
    assert (entry["movie"]["slug"], entry["note"]) == ("film-3", "with Bob")


async def test_trakt_lists_as_one_object_or_alone(ann, send):
    def of(imdb, **more):
        return {"movie": {"title": "?", "year": None, "ids": {"imdb": imdb}}, **more}

    whole = {
        "ratings": [of("tt0113277", rating=7, rated_at="2021-02-03T04:05:06.000Z", type="movie")],
        "history": [of("tt0113277", watched_at="2021-02-03T00:00:00.000Z"),
                    {"type": "episode", "watched_at": "2021-02-03T00:00:00.000Z"}],
        "watchlist": [of("tt0078748", listed_at="2021-02-03T00:00:00.000Z", rank=1)],
    }  # fmt: skip
    made = await send(ann, "trakt", orjson.dumps(whole))
    assert made["result"]["rows"] == 2
    found = await state_of(ann)
    assert found["ratings"][0]["updated_at"] == "2021-02-03T04:05:06Z"
    assert found["ratings"][0]["value"] == 3.5
    assert found["signals"][0]["kind"] == "seen"
    assert found["watchlist"][0]["movie"]["slug"] == "film-2"
    alone = [{"movie": {"title": "", "ids": {"tmdb": 348}}, "rating": 1, "rated_at": None}]
    await send(ann, "trakt", orjson.dumps(alone))
    assert (await ann.get("/v1/movies/film-2/rating")).json()["value"] == 0.5


async def test_movielens_titles_are_turned_and_ids_go_first(ann, send, catalog):
    catalog.add(6, "The Thing", 1982)
    await send(ann, "movielens", "movieId,title,rating,timestamp\n"
               '6,?,4.0,964982703\n,"Thing, The (1982)",3.5,964982703\n')  # fmt: skip
    ratings = (await ann.get("/v1/me/ratings")).json()["items"]
    assert {(r["movie"]["slug"], r["value"]) for r in ratings} == {("film-1", 4), ("film-6", 3.5)}


def packed_as(method):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as written:
        written.writestr("ratings.csv", "Name,Year,Rating\nHeat,1995,4\n")
    return packed.getvalue()


BOMB = archive(**{"ratings.csv": "Name,Year\n" + "0" * 60_000_000})
CSV = "Const,Your Rating,Date Rated,Title,Year\n"


@pytest.mark.parametrize(
    ("source", "content", "code"),
    [
        ("letterboxd", b"", "empty"),
        ("letterboxd", BOMB, "too_large"),
        ("letterboxd", archive(**{"../ratings.csv": "Name,Year\nHeat,1995\n"}), "unsafe_path"),
        ("letterboxd", archive(**{"/etc/ratings.csv": ""}), "unsafe_path"),
        ("letterboxd", archive(**{"a\\..\\..\\ratings.csv": ""}), "unsafe_path"),
        ("letterboxd", archive(**{f"{n}": "" for n in range(501)}), "too_large"),
        ("letterboxd", archive(**{"other.csv": ""}), "no_known_file"),
        ("letterboxd", b"PK\x03\x04broken", "broken_archive"),
        ("letterboxd", archive(**LETTERBOXD)[:-200], "broken_archive"),
        ("letterboxd", packed_as(zipfile.ZIP_LZMA), "broken_archive"),
        ("letterboxd", packed_as(zipfile.ZIP_BZIP2), "broken_archive"),
        ("letterboxd", archive(**{"ratings.csv": "Nom,An\n"}), "columns_missing"),
        ("letterboxd", archive(**{"ratings.csv": "Name,Year\n"}), "empty"),
        ("imdb", CSV + 'tt1,"8', "broken_csv"),
        ("imdb", CSV.encode() + b"tt0113277,8,2020-01-01,\x00\x81,1\n", "unknown_encoding"),
        ("imdb", CSV + "x,8,,T,1\n" * 20_001, "too_many_rows"),
        ("trakt", b"[{]", "broken_json"),
        ("trakt", b'"text"', "unknown_form"),
        ("trakt", b'{"ratings": 1}', "unknown_form"),
        ("trakt", '{"ratings": "\ud800"}'.encode("utf-8", "surrogatepass"), "broken_json"),
        ("trakt", b"[" * 100_000, "broken_json"),
        ("trakt", b"[]", "empty"),
        ("marquee", b"[]", "unknown_form"),
        ("marquee", b'{"format": "marquee", "movies": {}}', "unknown_form"),
    ],
)
async def test_what_cannot_be_read_is_422_and_nothing_is_kept(
    ann, send, database, source, content, code
):
    answer = await send(ann, source, content)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/file", code)
    assert (await ann.get(URL)).json()["items"] == []


async def test_a_body_that_is_too_large_is_413(ann, send):
    assert (await send(ann, "imdb", b"0" * 10_000_001)).status_code == 413


async def test_rows_that_say_nothing_are_shown_as_invalid(ann, send):
    content = json.dumps(
        [1, None, {}, {"movie": 3}, {"movie": {"title": "Heat"}, "rating": True},
         {"movie": {"title": "He\x00at"}, "rating": 5}, {"movie": {"title": "Heat"}, "rating": 1e300},
         {"movie": {"title": "Heat", "year": 10**30, "ids": {"imdb": ["x"]}}, "rating": 8}]
    )  # fmt: skip
    made = await send(ann, "trakt", content)
    assert made["result"]["invalid"] == 7
    rows = await rows_of(ann, made["id"], "?state=invalid")
    assert rows[4]["problems"] == ["rating_invalid"]
    assert [r["line"] for r in rows] == [1, 2, 3, 4, 5, 6, 7]


async def test_latin_1_and_a_mark_before_utf_8_are_read(ann, send):
    await send(ann, "imdb", (CSV + "x,8,2020-01-01,Amélie,2001\n").encode("latin-1"))
    assert (await ann.get("/v1/movies/film-3/rating")).json()["value"] == 4
    await send(ann, "imdb", (CSV + "x,9,2020-01-02,Amélie,2001\n").encode("utf-8-sig"))
    assert (await ann.get("/v1/movies/film-3/rating")).json()["value"] == 4.5


async def test_a_time_in_the_future_is_none(ann, send, films):
    await ann.rate("film-1", 1)
    await send(ann, "imdb", CSV + "tt0113277,9,2199-01-01,Heat,1995\n")
    assert (await ann.get("/v1/movies/film-1/rating")).json()["value"] == 1


async def test_the_job_waits_for_the_catalog_and_goes_on(ann, send, work, catalog, database):
    catalog.reachable = False
    made = (await send(ann, "letterboxd", archive(**LETTERBOXD), run=False)).json()
    assert (made["state"], made["result"]["waiting"]) == ("queued", 5)
    assert (await work()).state == "queued"
    busy = await ann.delete(f"{URL}/{made['id']}")
    assert (busy.status_code, busy.json()["code"]) == (409, "import_busy")
    assert (await ann.post(f"{URL}/{made['id']}/commit", {})).status_code == 409
    catalog.reachable, catalog.answer = True, {"items": []}
    async with database.transaction() as session:
        await session.execute(AT_ONCE, {"id": await session.scalar(JOB)})
    assert (await work()).state == "queued"
    catalog.answer = None
    async with database.transaction() as session:
        await session.execute(AT_ONCE, {"id": await session.scalar(JOB)})
    assert (await work()).state == "succeeded"
    assert (await ann.get(f"{URL}/{made['id']}")).json()["result"]["committed"] == 3


async def test_broken_archives_are_never_more_than_refused():
    whole, dice = archive(**LETTERBOXD), random.Random(7)
    for _ in range(500):
        broken = bytearray(whole)
        for _ in range(dice.randint(1, 20)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        with suppress(UnreadableFileError):
            unpack(bytes(broken), frozenset(LETTERBOXD))


@pytest.mark.parametrize("place", [True, -1, 2**62, "1", None, [1]])
async def test_a_place_that_is_none_still_lists_the_film(ann, send, place):
    film = {"slug": "film-1", "watchlist": {"position": place, "at": None}}
    content = orjson.dumps({"format": "marquee", "version": 1, "movies": [film]})
    assert (await send(ann, "marquee", content))["result"]["committed"] == 1
    assert len((await ann.get("/v1/me/watchlist")).json()["items"]) == 1


async def test_commit_and_undo_at_once_leave_one_of_both(ann, send, work):
    made = await send(ann, "letterboxd", archive(**LETTERBOXD), dry_run=True)
    where = f"{URL}/{made['id']}"
    committed, undone = await asyncio.gather(ann.post(f"{where}/commit", {}), ann.delete(where))
    assert (committed.status_code, undone.status_code) in ((202, 409), (409, 204))
    await work()
    expected = 2 if committed.status_code == 202 else 0
    assert len((await ann.get("/v1/me/ratings")).json()["items"]) == expected


async def test_a_killed_job_goes_on_where_it_was(ann, send, work, monkeypatch, catalog):
    monkeypatch.setattr("marquee_social.imports.tasks.MATCH_CHUNK", 2)
    monkeypatch.setattr("marquee_social.imports.tasks.COMMIT_CHUNK", 2)
    await send(ann, "letterboxd", archive(**LETTERBOXD), run=False)
    taken = []

    async def killed(session, member, import_id, rows):
        if taken:
            raise asyncio.CancelledError
        taken.extend(rows)
        await committing.commit_rows(session, member, import_id, rows)

    with monkeypatch.context() as patch:
        patch.setattr("marquee_social.imports.tasks.commit_rows", killed)
        with pytest.raises(asyncio.CancelledError):
            await work()
    assert len((await ann.get("/v1/me/ratings")).json()["items"]) == 2
    asked = len(catalog.asked)
    assert (await work()).state == "succeeded"
    assert len(catalog.asked) == asked == 3
    assert len((await ann.get("/v1/me/watchlist")).json()["items"]) == 1


async def test_imports_are_their_members_alone(ann, send, new_person):
    made = await send(ann, "letterboxd", archive(**LETTERBOXD), dry_run=True)
    bob = await new_person("bob")
    assert (await bob.get(URL)).json()["items"] == []
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/rows"), ("POST", "/commit")):
        body = {} if method == "POST" else None
        answer = await bob.call(method, f"{URL}/{made['id']}{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "import_not_found")


async def test_pages_of_imports_and_rows(ann, send):
    ids = [(await send(ann, "letterboxd", archive(**LETTERBOXD)))["id"] for _ in range(3)]
    first = (await ann.get(f"{URL}?limit=2")).json()
    rest = (await ann.get(f"{URL}?limit=2&cursor={first['next_cursor']}")).json()
    assert [i["id"] for i in first["items"] + rest["items"]] == ids[::-1]
    lines, cursor = [], ""
    while cursor is not None:
        page = (await ann.get(f"{URL}/{ids[0]}/rows?limit=2{cursor}")).json()
        lines += [row["line"] for row in page["items"]]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert lines == [1, 2, 3, 4, 5]


async def test_an_erased_member_takes_their_imports_along(ann, send, deliver, database, work):
    await send(ann, "letterboxd", archive(**LETTERBOXD))
    await send(ann, "letterboxd", archive(**LETTERBOXD), run=False)
    await deliver((UserDeleted(id=ann.id, receipt_id=None), 9))
    async with database.reading() as session:
        left = await session.scalar(text("SELECT count(*) FROM member_import_rows"))
        job = await session.scalar(text("SELECT id FROM jobs ORDER BY id DESC LIMIT 1"))
        states = set(await session.scalars(text("SELECT state FROM jobs")))
    assert left == 0
    assert job is not None
    assert states == {"succeeded", "cancelled"}


async def test_many_imports_are_refused_for_a_while(new_person, catalog, send, monkeypatch):
    monkeypatch.setitem(limits.LIMITS, "import", (1, 60))
    bob = await new_person("bob")
    await send(bob, "imdb", CSV + "tt0113277,9,2020-01-01,Heat,1995\n")
    assert (await send(bob, "imdb", CSV)).status_code == 429


async def test_any_number_of_films_is_as_many_statements(ann, send, catalog, context):
    for number in range(100, 400):
        catalog.add(number, f"Film {number}", 2000)
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    counts = []
    engine = context.database.write_engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    for films in (range(100, 102), range(102, 400)):
        rows = "".join(f"x,8,2020-01-01,Film {n},2000\n" for n in films)
        made = await send(ann, "imdb", CSV + rows)
        assert made["result"]["committed"] == len(films)
        counts.append(len(seen))
        seen.clear()
    event.remove(engine, "before_cursor_execute", note)
    assert counts[0] == counts[1] < 30
    assert len(catalog.asked) == 2


async def export(member, source):
    answer = await member.get(f"/v1/me/history/export?source={source}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith('attachment; filename="marquee-')
    return answer.content


def told(found, *parts):
    """Return a member's state without what differs between members: ids and times of writing."""
    states = {
        "ratings": lambda r: (r["movie"]["slug"], r["value"], r["updated_at"]),
        "signals": lambda s: (s["movie"]["slug"], s["kind"], s["updated_at"]),
        "watchlist": lambda w: (w["movie"]["slug"], w["note"], w["added_at"]),
        "reviews": lambda r: (
            r["movie"]["slug"], r["title"], r["content"], r["is_positive"], r["has_spoilers"],
            r["language"], r["created_at"],
        ),
    }  # fmt: skip
    ordered = {"ratings", "signals", "watchlist"}
    return {
        part: [*map(states[part], found[part])]
        if part in ordered
        else sorted(map(states[part], found[part]))
        for part in parts or states
    }


WORDS = "a é\n\t=+-@'\"<b>,;\\🎬"


@pytest.mark.parametrize("seed", range(6))
async def test_our_own_export_brings_everything_back(ann, send, new_person, films, catalog, seed):
    del films
    dice = random.Random(seed)
    catalog.films = [
        ({**film, "slug": f"film-{film['id']}", "title": f"Film {film['id']}", "year": None}, {})
        for film, _ in catalog.films[:3]
    ]
    for slug in dice.sample(["film-1", "film-2", "film-3"], 3):
        if dice.random() < 0.7:
            await ann.rate(slug, dice.randint(1, 10) / 2)
        if dice.random() < 0.7:
            kinds = ["like", "dislike", "not_interested", "seen"]
            await ann.signal(slug, dice.choice(kinds))
        if dice.random() < 0.7:
            note = dice.choice([None, "".join(dice.choices(WORDS, k=9))])
            await ann.put(f"/v1/me/watchlist/{slug}", {"note": note})
        if dice.random() < 0.7:
            words = "x" + "".join(dice.choices(WORDS, k=40)) + "x"
            body = {"title": "=1+1", "content": words, "is_positive": dice.random() < 0.5,
                    "has_spoilers": dice.random() < 0.5, "language": "en"}  # fmt: skip
            assert (await ann.post(f"/v1/movies/{slug}/reviews", body)).is_success
    bob = await new_person("bob")
    content = await export(ann, "marquee")
    if orjson.loads(content)["movies"]:
        await send(bob, "marquee", content)
    assert told(await state_of(bob)) == told(await state_of(ann))


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("letterboxd", ["ratings", "signals", "watchlist"]),
        ("imdb", ["ratings"]),
        ("movielens", ["ratings"]),
        ("trakt", ["ratings", "watchlist"]),
    ],
)
async def test_an_export_to_another_form_can_be_brought_along_again(
    ann, send, new_person, source, parts
):
    await send(ann, "letterboxd", archive(**LETTERBOXD))
    bob = await new_person("bob")
    made = await send(bob, source, await export(ann, source))
    assert made["result"]["matched"] == made["result"]["committed"] == made["result"]["rows"]
    assert told(await state_of(bob), *parts) == told(await state_of(ann), *parts)


async def test_an_export_to_letterboxd_is_its_archive(ann, send, catalog, films, deliver, film):
    del films
    catalog.add(9, "=cmd|' /C calc'!A0", 2000)
    await deliver((film(9, title="=cmd|' /C calc'!A0", year=2000), 5))
    await ann.rate("film-9", 4.5)
    await ann.signal("film-9", "like")
    with zipfile.ZipFile(io.BytesIO(await export(ann, "letterboxd"))) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == [
            "ratings.csv", "watched.csv", "likes/films.csv", "watchlist.csv", "reviews.csv",
        ]  # fmt: skip
        lines = packed.read("ratings.csv").decode().splitlines()
    assert lines[0] == "Date,Name,Year,Letterboxd URI,Rating"
    assert lines[1].endswith(",'=cmd|' /C calc'!A0,2000,,4.5")
    await ann.unrate("film-9")
    assert b"'=cmd" not in await export(ann, "imdb")


async def test_cells_are_guarded_and_found_again():
    for cell in ("=1", "+1", "-1", "@a", "\ta", "\ra", "'=1", "''@", "plain", "'quoted'", ""):
        assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
        assert plain(guarded(cell)) == cell


async def test_an_export_that_needs_the_catalog_is_503_without_it(ann, send, catalog):
    await send(ann, "letterboxd", archive(**LETTERBOXD))
    catalog.reachable = False
    for source in ("imdb", "trakt", "movielens"):
        answer = await ann.get(f"/v1/me/history/export?source={source}")
        assert answer.status_code == 503
    for source in ("letterboxd", "marquee"):
        await export(ann, source)


async def test_an_export_goes_on_over_pages(ann, send, monkeypatch):
    await send(ann, "letterboxd", archive(**LETTERBOXD))
    whole = await export(ann, "marquee")
    monkeypatch.setattr("marquee_social.exports.repository.PAGE", 1)
    assert await export(ann, "marquee") == whole
    assert (await ann.get("/v1/me/history/export?source=x")).status_code == 422
