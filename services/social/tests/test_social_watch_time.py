"""Watch time over HTTP: from player events to figures."""

import asyncio
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from marquee_shared.events.identity import UserDeleted
from marquee_shared.events.social import PlayerEvent, WatchBatchReceived, WatchProgressed
from marquee_shared.outbox.consumer import Consumer
from marquee_shared.problems import Unavailable
from marquee_social.watch_time import intake
from marquee_social.watch_time.rights import WATCH_TIME
from marquee_social.watch_time.service import add_batches

EVENING = datetime(2026, 3, 1, 20, tzinfo=UTC)


@pytest.fixture
async def films(deliver, film):
    """Three films of 100 minutes."""
    await deliver(*((film(number, runtime=100), 1) for number in (1, 2, 3)))


def play(session="tv", movie="film-1", *, begin=0, seconds=60, at=EVENING, first=0, step=10):
    """Return what a player sends that shows `seconds` of a film without a pause."""
    moments = [*range(0, seconds, step), seconds]
    return [
        {
            "session_id": session,
            "sequence": first + index,
            "movie": movie,
            "type": "start" if index == 0 else "stop" if moment == seconds else "progress",
            "position": begin + moment,
            "at": (at + timedelta(seconds=moment)).isoformat(),
        }
        for index, moment in enumerate(moments)
    ]


@pytest.fixture
def consume(service, context):
    """Handle what stands in the stream, as the worker would; return how many entries."""

    async def run():
        consumer = Consumer("social", context.database, context.redis, service.handlers)
        await consumer._ensure_groups([intake.STREAM])
        answer = await context.redis.xreadgroup("social", "test", {intake.STREAM: ">"})
        for _, entries in answer:
            from marquee_shared.outbox.consumer import Entry

            await consumer._consume([Entry(intake.STREAM, i, row[b"event"]) for i, row in entries])
            return len(entries)
        return 0

    return run


@pytest.fixture
def watch(consume):
    async def send(member, *batches):
        for events in batches:
            answer = await member.client.post(
                "/v1/me/watch-events", json={"events": events}, headers=member.headers
            )
            assert answer.status_code == 202, answer.text
        await consume()
        return answer.json()

    return send


@pytest.fixture
def me(new_member, deliver):
    async def make(username):
        from marquee_shared.events.identity import UserCreated

        member = new_member(username=username)
        await deliver((UserCreated(id=member.id, username=username, name=username.title()), 1))
        return member

    return make


async def figures(member, movie="film-1", of=None):
    answer = await member.get(f"/v1/users/{of or member.username}/watch-time/{movie}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
async def ana(me, films):
    member = await me("ana")
    member.username = "ana"
    return member


async def test_a_film_watched_to_its_end(ana, watch):
    body = await watch(ana, play(seconds=5_400, step=20))
    assert body == {"accepted": 271, "rejected": []}
    assert await figures(ana) == {
        "seconds_watched": 5400.0,
        "coverage_seconds": 5400.0,
        "last_position": 5400.0,
        "progress": 0.9,
        "completed": True,
        "last_watched_at": "2026-03-01T21:30:00Z",
    }
    total = (await ana.get("/v1/users/ana/watch-time")).json()
    assert (total["seconds_watched"], total["movies"], total["completed"]) == (5400.0, 1, 1)
    film = (await ana.client.get("/v1/movies/film-1/watch-time")).json()
    assert film == {"seconds_watched": 5400.0, "viewers": 1, "completions": 1}


async def test_never_watched_is_zero_and_unknown_is_404(ana):
    zero = await figures(ana, "film-2")
    assert (zero["seconds_watched"], zero["progress"], zero["completed"]) == (0, 0, False)
    assert zero["last_watched_at"] is None
    missing = await ana.get("/v1/users/ana/watch-time/no-such-film")
    assert (missing.status_code, missing.json()["code"]) == (404, "movie_not_found")
    nobody = await ana.get("/v1/users/no%20body/watch-time")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "user_not_found")


async def test_replays_count_as_time_and_cover_nothing_new(ana, watch):
    again = EVENING + timedelta(hours=1)
    await watch(ana, play(seconds=60), play("phone", seconds=60, at=again))
    found = await figures(ana)
    assert (found["seconds_watched"], found["coverage_seconds"]) == (120, 60)


async def test_seeks_cover_nothing(ana, watch):
    there = play(begin=3_000, seconds=60, at=EVENING + timedelta(seconds=61), first=7)
    there[0]["type"] = "progress"
    shown = play(seconds=60)
    shown[-1]["type"] = "progress"
    await watch(ana, shown + there)
    found = await figures(ana)
    assert (found["seconds_watched"], found["coverage_seconds"]) == (120, 120)
    assert found["last_position"] == 3060


async def test_two_devices_at_once_count_each_second_once(ana, watch):
    await watch(
        ana,
        play("tv", seconds=60),
        play("phone", begin=600, seconds=60, at=EVENING + timedelta(seconds=30)),
        play("tablet", "film-2", seconds=60, at=EVENING + timedelta(seconds=30)),
    )
    one = await figures(ana)
    assert (one["seconds_watched"], one["coverage_seconds"]) == (90, 120)
    assert (await figures(ana, "film-2"))["seconds_watched"] == 60
    assert (await ana.get("/v1/users/ana/watch-time")).json()["seconds_watched"] == 90


async def test_any_order_of_arrival_gives_the_same(ana, watch, context):
    events = play(seconds=300)
    await watch(ana, events[20:])
    await watch(ana, events[10:15], events[:5], events[:5])
    await watch(ana, events[3:])
    found = await figures(ana)
    assert (found["seconds_watched"], found["coverage_seconds"]) == (300, 300)
    assert found["last_position"] == 300
    async with context.database.reading() as session:
        runs = await session.scalar(text("SELECT runs FROM watch_sessions"))
    assert len(runs) == 1


async def test_what_is_sent_twice_is_no_change(ana, watch, sink):
    await watch(ana, play(seconds=300))
    cursor = (await ana.get("/v1/me/changes")).json()["next_cursor"]
    told = await sink.events(WatchProgressed)
    await watch(ana, play(seconds=300), play(seconds=200))
    again = (await ana.get(f"/v1/me/changes?cursor={cursor}")).json()
    assert again["items"] == []
    assert await sink.events(WatchProgressed) == told
    await watch(ana, play("b", "film-2", seconds=60))
    later = (await ana.get(f"/v1/me/changes?cursor={cursor}")).json()
    assert [(item["type"], item["id"]) for item in later["items"]] == [("watch", "2")]


async def test_a_late_pause_takes_back_what_was_presumed(ana, watch):
    gap = EVENING + timedelta(seconds=100)
    first, last = play(seconds=10)[0], play(begin=100, seconds=10, at=gap)[0]
    last |= {"sequence": 2, "type": "progress"}
    await watch(ana, [first, last])
    assert (await figures(ana))["coverage_seconds"] == 100
    late = first | {"sequence": 1, "type": "pause", "position": 10}
    late["at"] = (EVENING + timedelta(seconds=10)).isoformat()
    await watch(ana, [late])
    found = await figures(ana)
    assert (found["coverage_seconds"], found["seconds_watched"]) == (10, 10)
    assert (await ana.get("/v1/users/ana/watch-time")).json()["seconds_watched"] == 10
    assert (await ana.client.get("/v1/movies/film-1/watch-time")).json()["seconds_watched"] == 10


async def test_a_clock_that_is_ahead_is_set_back(ana, watch):
    await watch(ana, play(seconds=60, at=datetime.now(UTC) + timedelta(days=400)))
    found = await figures(ana)
    assert found["seconds_watched"] == 60
    assert datetime.fromisoformat(found["last_watched_at"]) <= datetime.now(UTC)


async def test_what_was_counted_on_a_day_moves_once_the_clock_is_known_to_be_ahead(ana, context):
    day, hour = 86_400_000, 3_600_000
    began = round(EVENING.timestamp() * 1000)

    async def receive(received_at, *told):
        events = [
            PlayerEvent(session_id="tv", sequence=n, movie_id=1, kind="progress", position=position,
                        at=at, speed=1.0)
            for n, position, at in told
        ]  # fmt: skip
        batch = WatchBatchReceived(user_id=ana.id, received_at=received_at, events=events)
        async with context.database.transaction() as session:
            await add_batches(session, [batch])
            found = await session.execute(
                text("SELECT day, milliseconds FROM watch_days WHERE milliseconds > 0")
            )
            return [(str(row.day), row.milliseconds) for row in found]

    ahead = began + 2 * day
    late = await receive(ahead + hour, (0, 0, ahead), (1, 60_000, ahead + 60_000))
    assert late == [("2026-03-03", 60_000)]
    prompt = await receive(ahead + 2 * hour, (2, 60_000, ahead + 2 * day + 2 * hour))
    assert prompt == [("2026-03-01", 60_000)]
    assert (await ana.get("/v1/users/ana/watch-time")).json()["seconds_watched"] == 60


async def test_days_are_split_at_midnight(ana, watch, context):
    await watch(ana, play(seconds=120, at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC)))
    async with context.database.reading() as session:
        rows = await session.execute(text("SELECT day, milliseconds FROM watch_days ORDER BY day"))
    assert [(str(row.day), row.milliseconds) for row in rows] == [
        ("2026-03-01", 60_000),
        ("2026-03-02", 60_000),
    ]


async def test_unknown_films_are_rejected_alone_and_a_new_one_is_asked_for(ana, watch, catalog):
    catalog.movies["new"] = {"id": 9, "slug": "new", "title": "New", "runtime": 10}
    odd = play(movie="gone", seconds=10)[0]
    old = play(seconds=10)[0] | {"at": "1970-01-01T00:00:00Z"}
    body = await watch(ana, [odd, *play("s", "new", seconds=540), old])
    assert body["rejected"] == [
        {"index": 0, "code": "movie_not_found"},
        {"index": 56, "code": "at_out_of_range"},
    ]
    assert (await figures(ana, "new"))["completed"]


@pytest.mark.parametrize(
    "change",
    [
        {"position": -1},
        {"position": 1e9},
        {"position": "NaN"},
        {"at": "2026-01-01T00:00:00"},
        {"at": 12},
        {"type": "rewind"},
        {"sequence": -1},
        {"sequence": 2**31},
        {"session_id": ""},
        {"session_id": "a b"},
        {"speed": 0},
        {"movie": None},
        {"extra": 1},
    ],
)
async def test_bad_events_are_422_and_nothing_is_stored(ana, change, context):
    events = play(seconds=20)
    events[1] |= change
    answer = await ana.client.post(
        "/v1/me/watch-events", json={"events": events}, headers=ana.headers
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/events/1/")
    assert await context.redis.exists(intake.STREAM) == 0


@pytest.mark.parametrize("count", [0, 501])
async def test_batches_are_bounded(ana, count):
    events = play(seconds=10)[:1] * count
    answer = await ana.client.post(
        "/v1/me/watch-events", json={"events": events}, headers=ana.headers
    )
    assert answer.status_code == 422


async def test_503_when_it_cannot_be_stored(ana, monkeypatch, context):
    monkeypatch.setattr(intake, "FULL", 1)
    post = {"json": {"events": play(seconds=10)}, "headers": ana.headers}
    assert (await ana.client.post("/v1/me/watch-events", **post)).status_code == 202
    full = await ana.client.post("/v1/me/watch-events", **post)
    assert (full.status_code, full.headers["Retry-After"]) == (503, "10")
    assert await context.redis.xlen(intake.STREAM) == 1


async def test_503_without_redis():
    batch = WatchBatchReceived(user_id="0" * 32, received_at=0, events=[])
    with pytest.raises(Unavailable):
        await intake.take_in(Redis.from_url("unix:///no/such/redis.sock"), batch)


async def test_only_what_is_acknowledged_is_trimmed(ana, watch, consume, context):
    await watch(ana, play(seconds=10))
    await ana.client.post(
        "/v1/me/watch-events", json={"events": play("b", seconds=10)}, headers=ana.headers
    )
    await intake.trim(context)
    waiting = await context.redis.xlen(intake.STREAM)
    assert 1 <= waiting <= 2
    assert await consume() == 1
    await intake.trim(context)
    assert await context.redis.xlen(intake.STREAM) == 1  # the last one delivered


async def test_the_start_each_quarter_and_the_end_are_told(ana, watch, sink):
    for begin in range(0, 6_000, 300):
        at = EVENING + timedelta(seconds=begin)
        await watch(ana, play(f"s{begin}", begin=begin, seconds=300, at=at))
    told = [event.data for event in await sink.events(WatchProgressed)]
    assert [round(event.progress, 2) for event in told] == [0.05, 0.25, 0.5, 0.75, 0.9, 1.0]
    assert [event.completed for event in told] == [False] * 4 + [True] * 2


async def test_history_and_what_to_continue(ana, watch):
    await watch(
        ana,
        play("a", "film-1", seconds=5_400, step=20),
        play("b", "film-2", seconds=60, at=EVENING + timedelta(days=1)),
        play("c", "film-3", seconds=60, at=EVENING + timedelta(days=2)),
    )

    async def slugs(query=""):
        found = (await ana.get(f"/v1/me/history{query}")).json()
        return [item["movie"]["slug"] for item in found["items"]], found["next_cursor"]

    first, cursor = await slugs("?limit=2")
    assert first == ["film-3", "film-2"]
    assert await slugs(f"?limit=2&cursor={cursor}") == (["film-1"], None)
    assert (await slugs("?state=in_progress"))[0] == ["film-3", "film-2"]
    assert (await slugs("?state=completed"))[0] == ["film-1"]
    assert (await ana.get("/v1/me/history?state=other")).status_code == 422


async def test_watch_time_is_for_friends_unless_its_owner_says_otherwise(ana, watch, me, context):
    await watch(ana, play(seconds=60))
    bob = await me("bob")
    for path in ("watch-time", "watch-time/film-1"):
        hidden = await bob.get(f"/v1/users/ana/{path}")
        assert (hidden.status_code, hidden.json()["code"]) == (404, "watch_time_not_found")
        assert (await ana.client.get(f"/v1/users/ana/{path}")).status_code == 404
    async with context.database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO privacy_settings (user_id, ratings, activity, watch_time, stats, "
                "friends, updated_at, revision) VALUES (:id, 'public', 'public', 'public', "
                "'public', 'public', now(), 1)"
            ),
            {"id": ana.id},
        )
    assert (await figures(bob, of="ana"))["seconds_watched"] == 60


async def test_writing_needs_a_verified_member(ana, new_member):
    stranger = new_member(verified=False)
    body = {"events": play(seconds=10)}
    assert (await ana.client.post("/v1/me/watch-events", json=body)).status_code == 401
    refused = await ana.client.post("/v1/me/watch-events", json=body, headers=stranger.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "email_not_verified")


async def test_an_erased_member_leaves_nothing_and_gets_nothing_new(ana, watch, deliver, context):
    await watch(ana, play(seconds=60))
    await deliver((UserDeleted(id=ana.id), 2))
    await watch(ana, play("late", seconds=60))
    async with context.database.reading() as session:
        for table in ("watch_sessions", "watched_movies", "watch_days", "watchers"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0  # noqa: S608 - names above
    film = (await ana.client.get("/v1/movies/film-1/watch-time")).json()
    assert film == {"seconds_watched": 0, "viewers": 0, "completions": 0}


async def test_batches_of_one_member_at_once_add_up(ana, deliver):
    """Twenty consumers at once, each with one batch of the same session and another film's."""

    def received(events):
        return WatchBatchReceived(
            user_id=ana.id,
            received_at=round(EVENING.timestamp() * 1000) + 10_000_000,
            events=[
                {
                    "session_id": e["session_id"],
                    "sequence": e["sequence"],
                    "movie_id": int(e["movie"][-1]),
                    "kind": e["type"],
                    "position": e["position"] * 1000,
                    "at": round(datetime.fromisoformat(e["at"]).timestamp() * 1000),
                }
                for e in events
            ],
        )

    whole = play(seconds=1_000)
    other = play("other", "film-2", seconds=1_000, at=EVENING + timedelta(hours=1))
    batches = [received(whole[n::20] + other[n::20]) for n in range(20)]
    await asyncio.gather(*(deliver((batch, 0)) for batch in batches))
    assert (await figures(ana))["seconds_watched"] == 1_000
    assert (await ana.get("/v1/users/ana/watch-time")).json()["seconds_watched"] == 2_000
    film = (await ana.client.get("/v1/movies/film-1/watch-time")).json()
    assert film == {"seconds_watched": 1000, "viewers": 1, "completions": 0}


async def test_a_member_takes_their_watch_time_along(ana, watch, context):
    await watch(ana, play(seconds=60))
    async with context.database.snapshot() as session:
        exported = [row async for row in WATCH_TIME.export(session, ana.id)]
    assert [(row["movie"], row["seconds_watched_of_movie"]) for row in exported] == [
        ("film-1", 60.0)
    ]
    assert orjson.dumps(exported)
