import asyncio
from typing import Any

import pytest

from marquee_gateway.cache.entry import Entry
from marquee_gateway.cache.memory import MemoryCache
from marquee_gateway.cache.purges import MOST_TAGS, PurgeLog
from marquee_shared.events.catalog import MovieRatingChanged

MOVIE = "/v1/movies/dune"


def outcome(answer: Any) -> str:
    return str(answer.headers.get("cache-status", "none"))


class Film:
    """A film whose version grows; an upstream's answer to `MOVIE`."""

    def __init__(self, upstream: Any, **headers: str) -> None:
        self.version = 1
        self.gate: asyncio.Event | None = None
        self._upstream = upstream
        self._headers = {"cache-tag": "movie:42,movies", **headers}
        upstream.answers(MOVIE, self.read)

    async def read(self, _: Any) -> Any:
        body = f"version {self.version}".encode()
        return self._upstream.reply(body=body, headers=self._headers, hold=self.gate)

    @property
    def reads(self) -> int:
        return len(self._upstream.received(MOVIE))


def purging_write(upstream: Any, film: Film, tags: str = "movie:42") -> None:
    async def write(_: Any) -> Any:
        film.version += 1
        return upstream.reply(status=200, headers={"cache-purge": tags})

    upstream.answers("/v1/movies/dune/rating", write)


@pytest.fixture
def editor(token: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token()}"}


async def test_a_public_read_is_fetched_once(gateway: Any, upstream: Any) -> None:
    film = Film(upstream, etag='"7"')
    answers = [await gateway.client.get(MOVIE) for _ in range(3)]
    assert [outcome(a) for a in answers] == ["marquee; fwd=miss"] + ["marquee; hit"] * 2
    assert {a.text for a in answers} == {"version 1"}
    assert {a.headers["etag"] for a in answers} == {'"7"'}
    assert film.reads == 1
    assert len({a.headers["x-request-id"] for a in answers}) == 3


async def test_it_is_fetched_without_the_caller(gateway: Any, upstream: Any, token: Any) -> None:
    film = Film(upstream)
    headers = {
        "Authorization": f"Bearer {token(language='fr')}",
        "Cookie": "a=b",
        "X-Forwarded-Host": "evil.example",
        "X-Anything": "poison",
        "User-Agent": "poison",
        "Origin": "https://evil.example",
    }
    await gateway.client.get(MOVIE, headers=headers)
    sent = upstream.received(MOVIE)[0].headers
    assert set(sent) == {
        "host", "accept", "accept-language", "x-request-id", "traceparent", "marquee-deadline-ms",
    }  # fmt: skip
    assert sent["accept-language"] == "fr"
    assert film.reads == 1


async def test_languages_are_kept_apart(gateway: Any, upstream: Any, token: Any) -> None:
    film = Film(upstream)
    german = {"Authorization": f"Bearer {token(language='de')}"}
    for headers in ({}, {"Accept-Language": "xx"}, {"Accept-Language": "en-GB,fr;q=0.3"}):
        await gateway.client.get(MOVIE, headers=headers)
    assert film.reads == 1
    await gateway.client.get(MOVIE, headers={"Accept-Language": "fr"})
    await gateway.client.get(MOVIE, headers=german)
    await gateway.client.get(MOVIE, headers={"Accept-Language": "de-AT"})
    await gateway.client.get(f"{MOVIE}?lang=de")
    sent = [r.headers["accept-language"] for r in upstream.received(MOVIE)]
    assert sent == ["en", "fr", "de", "de"]


async def test_queries_are_kept_apart(gateway: Any, upstream: Any) -> None:
    upstream.answers("/v1/movies", body=b"[]")
    for query in ("?genre=drama", "?genre=comedy", "?genre=drama", ""):
        await gateway.client.get(f"/v1/movies{query}")
    targets = [r.target for r in upstream.received("/v1/movies")]
    assert targets == ["/v1/movies?genre=drama", "/v1/movies?genre=comedy", "/v1/movies"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Set-Cookie": "a=b"},
        {"Cache-Control": "private"},
        {"Cache-Control": "no-store"},
        {"Vary": "Cookie"},
        {"Vary": "*"},
    ],
)
async def test_what_is_for_one_caller_is_never_kept(
    gateway: Any, upstream: Any, headers: dict[str, str]
) -> None:
    seen = 0

    async def personal(_: Any) -> Any:
        nonlocal seen
        seen += 1
        return upstream.reply(body=str(seen).encode(), headers=headers)

    upstream.answers(MOVIE, personal)
    answers = await asyncio.gather(*(gateway.client.get(MOVIE) for _ in range(4)))
    assert len({answer.text for answer in answers}) == 4, "nobody is given another's answer"
    assert {outcome(answer) for answer in answers} == {"none"}


async def test_personal_routes_and_errors_are_not_kept(
    gateway: Any, upstream: Any, token: Any
) -> None:
    upstream.answers("/v1/users/a", headers={"cache-control": "public, max-age=60"})
    upstream.answers("/v1/movies/gone", status=404)
    for _ in range(2):
        assert outcome(await gateway.client.get("/v1/users/a")) == "none"
        assert (await gateway.client.get("/v1/movies/gone")).status_code == 404
    assert len(upstream.received("/v1/users/a")) == 2
    assert len(upstream.received("/v1/movies/gone")) == 2
    answer = await gateway.client.get("/v1/me", headers={"Authorization": f"Bearer {token()}"})
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_identical_reads_in_flight_are_one(gateway: Any, upstream: Any) -> None:
    film = Film(upstream)
    film.gate = asyncio.Event()
    first = asyncio.create_task(gateway.client.get(MOVIE))
    await upstream.until(MOVIE)
    others = [asyncio.create_task(gateway.client.get(MOVIE)) for _ in range(20)]
    first.cancel()
    await asyncio.sleep(0.1)
    film.gate.set()
    assert {answer.text for answer in await asyncio.gather(*others)} == {"version 1"}
    assert film.reads == 1, "and it goes on when the one who set it off has left"


async def test_a_failed_fetch_is_everyones_failure_and_nobodys_later(
    gateway: Any, upstream: Any
) -> None:
    gate = asyncio.Event()
    upstream.answers(MOVIE, hold=gate, raw=b"", close=True)
    waiting = [asyncio.create_task(gateway.client.get(MOVIE)) for _ in range(5)]
    await upstream.until(MOVIE)
    gate.set()
    assert {a.status_code for a in await asyncio.gather(*waiting)} == {502}
    upstream.answers(MOVIE, body=b"well again")
    assert (await gateway.client.get(MOVIE)).text == "well again"


async def test_an_author_reads_their_own_write(
    gateway: Any, upstream: Any, editor: dict[str, str]
) -> None:
    film = Film(upstream)
    purging_write(upstream, film)
    for version in range(1, 6):
        assert (await gateway.client.get(MOVIE)).text == f"version {version}"
        written = await gateway.client.put("/v1/movies/dune/rating", headers=editor)
        assert "cache-purge" not in written.headers
    assert film.reads == 5


async def test_a_purge_leaves_other_answers_alone(
    gateway: Any, upstream: Any, editor: dict[str, str]
) -> None:
    film = Film(upstream)
    upstream.answers("/v1/movies/alien", headers={"cache-tag": "movie:7,movies"})
    purging_write(upstream, film)
    for path in (MOVIE, "/v1/movies/alien"):
        await gateway.client.get(path)
    await gateway.client.put("/v1/movies/dune/rating", headers=editor)
    assert outcome(await gateway.client.get("/v1/movies/alien")) == "marquee; hit"
    assert outcome(await gateway.client.get(MOVIE)) == "marquee; fwd=miss"


async def test_an_answer_overtaken_by_a_purge_is_not_kept(
    gateway: Any, upstream: Any, editor: dict[str, str]
) -> None:
    film = Film(upstream)
    purging_write(upstream, film)
    film.gate = gate = asyncio.Event()
    early = asyncio.create_task(gateway.client.get(MOVIE))
    await upstream.until(MOVIE)
    await gateway.client.put("/v1/movies/dune/rating", headers=editor)
    late = asyncio.create_task(gateway.client.get(MOVIE))
    await asyncio.sleep(0.1)
    film.gate = None
    gate.set()
    assert (await early).text == "version 1", "it had asked before the write"
    assert (await late).text == "version 2", "who asks after the write must not join the old fetch"
    assert (await gateway.client.get(MOVIE)).text == "version 2", "and the old answer is not kept"


async def test_replicas_share_answers_and_purges(
    start_gateway: Any, upstream: Any, editor: dict[str, str]
) -> None:
    film = Film(upstream)
    purging_write(upstream, film)
    one, other = [await start_gateway() for _ in range(2)]
    assert (await one.client.get(MOVIE)).text == "version 1"
    async with asyncio.timeout(2):  # it is shared just after it was answered
        while outcome(await one.client.get(MOVIE)) != "marquee; hit":
            pass
    assert (await other.client.get(MOVIE)).text == "version 1"
    assert film.reads == 1
    await one.client.put("/v1/movies/dune/rating", headers=editor)
    async with asyncio.timeout(2):
        while (await other.client.get(MOVIE)).text != "version 2":
            await asyncio.sleep(0.005)
    assert (await one.client.get(MOVIE)).text == "version 2"


async def test_an_answer_overtaken_by_another_replicas_purge_is_not_shared(
    start_gateway: Any, upstream: Any, editor: dict[str, str], redis: Any
) -> None:
    film = Film(upstream)
    purging_write(upstream, film)
    one, other = [await start_gateway() for _ in range(2)]
    film.gate = gate = asyncio.Event()
    early = asyncio.create_task(one.client.get(MOVIE))
    await upstream.until(MOVIE)
    await other.client.put("/v1/movies/dune/rating", headers=editor)
    film.gate = None
    gate.set()
    assert (await early).text == "version 1"
    for gateway in (one, other, one):
        assert (await gateway.client.get(MOVIE)).text == "version 2"
    async with asyncio.timeout(2):
        while not (kept := await redis.keys("cache:answer:*")):
            await asyncio.sleep(0.005)
    assert b"version 2" in await redis.hget(kept[0], "answer")


async def test_events_purge_in_every_replica(
    start_gateway: Any, upstream: Any, publish: Any
) -> None:
    film = Film(upstream)
    gateways = [await start_gateway() for _ in range(2)]
    for gateway in gateways:
        await gateway.client.get(MOVIE)
    film.version = 2
    await publish(MovieRatingChanged(id=42, slug="dune", average=4.0, count=1))
    for gateway in gateways:
        async with asyncio.timeout(2):
            while (await gateway.client.get(MOVIE)).text != "version 2":
                await asyncio.sleep(0.005)


@pytest.mark.parametrize("left", [0, 1])
async def test_events_lost_by_trimming_flush_everything(
    start_gateway: Any, upstream: Any, publish: Any, redis: Any, left: int
) -> None:
    film = Film(upstream)
    await publish(MovieRatingChanged(id=7, slug="alien", average=4.0, count=1))
    gateway = await start_gateway()
    await gateway.client.get(MOVIE)
    film.version = 2
    # What is added in one transaction with its trimming can be seen by no reader.
    async with redis.pipeline(transaction=True) as together:
        for _ in range(3):
            together.xadd("events:catalog:movie", {"event": b"{}"})
        together.xtrim("events:catalog:movie", maxlen=left, approximate=False)
        together.client_kill_filter(_type="normal", skipme=True)
        await together.execute()
    async with asyncio.timeout(10):
        while (await gateway.client.get(MOVIE)).text != "version 2":
            await asyncio.sleep(0.02)


async def test_without_redis_answers_are_kept_for_a_moment_only(
    start_gateway: Any, upstream: Any, editor: dict[str, str]
) -> None:
    film = Film(upstream)
    purging_write(upstream, film)
    gateway = await start_gateway(redis_url="redis://127.0.0.1:9/0")
    assert (await gateway.client.get(MOVIE)).text == "version 1"
    assert outcome(await gateway.client.get(MOVIE)) == "marquee; hit"
    await gateway.client.put("/v1/movies/dune/rating", headers=editor)
    assert (await gateway.client.get(MOVIE)).text == "version 2"
    film.version = 3  # changed by someone else, whom we cannot hear
    async with asyncio.timeout(3):
        while (await gateway.client.get(MOVIE)).text != "version 3":
            await asyncio.sleep(0.02)


async def test_large_answers_pass_by_the_cache(gateway: Any, upstream: Any) -> None:
    upstream.answers(MOVIE, body=b"x" * 3_000_000, headers={"cache-tag": "movie:42"})
    for _ in range(2):
        answer = await gateway.client.get(MOVIE)
        assert len(answer.content) == 3_000_000
        assert outcome(answer) == "none"


def entry(size: int, *tags: bytes) -> Entry:
    return Entry(
        status=200, lines=b"", etag=b'"x"', body=b"x" * size, tags=frozenset(tags), expires_at=10
    )


def test_memory_is_bounded_by_bytes_and_drops_the_least_used() -> None:
    memory = MemoryCache(10_000)
    for name in (b"a", b"b", b"c"):
        memory.put(name, entry(2_500, b"t"))
    assert memory.get(b"a", 0) is not None
    memory.put(b"d", entry(2_500))
    assert memory.bytes <= 10_000
    assert memory.get(b"b", 0) is None
    assert memory.get(b"a", 0) is not None
    memory.put(b"huge", entry(50_000))
    assert memory.get(b"huge", 0) is None
    assert memory.get(b"a", 11) is None, "too old"
    memory.purge([b"t"])
    assert memory.get(b"c", 0) is None
    assert len(memory) == 1


def test_a_purge_log_that_forgets_takes_everything_as_purged() -> None:
    log = PurgeLog()
    began = log.now
    assert not log.any_since([b"movie:1"], began)
    log.note(b"%d" % n for n in range(MOST_TAGS + 1))
    assert log.any_since([b"movie:1"], began)
    assert not log.any_since([b"movie:1"], log.now)
