import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from recommender_world import member, rating
from sqlalchemy import text

from marquee_recommender.engine import Parameters
from marquee_recommender.experiments.assignment import Variant, assign
from marquee_recommender.experiments.ranking import with_config
from marquee_shared.events.identity import UserDeleted
from marquee_shared.events.recommender import ExperimentChanged
from marquee_shared.events.social import SignalSet, WatchProgressed
from marquee_shared.testing.plugin import as_event, new_uuid

SCIENTIST = {"scope": "recommender"}
URL = "/v1/recommender/experiments"
OWN = "/v1/me/experiments"
BODY = {
    "key": "variety",
    "variants": [
        {"key": "control", "weight": 1},
        {"key": "popular", "weight": 1, "config": {"ranker": "popularity", "diversity": 0}},
    ],
    "state": "running",
}
PAIR = (Variant("control", 1, {}), Variant("popular", 3, {}))


@pytest.fixture
def scientist(authorization: Any) -> dict[str, str]:
    return authorization(**SCIENTIST)


@pytest.fixture
def listed(client: Any, authorization: Any) -> Any:
    async def ask(number: int, **claims: Any) -> Any:
        headers = authorization(sub=member(number), **claims)
        answer = await client.get("/v1/me/recommendations?limit=5", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


async def begin(client: Any, scientist: dict[str, str], **changes: Any) -> Any:
    answer = await client.post(URL, json={**BODY, **changes}, headers=scientist)
    assert answer.status_code == 201, answer.text
    return answer


async def report_of(client: Any, scientist: dict[str, str], key: str = "variety") -> Any:
    answer = await client.get(f"{URL}/{key}/report", headers=scientist)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_assignment_is_fair_fixed_and_its_own_for_each_salt() -> None:
    users = [new_uuid() for _ in range(20_000)]
    drawn = [assign("one", PAIR, 1.0, user).variant.key for user in users]
    assert drawn == [assign("one", PAIR, 1.0, user).variant.key for user in users]
    assert abs(Counter(drawn)["popular"] / len(users) - 0.75) < 0.015
    other = [assign("two", PAIR, 1.0, user).variant.key for user in users]
    both = sum(a == b == "popular" for a, b in zip(drawn, other, strict=True))
    assert abs(both / len(users) - 0.75**2) < 0.015


def test_a_wider_ramp_moves_nobody() -> None:
    users = [new_uuid() for _ in range(5000)]
    narrow = [assign("s", PAIR, 0.2, user) for user in users]
    wide = [assign("s", PAIR, 0.6, user) for user in users]
    counted = sum(each.counted for each in narrow)
    assert abs(counted / len(users) - 0.2) < 0.03
    for before, after in zip(narrow, wide, strict=True):
        if before.counted:
            assert after == before
        else:
            assert before.variant.key == "control"
    assert not any(assign("s", PAIR, 0.0, user).counted for user in users)


def test_a_config_sets_what_it_names_and_nothing_else() -> None:
    base = Parameters()
    assert with_config(base, {}) == base
    changed = with_config(base, {"weights": {"linear": 2.0}})
    assert changed.weights == {**base.weights, "linear": 2.0}
    assert (changed.cold_weights, changed.diversity) == (base.cold_weights, base.diversity)
    alone = with_config(base, {"ranker": "linear", "diversity": 0.0})
    assert alone.weights["linear"] == 1.0
    assert set(alone.weights) == {"linear", "popularity"}
    assert alone.diversity == 0.0


async def test_members_are_ranked_for_by_their_variant(
    client: Any, world: Any, scientist: Any, listed: Any
) -> None:
    before = {number: await listed(number) for number in range(12)}
    assert {answer["variant"] for answer in before.values()} == {"default"}
    await begin(client, scientist)
    got = {number: await listed(number) for number in range(12)}
    by_variant: dict[str, list[int]] = {"control": [], "popular": []}
    for number, answer in got.items():
        by_variant[answer["variant"]].append(number)
        told = await client.get(f"{URL}/variety/assignment?user=member{number}", headers=scientist)
        assert told.json()["variant"] == answer["variant"]
        assert (told.json()["counted"], told.json()["reason"]) == (True, "assigned")
    assert all(by_variant.values())
    for number in by_variant["control"]:
        assert got[number]["items"] == before[number]["items"]
    popularity = dict(zip(world.model.current.model.item_ids.tolist(), range(100), strict=False))
    for number in by_variant["popular"]:
        places = [popularity[item["movie"]["id"]] for item in got[number]["items"]]
        assert places == sorted(places)
    found = await report_of(client, scientist)
    assert {v["key"]: (v["members"], v["exposures"]) for v in found["variants"]} == {
        key: (len(numbers), len(numbers)) for key, numbers in by_variant.items()
    }
    await listed(0)
    assert sum(v["exposures"] for v in (await report_of(client, scientist))["variants"]) == 13


async def test_outside_the_ramp_control_and_not_counted(
    client: Any, world: Any, scientist: Any, listed: Any
) -> None:
    await begin(client, scientist, ramp=0)
    assert (await listed(1))["variant"] == "control"
    told = await client.get(f"{URL}/variety/assignment?user=member1", headers=scientist)
    assert told.json() == {
        "experiment": "variety",
        "user": "member1",
        "variant": "control",
        "counted": False,
        "reason": "outside_ramp",
    }
    assert [v["members"] for v in (await report_of(client, scientist))["variants"]] == [0, 0]
    assert world.loaded


async def test_states_and_their_ways(client: Any, app: Any, scientist: Any, sink: Any) -> None:
    await begin(client, scientist, state="draft")
    url = f"{URL}/variety"

    async def patch(**body: Any) -> tuple[int, str]:
        answer = await client.patch(url, json=body, headers=scientist)
        return answer.status_code, answer.json().get("code") or answer.json()["state"]

    assert await patch(state="paused") == (409, "invalid_transition")
    assert await patch(ramp=0.5, salt="new") == (200, "draft")
    assert await patch(state="running") == (200, "running")
    assert await patch(state="running") == (200, "running")
    assert await patch(state="draft") == (409, "invalid_transition")
    assert await patch(salt="other") == (409, "experiment_started")
    assert await patch(variants=BODY["variants"][::-1]) == (409, "experiment_started")
    assert await patch(ramp=0.9, description="wider") == (200, "running")
    assert await patch(state="paused") == (200, "paused")
    assert await patch(state="running") == (200, "running")
    assert await patch(state="ended") == (200, "ended")
    for state in ("running", "paused", "draft"):
        assert await patch(state=state) == (409, "invalid_transition")
    states = [event.data.state for event in await sink.events(ExperimentChanged)]
    assert states[:2] == ["draft", "running"]
    assert states[-1] == "ended"
    whole = (await client.get(url, headers=scientist)).json()
    assert whole["started_at"] < whole["ended_at"]


async def test_if_match_holds_off_a_stale_change(client: Any, app: Any, scientist: Any) -> None:
    await begin(client, scientist, state="draft")
    tag = (await client.get(f"{URL}/variety", headers=scientist)).headers["ETag"]
    headers = {**scientist, "If-Match": tag}
    first = await client.patch(f"{URL}/variety", json={"ramp": 0.1}, headers=headers)
    assert first.status_code == 200
    again = await client.patch(f"{URL}/variety", json={"ramp": 0.2}, headers=headers)
    assert again.status_code == 412


async def test_one_runs_at_a_time(client: Any, app: Any, scientist: Any) -> None:
    keys = [f"e{n}" for n in range(4)]
    for key in keys:
        await begin(client, scientist, key=key, state="draft")
    again = await client.post(URL, json={**BODY, "key": "e0"}, headers=scientist)
    assert (again.status_code, again.json()["code"]) == (409, "experiment_exists")
    answers = await asyncio.gather(
        *(
            client.patch(f"{URL}/{key}", json={"state": "running"}, headers=scientist)
            for key in keys
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    codes = {a.json()["code"] for a in answers if a.status_code == 409}
    assert codes == {"experiment_running"}
    refused = await client.post(URL, json={**BODY, "key": "new"}, headers=scientist)
    assert (refused.status_code, refused.json()["code"]) == (409, "experiment_running")
    assert (await client.get(f"{URL}/new", headers=scientist)).status_code == 404
    page = (await client.get(f"{URL}?limit=3", headers=scientist)).json()
    rest = await client.get(f"{URL}?limit=3&cursor={page['next_cursor']}", headers=scientist)
    listed = [each["key"] for each in [*page["items"], *rest.json()["items"]]]
    assert listed == keys[::-1]


async def test_other_processes_follow_by_event(
    client: Any, world: Any, scientist: Any, listed: Any, context: Any
) -> None:
    async with context.database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO experiments (key, description, salt, ramp, variants, metric, "
                "window_hours, state) VALUES ('elsewhere', '', 's', 1, CAST(:variants AS jsonb), "
                "'click', 24, 'running')"
            ),
            {"variants": '[{"key": "a", "weight": 1, "config": {}}]'},
        )
    assert (await listed(1))["variant"] == "default"
    await world.on_events([as_event(ExperimentChanged(key="elsewhere", state="running"), 2)])
    assert (await listed(1))["variant"] == "a"


async def test_home_is_ranked_by_the_same_variant(
    client: Any, world: Any, scientist: Any, listed: Any, authorization: Any
) -> None:
    await begin(client, scientist)
    for number in range(6):
        headers = authorization(sub=member(number))
        home = (await client.get("/v1/me/home", headers=headers)).json()
        assert home["variant"] == (await listed(number))["variant"]
    assert sum(v["exposures"] for v in (await report_of(client, scientist))["variants"]) == 12
    assert sum(v["members"] for v in (await report_of(client, scientist))["variants"]) == 6
    assert world.loaded


async def test_paused_nobody_is_exposed(
    client: Any, world: Any, scientist: Any, listed: Any
) -> None:
    await begin(client, scientist)
    first = (await listed(3))["variant"]
    await client.patch(f"{URL}/variety", json={"state": "paused"}, headers=scientist)
    assert (await listed(3))["variant"] == "default"
    assert sum(v["exposures"] for v in (await report_of(client, scientist))["variants"]) == 1
    await client.patch(f"{URL}/variety", json={"state": "running"}, headers=scientist)
    assert (await listed(3))["variant"] == first
    assert world.loaded


async def test_members_see_their_variant_and_can_keep_out(
    client: Any, world: Any, scientist: Any, listed: Any, authorization: Any
) -> None:
    await begin(client, scientist)
    headers = authorization(sub=member(5))
    before = (await client.get(OWN, headers=headers)).json()
    assert before["items"][0]["since"] is None
    variant = (await listed(5))["variant"]
    own = (await client.get(OWN, headers=headers)).json()
    assert (own["opted_out"], own["items"][0]["variant"]) == (False, variant)
    assert own["items"][0]["since"] is not None
    first = await client.put(f"{OWN}/opt-out", headers=headers)
    again = await client.put(f"{OWN}/opt-out", headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (await listed(5))["variant"] == "default"
    assert (await client.get(OWN, headers=headers)).json() == {"opted_out": True, "items": []}
    told = await client.get(f"{URL}/variety/assignment?user={member(5)}", headers=scientist)
    assert (told.json()["variant"], told.json()["reason"]) == ("default", "opted_out")
    for _ in range(2):
        assert (await client.delete(f"{OWN}/opt-out", headers=headers)).status_code == 204
    assert (await listed(5))["variant"] == variant
    assert world.loaded


async def test_a_variant_can_be_pinned_by_the_data_team_alone(
    client: Any, world: Any, scientist: Any, authorization: Any, listed: Any
) -> None:
    await begin(client, scientist)
    await begin(client, scientist, key="later", state="draft")

    async def batch(variant: str | None) -> Any:
        body = {"users": ["member2"], "limit": 5, "reasons": False, "variant": variant}
        answer = await client.post("/v1/recommender/recommend", json=body, headers=scientist)
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"][0]["recommendations"]
        return [each["movie"]["id"] for each in items]

    assert await batch("control") == await batch("default") == await batch(None)
    assert await batch("popular") == await batch("later:popular") != await batch("control")
    for unknown in ("other", "later:other", "none:popular"):
        body = {"users": ["member2"], "variant": unknown}
        answer = await client.post("/v1/recommender/recommend", json=body, headers=scientist)
        assert answer.json()["errors"][0]["code"] == "unknown_variant"
    headers = authorization(sub=member(2))
    refused = await client.get("/v1/me/recommendations?variant=popular", headers=headers)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "unknown_parameter"
    assert [v["exposures"] for v in (await report_of(client, scientist))["variants"]] == [0, 0]


async def test_outcomes_after_the_showing_are_joined(
    client: Any, world: Any, scientist: Any, listed: Any, authorization: Any, deliver: Any
) -> None:
    await begin(client, scientist, window_hours=1)
    variants: dict[str, list[int]] = {"control": [], "popular": []}
    for number in range(20):
        variants[(await listed(number))["variant"]].append(number)
    now = datetime.now(UTC) + timedelta(seconds=5)
    one, two = variants["control"][:2]
    other = variants["popular"][0]
    answer = await listed(other)
    headers = authorization(sub=member(other))
    slug = answer["items"][0]["movie"]["slug"]
    click = {"type": "click", "movie": slug, "request_id": "r1", "position": 0}
    events = [click, click, {**click, "type": "impression"}, {**click, "movie": "nonesuch"}]
    for _ in range(2):
        taken = await client.post(
            "/v1/me/recommendation-events", json={"events": events}, headers=headers
        )
        assert taken.status_code == 202, taken.text
        assert taken.json()["rejected"] == [{"index": 3, "code": "movie_not_found"}]
    late = now + timedelta(hours=2)

    def watched(number: int, movie: int, at: datetime) -> tuple[WatchProgressed, int]:
        data = WatchProgressed(
            user_id=member(number),
            movie_id=movie,
            progress=0.5,
            completed=False,
            seconds_watched=100,
            last_watched_at=at,
        )
        return data, 1

    def signal(number: int, kind: Any) -> tuple[SignalSet, int]:
        return SignalSet(user_id=member(number), movie_id=33, kind=kind, at=now), 1

    await deliver(
        (rating(one, 39, 1.5, rated_at=now), 2),
        (rating(one, 40, 4.5, rated_at=now), 2),
        (rating(two, 40, 4.5, rated_at=late), 2),
        signal(one, "like"),
        signal(other, "not_interested"),
        watched(one, 1, now),
        watched(one, 1, now + timedelta(minutes=1)),
        watched(other, 1, late),
        watched(39, 1, now),
    )
    found = await report_of(client, scientist)
    control, popular = found["variants"]
    figures = {
        key: {name: each["members"] for name, each in variant["by_outcome"].items()}
        for key, variant in (("control", control), ("popular", popular))
    }
    assert figures == {
        "control": {"click": 0, "rating": 1, "like": 1, "watch": 1},
        "popular": {"click": 1, "rating": 0, "like": 0, "watch": 0},
    }
    assert control["by_outcome"]["rating"]["per_member"] == round(2 / control["members"], 6)
    assert control["by_outcome"]["watch"]["per_member"] == round(1 / control["members"], 6)
    assert (popular["outcomes"], popular["rate"]) == (1, round(1 / popular["members"], 6))
    assert (popular["lift"], control["control"]) == (None, True)
    difference = popular["by_outcome"]["rating"]["difference"]
    assert difference["interval"][0] <= difference["value"] <= difference["interval"][1]
    rails = {rail["name"]: rail for rail in found["guardrails"]}
    assert rails["rejections"]["rate"] == round(1 / popular["members"], 6)
    assert rails["ratings_low"]["difference"]["value"] == round(-1 / control["members"], 6)
    assert found["sample_ratio_ok"] is True
    assert world.loaded


async def test_a_broken_split_and_a_failed_guardrail_are_told(
    client: Any, world: Any, scientist: Any, context: Any
) -> None:
    await begin(client, scientist)
    async with context.database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO experiment_exposures (experiment, user_id, variant) "
                "SELECT 'variety', gen_random_uuid(), "
                "CASE WHEN n <= 300 THEN 'control' ELSE 'popular' END FROM generate_series(1, 500) n"
            )
        )
        await session.execute(
            text(
                "INSERT INTO interactions (user_id, movie_id, source, kind, at, epoch, revision) "
                "SELECT user_id, 1, 'signal', CASE WHEN variant = 'popular' THEN 'dislike' "
                "ELSE 'like' END, now() + interval '1 minute', 1, 1 FROM experiment_exposures"
            )
        )
    found = await report_of(client, scientist)
    assert found["sample_ratio_ok"] is False
    assert found["sample_ratio_p"] < 0.001
    rails = {rail["name"]: rail["ok"] for rail in found["guardrails"]}
    assert rails == {"rejections": False, "ratings_low": True}
    assert world.loaded


async def test_erasure_and_export_cover_it(
    client: Any,
    world: Any,
    scientist: Any,
    listed: Any,
    authorization: Any,
    deliver: Any,
    service: Any,
    context: Any,
) -> None:
    from marquee_recommender.app import RIGHTS

    await begin(client, scientist)
    await listed(1)
    headers = authorization(sub=member(1))
    event = {"type": "click", "movie": "film-1", "request_id": "r"}
    await client.post("/v1/me/recommendation-events", json={"events": [event]}, headers=headers)
    await client.put(f"{OWN}/opt-out", headers=headers)

    async def held() -> dict[str, int]:
        found = {}
        for name in ("experiment_exposures", "recommendation_events", "experiment_opt_out"):
            async with context.database.snapshot() as session:
                found[name] = len([row async for row in RIGHTS.export(name, session, member(1))])
        return found

    assert set((await held()).values()) == {1}
    await deliver((UserDeleted(id=member(1), mode="remove", receipt_id=new_uuid()), 9))
    assert set((await held()).values()) == {0}


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "Bad Key"},
        {"key": "nul\x00"},
        {"variants": []},
        {"variants": [{"key": "a"}, {"key": "a"}]},
        {"variants": [{"key": "a", "weight": 0}, {"key": "b"}]},
        {"variants": [{"key": "a", "config": {"ranker": "magic"}}, {"key": "b"}]},
        {"variants": [{"key": "a", "config": {"weights": {"magic": 1}}}, {"key": "b"}]},
        {"variants": [{"key": "a", "config": {"diversity": 2}}, {"key": "b"}]},
        {"ramp": 1.5},
        {"state": "ended"},
        {"window_hours": 10**30},
        {"metric": "money"},
        {"surprise": 1},
    ],
)
async def test_what_is_wrong_is_refused(
    client: Any, app: Any, scientist: Any, changes: Any
) -> None:
    answer = await client.post(URL, json={**BODY, **changes}, headers=scientist)
    assert answer.status_code == 422, answer.text


async def test_who_may(client: Any, app: Any, scientist: Any, authorization: Any) -> None:
    await begin(client, scientist, state="draft")
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("GET", "/variety"),
        ("PATCH", "/variety"),
        ("GET", "/variety/assignment?user=x"),
        ("GET", "/variety/report"),
    ):
        assert (await client.request(method, URL + path)).status_code == 401
        refused = await client.request(method, URL + path, headers=authorization())
        assert refused.status_code == 403, path
    for method, path in (("GET", OWN), ("PUT", f"{OWN}/opt-out"), ("DELETE", f"{OWN}/opt-out")):
        assert (await client.request(method, path)).status_code == 401
        service_token = authorization(kind="service", **SCIENTIST)
        assert (await client.request(method, path, headers=service_token)).status_code == 403
    missing = await client.get(f"{URL}/variety/assignment?user=nobody", headers=scientist)
    assert (missing.status_code, missing.json()["code"]) == (404, "user_not_found")
    for path in ("/none", "/none/report", "/none/assignment?user=x"):
        missing = await client.get(URL + path, headers=scientist)
        assert (missing.status_code, missing.json()["code"]) == (404, "experiment_not_found")


async def test_old_feedback_is_forgotten(context: Any) -> None:
    from marquee_recommender.feedback.service import forget_old_feedback

    async with context.database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO recommendation_events (user_id, request_id, movie_id, type, at) "
                "SELECT CAST(:user_id AS uuid), n::text, 1, 'impression', "
                "now() - n * interval '1 day' FROM unnest(ARRAY[1, 179, 181, 400]) n"
            ),
            {"user_id": UUID(int=1)},
        )
    await forget_old_feedback(context)
    async with context.database.reading() as session:
        left = await session.scalars(text("SELECT request_id FROM recommendation_events"))
    assert sorted(left) == ["1", "179"]
