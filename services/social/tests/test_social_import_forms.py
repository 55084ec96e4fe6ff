"""The forms that histories come in, and files that are none."""

import io
import json
import random
import zipfile
from contextlib import suppress

import orjson
import pytest
from social_imports import CSV, LETTERBOXD, URL, archive, rows_of, state_of

from marquee_shared.events.social import RatingsSet, ReviewCreated, SignalsSet
from marquee_social.imports.errors import UnreadableFileError
from marquee_social.imports.files import unpack


@pytest.fixture
async def ann(new_person, matches, no_limits):
    del matches, no_limits
    return await new_person("ann")


async def test_a_letterboxd_archive_is_found_shown_and_taken_in(ann, bring, sink):
    made = await bring(ann, "letterboxd", archive(**LETTERBOXD))
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


async def test_imdb_ratings_and_watchlist(ann, bring):
    head = "Position,Const,Created,Modified,Description,Title,URL,Title Type,IMDb Rating,Year"
    await bring(ann, "imdb", "Const,Your Rating,Date Rated,Title,Year\n"
               "tt0113277,9,2021-02-03,Called otherwise,1990\ntt0078748,0,2021-02-03,Alien,1979\n")  # fmt: skip
    await bring(ann, "imdb", f"{head},Your Rating,Date Rated\n"
               "1,tt0211915,2021-01-01,2021-01-01,with Bob,Amelie,u,Movie,8,2001,,\n")  # fmt: skip
    (rating,) = (await ann.get("/v1/me/ratings")).json()["items"]
    assert (rating["movie"]["slug"], rating["value"]) == ("film-1", 4.5)
    (entry,) = (await ann.get("/v1/me/watchlist")).json()["items"]
    assert (entry["movie"]["slug"], entry["note"]) == ("film-3", "with Bob")


async def test_trakt_lists_as_one_object_or_alone(ann, bring):
    def of(imdb, **more):
        return {"movie": {"title": "?", "year": None, "ids": {"imdb": imdb}}, **more}

    whole = {
        "ratings": [of("tt0113277", rating=7, rated_at="2021-02-03T04:05:06.000Z", type="movie")],
        "history": [of("tt0113277", watched_at="2021-02-03T00:00:00.000Z"),
                    {"type": "episode", "watched_at": "2021-02-03T00:00:00.000Z"}],
        "watchlist": [of("tt0078748", listed_at="2021-02-03T00:00:00.000Z", rank=1)],
    }  # fmt: skip
    made = await bring(ann, "trakt", orjson.dumps(whole))
    assert made["result"]["rows"] == 2
    found = await state_of(ann)
    assert found["ratings"][0]["updated_at"] == "2021-02-03T04:05:06Z"
    assert found["ratings"][0]["value"] == 3.5
    assert found["signals"][0]["kind"] == "seen"
    assert found["watchlist"][0]["movie"]["slug"] == "film-2"
    alone = [{"movie": {"title": "", "ids": {"tmdb": 348}}, "rating": 1, "rated_at": None}]
    await bring(ann, "trakt", orjson.dumps(alone))
    assert (await ann.get("/v1/movies/film-2/rating")).json()["value"] == 0.5


async def test_movielens_titles_are_turned_and_ids_go_first(ann, bring, matches):
    matches.add(6, "The Thing", 1982)
    await bring(ann, "movielens", "movieId,title,rating,timestamp\n"
               '6,?,4.0,964982703\n,"Thing, The (1982)",3.5,964982703\n')  # fmt: skip
    ratings = (await ann.get("/v1/me/ratings")).json()["items"]
    assert {(r["movie"]["slug"], r["value"]) for r in ratings} == {("film-1", 4), ("film-6", 3.5)}


def packed_as(method):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as written:
        written.writestr("ratings.csv", "Name,Year,Rating\nHeat,1995,4\n")
    return packed.getvalue()


BOMB = archive(**{"ratings.csv": "Name,Year\n" + "0" * 60_000_000})


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
    ann, bring, database, source, content, code
):
    answer = await bring(ann, source, content)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/file", code)
    assert (await ann.get(URL)).json()["items"] == []


async def test_a_body_that_is_too_large_is_413(ann, bring):
    assert (await bring(ann, "imdb", b"0" * 10_000_001)).status_code == 413


async def test_rows_that_say_nothing_are_shown_as_invalid(ann, bring):
    content = json.dumps(
        [1, None, {}, {"movie": 3}, {"movie": {"title": "Heat"}, "rating": True},
         {"movie": {"title": "He\x00at"}, "rating": 5}, {"movie": {"title": "Heat"}, "rating": 1e300},
         {"movie": {"title": "Heat", "year": 10**30, "ids": {"imdb": ["x"]}}, "rating": 8}]
    )  # fmt: skip
    made = await bring(ann, "trakt", content)
    assert made["result"]["invalid"] == 7
    rows = await rows_of(ann, made["id"], "?state=invalid")
    assert rows[4]["problems"] == ["rating_invalid"]
    assert [r["line"] for r in rows] == [1, 2, 3, 4, 5, 6, 7]


async def test_latin_1_and_a_mark_before_utf_8_are_read(ann, bring):
    await bring(ann, "imdb", (CSV + "x,8,2020-01-01,Amélie,2001\n").encode("latin-1"))
    assert (await ann.get("/v1/movies/film-3/rating")).json()["value"] == 4
    await bring(ann, "imdb", (CSV + "x,9,2020-01-02,Amélie,2001\n").encode("utf-8-sig"))
    assert (await ann.get("/v1/movies/film-3/rating")).json()["value"] == 4.5


async def test_a_time_in_the_future_is_none(ann, bring, films):
    await ann.rate("film-1", 1)
    await bring(ann, "imdb", CSV + "tt0113277,9,2199-01-01,Heat,1995\n")
    assert (await ann.get("/v1/movies/film-1/rating")).json()["value"] == 1


async def test_broken_archives_are_never_more_than_refused():
    whole, dice = archive(**LETTERBOXD), random.Random(7)
    for _ in range(500):
        broken = bytearray(whole)
        for _ in range(dice.randint(1, 20)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        with suppress(UnreadableFileError):
            unpack(bytes(broken), frozenset(LETTERBOXD))


@pytest.mark.parametrize("place", [True, -1, 2**62, "1", None, [1]])
async def test_a_place_that_is_none_still_lists_the_film(ann, bring, place):
    film = {"slug": "film-1", "watchlist": {"position": place, "at": None}}
    content = orjson.dumps({"format": "marquee", "version": 1, "movies": [film]})
    assert (await bring(ann, "marquee", content))["result"]["committed"] == 1
    assert len((await ann.get("/v1/me/watchlist")).json()["items"]) == 1
