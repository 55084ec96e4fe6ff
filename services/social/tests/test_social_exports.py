"""Exports over HTTP; they can be brought along again."""

import io
import random
import zipfile

import orjson
import pytest
from social_imports import LETTERBOXD, archive, state_of

from marquee_social.exports.writing import guarded
from marquee_social.imports.files import plain


@pytest.fixture
async def ann(new_person, matches, no_limits):
    del matches, no_limits
    return await new_person("ann")


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
async def test_our_own_export_brings_everything_back(ann, bring, new_person, films, matches, seed):
    del films
    dice = random.Random(seed)
    matches.films = [
        ({**film, "slug": f"film-{film['id']}", "title": f"Film {film['id']}", "year": None}, {})
        for film, _ in matches.films[:3]
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
        await bring(bob, "marquee", content)
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
    ann, bring, new_person, source, parts
):
    await bring(ann, "letterboxd", archive(**LETTERBOXD))
    bob = await new_person("bob")
    made = await bring(bob, source, await export(ann, source))
    assert made["result"]["matched"] == made["result"]["committed"] == made["result"]["rows"]
    assert told(await state_of(bob), *parts) == told(await state_of(ann), *parts)


async def test_an_export_to_letterboxd_is_its_archive(ann, bring, matches, films, deliver, film):
    del films
    matches.add(9, "=cmd|' /C calc'!A0", 2000)
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


async def test_an_export_that_needs_the_catalog_is_503_without_it(ann, bring, matches):
    await bring(ann, "letterboxd", archive(**LETTERBOXD))
    matches.reachable = False
    for source in ("imdb", "trakt", "movielens"):
        answer = await ann.get(f"/v1/me/history/export?source={source}")
        assert answer.status_code == 503
    for source in ("letterboxd", "marquee"):
        await export(ann, source)


async def test_an_export_goes_on_over_pages(ann, bring, monkeypatch):
    await bring(ann, "letterboxd", archive(**LETTERBOXD))
    whole = await export(ann, "marquee")
    monkeypatch.setattr("marquee_social.exports.repository.PAGE", 1)
    assert await export(ann, "marquee") == whole
    assert (await ann.get("/v1/me/history/export?source=x")).status_code == 422


async def test_our_own_form_has_lists_in_their_order(ann, bring, films, monkeypatch, new_person):
    monkeypatch.setattr("marquee_social.exports.repository.PAGE", 1)
    for name, privacy in (("Best é", "public"), ("None yet", "private"), ("Gone", "public")):
        body = {"name": name, "description": '"Of all"', "privacy": privacy}
        assert (await ann.post("/v1/me/lists", body)).is_success
    await ann.delete("/v1/users/ann/lists/gone")
    best = (await ann.get("/v1/me/lists")).json()["items"][-1]
    path = f"/v1/users/ann/lists/{best['slug']}"
    for slug in films:
        await ann.put(f"{path}/movies/{slug}", {"note": f"of {slug}"})
    await ann.put(f"{path}/order", {"movies": ["film-3", "film-1"]})
    await ann.put("/v1/me/watchlist/film-1")
    bob = await new_person("bob")
    await bob.post("/v1/me/lists", {"name": "Not hers"})
    whole = orjson.loads(await export(ann, "marquee"))
    made, empty = whole["lists"]
    assert [(film["slug"], film["note"]) for film in made["movies"]] == [
        ("film-3", "of film-3"), ("film-1", "of film-1"), ("film-2", "of film-2"),
    ]  # fmt: skip
    assert (made["name"], made["description"], made["privacy"]) == ("Best é", '"Of all"', "public")
    assert made["slug"] == best["slug"]
    assert (empty["name"], empty["privacy"], empty["movies"]) == ("None yet", "private", [])
    imported = await bring(bob, "marquee", orjson.dumps(whole))
    assert imported["result"]["committed"] == len(whole["movies"]) == 1
    assert len((await bob.get("/v1/me/lists")).json()["items"]) == 1
