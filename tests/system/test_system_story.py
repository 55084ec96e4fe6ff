"""The story the project exists for, walked through the one public door."""

import asyncio
import os
import sys

from steps import eventually


async def slugs(http, **parameters):
    answer = await http.get("/v1/movies", params=parameters)
    assert answer.status_code == 200, answer.text
    return [item["slug"] for item in answer.json()["items"]]


async def recommended(member, **parameters):
    answer = await member.get("/v1/me/recommendations", params={"limit": 20, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_rating_counts_in_the_very_next_recommendations(http, sign_up):
    member = await sign_up()
    before = await recommended(member)
    assert len(before["items"]) == 20
    fans = await slugs(http, genre="science-fiction", sort="popularity", limit=6)
    assert len(fans) == 6
    for slug in fans:
        rated = await member.rate(slug, 5.0)
        assert rated.status_code == 201, rated.text
        after = await recommended(member)
        shown = [item["movie"]["slug"] for item in after["items"]]
        assert slug not in shown
        assert len(shown) == 20
    assert [i["movie"]["slug"] for i in before["items"]] != shown
    reasons = [reason for item in after["items"] for reason in item["reasons"]]
    because = {r["movie"]["slug"] for r in reasons if r["kind"] == "because_you_rated"}
    assert because, reasons
    assert because <= set(fans)
    for item in after["items"]:
        assert 0 <= item["explained"] <= 1
        assert sum(reason["weight"] for reason in item["reasons"]) <= item["explained"] + 1e-6


async def test_taste_shows_in_what_is_recommended(http, sign_up):
    async def lover_of(genre):
        member = await sign_up()
        for slug in await slugs(http, genre=genre, sort="popularity", limit=12):
            await member.rate(slug, 5.0)
        items = (await recommended(member))["items"]
        return sum(genre in [g["slug"] for g in item["movie"]["genres"]] for item in items)

    horror, animation = await asyncio.gather(lover_of("horror"), lover_of("animation"))
    assert horror >= 6
    assert animation >= 6


async def test_unrating_counts_in_the_next_call_too(http, sign_up):
    member = await sign_up()
    slug = (await slugs(http, genre="horror", sort="popularity", limit=1))[0]
    await member.rate(slug, 5.0)
    with_it = await recommended(member)
    assert (await member.delete(f"/v1/movies/{slug}/rating")).status_code == 204
    without = await recommended(member)
    kinds = {reason["kind"] for item in without["items"] for reason in item["reasons"]}
    assert "because_you_rated" not in kinds
    assert with_it["request_id"] != without["request_id"]


async def test_rating_changes_the_average_everyone_sees(http, sign_up):
    slug = (await slugs(http, sort="-popularity", limit=1))[0]
    before = (await http.get(f"/v1/movies/{slug}")).json()["rating"]
    member = await sign_up()
    await member.rate(slug, 0.5)
    mine = (await member.get(f"/v1/movies/{slug}/ratings")).json()
    assert mine["count"] == before["count"] + 1
    assert sum(mine["histogram"].values()) == mine["count"]

    async def shown():
        rating = (await http.get(f"/v1/movies/{slug}")).json()["rating"]
        return rating["count"] == before["count"] + 1

    await eventually(shown, what="the new average on the film's page")


async def test_search_finds_films_with_a_typo_and_by_prefix(http):
    assert "the-matrix-1999" in await slugs(http, q="matrx")
    assert "the-matrix-1999" in await slugs(http, q="the matr")
    assert await slugs(http, q="zzzzqqqq") == []


async def test_filters_pages_and_cursors_agree(http):
    genre, first, last = "drama", 1990, 1999
    walked, cursor = [], None
    while True:
        parameters = {"genre": genre, "year_from": first, "year_to": last, "limit": 25}
        if cursor:
            parameters["cursor"] = cursor
        page = (await http.get("/v1/movies", params=parameters)).json()
        walked += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert all(first <= item["year"] <= last for item in walked)
    assert all(genre in [g["slug"] for g in item["genres"]] for item in walked)
    assert len({item["id"] for item in walked}) == len(walked)
    numbered = (
        await http.get(
            "/v1/movies",
            params={"genre": genre, "year_from": first, "year_to": last, "page": 1, "limit": 25},
        )
    ).json()
    assert numbered["total"] == len(walked)
    assert [i["id"] for i in numbered["items"]] == [i["id"] for i in walked[:25]]


async def test_film_in_the_callers_language(http):
    slug = (await slugs(http, q="amelie"))[0]
    spanish = await http.get(f"/v1/movies/{slug}", headers={"Accept-Language": "es"})
    assert spanish.headers["content-language"] == "es"
    english = await http.get(f"/v1/movies/{slug}?lang=en", headers={"Accept-Language": "es"})
    assert english.headers["content-language"] == "en"


async def test_similar_and_trending(http):
    similar = await http.get("/v1/movies/the-matrix-1999/similar")
    assert similar.status_code == 200
    assert len(similar.json()["items"]) >= 10
    trending = await http.get("/v1/trending", params={"window": "month"})
    assert trending.status_code == 200
    assert trending.json()["items"]


async def test_sessions_refresh_reuse_and_logout(http, sign_up):
    member = await sign_up()
    me = await member.get("/v1/me")
    assert me.json()["email"] == member.email
    spent = member.tokens["refresh_token"]
    first = await http.post("/v1/auth/refresh", json={"refresh_token": spent})
    assert first.status_code == 200
    again = await http.post("/v1/auth/refresh", json={"refresh_token": spent})
    assert again.json()["refresh_token"] == first.json()["refresh_token"]  # grace
    member.tokens = first.json()
    assert (await member.post("/v1/auth/logout")).status_code == 204

    async def refused():
        return (await member.get("/v1/me")).status_code == 401

    await eventually(refused, seconds=5, what="the end of the session")
    dead = await http.post(
        "/v1/auth/refresh", json={"refresh_token": first.json()["refresh_token"]}
    )
    assert dead.status_code == 401


async def test_unverified_member_may_read_and_not_rate(sign_up):
    member = await sign_up(verified=False)
    assert (await member.get("/v1/me")).status_code == 200
    refused = await member.rate("the-matrix-1999", 4.0)
    assert (refused.status_code, refused.json()["code"]) == (403, "email_not_verified")


async def test_models_training_and_activation(http, data_team, sign_up):
    async def measured():
        models = (await http.get("/v1/recommender/models", headers=data_team)).json()["items"]
        active = next(model for model in models if model["active"])
        return active if active["metrics"] else None

    # A first model serves at once; what it is worth is measured while it does.
    active = await eventually(measured, seconds=120, what="the metrics of the active model")
    assert active["artifact"]["checksum"]
    started = await http.post("/v1/recommender/trainings", headers=data_team, json={})
    assert started.status_code in (202, 409), started.text
    if started.status_code == 202:
        location = started.headers["location"]

        async def finished():
            job = (await http.get(location, headers=data_team)).json()
            return job if job["state"] in ("succeeded", "failed") else None

        job = await eventually(finished, seconds=90, what="the training")
        assert job["state"] == "succeeded", job
    back = await http.post(
        f"/v1/recommender/models/{active['version']}/activate", headers=data_team, json={}
    )
    assert back.status_code == 200, back.text
    member = await sign_up()
    for_member = await recommended(member)
    assert for_member["model"] == active["version"]
    forbidden = await member.get("/v1/recommender/models")
    assert forbidden.status_code == 403


async def test_imported_members_can_be_looked_up(http):
    found = (await http.get("/v1/users", params={"q": "a", "limit": 5})).json()["items"]
    assert found
    profile = await http.get(f"/v1/users/{found[0]['username']}")
    assert profile.status_code == 200
    assert "email" not in profile.json()


async def test_ready_names_every_part_and_docs_are_there(http):
    ready = await http.get("/health/ready")
    assert ready.status_code == 200
    text = ready.text
    for part in ("identity", "catalog", "social", "recommender"):
        assert part in text
    document = (await http.get("/openapi.json")).json()
    assert "/v1/me/recommendations" in document["paths"]
    assert not [path for path in document["paths"] if path.startswith("/internal")]
    assert (await http.get("/docs")).status_code == 200
    assert (await http.get("/metrics")).status_code == 404


async def test_command_beside_the_system_works_on_it(system):
    """`python -m marquee_catalog import sample` again: everything is as before."""
    environment = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "marquee_catalog", "import", "sample"),
        env={**environment, "DATA_DIR": str(system.folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert b"0 films new, 0 changed, 600 as before" in b" ".join(output.split())
