"""Delivery: nothing lost, nothing doubled, whatever dies. Real processes are really killed."""

import asyncio
import signal

import psutil
import pytest
from example.service import Note, NoteUpdated
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from worker_process import until, worker

from marquee_shared.database import Database, is_out_of_reach
from marquee_shared.events import parse
from marquee_shared.outbox import publish
from marquee_shared.outbox.consumer import Consumer
from marquee_shared.outbox.dead_letters import list_dead_letters, retry_dead_letters
from marquee_shared.outbox.relay import Relay
from marquee_shared.testing.plugin import as_event, as_message
from marquee_shared.worker import supervised

STREAM = "events:example:note"


async def write_notes(database, count, *, title="note"):
    for number in range(count):
        async with database.transaction() as session:
            note = Note(title=f"{title} {number}")
            session.add(note)
            await session.flush()
            await publish(session, NoteUpdated(id=note.id, title=note.title), note.revision)


async def rename(database, note_id, title):
    async with database.transaction() as session:
        note = await session.get(Note, note_id, with_for_update=True)
        note.title = title
        note.revision += 1
        await publish(session, NoteUpdated(id=note.id, title=title), note.revision)


async def tables_agree(database):
    async with database.reading() as session:
        notes = (await session.execute(text("SELECT id, title, revision FROM notes"))).all()
        copies = (await session.execute(text("SELECT id, title, revision FROM copies"))).all()
    return sorted(notes) == sorted(copies)


async def stream_ids(redis):
    return [parse(fields[b"event"]).id for _, fields in await redis.xrange(STREAM)]


async def published(database):
    async with database.reading() as session:
        return list(await session.scalars(text("SELECT id FROM outbox ORDER BY seq")))


class Running:
    """A relay and a consumer as tasks of the test's own process."""

    def __init__(self, settings, database, redis, service, **options):
        self.relay = Relay("example", settings.database_url, "example", redis, **options)
        self.consumer = Consumer(
            "example", database, redis, service.handlers, claim_idle_milliseconds=50
        )
        database.on_published = self.relay.wake
        self._parts = [self.relay.run, self.consumer.run]
        self._tasks = []

    async def __aenter__(self):
        self._tasks = [asyncio.create_task(supervised("part", run)) for run in self._parts]
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def test_published_events_arrive_once_and_in_order(settings, database, redis, service):
    async with Running(settings, database, redis, service):
        await write_notes(database, 50)
        await until(lambda: tables_agree(database))
    assert await stream_ids(redis) == await published(database)


async def test_rows_that_commit_late_are_not_missed(settings, database, redis, service):
    """A transaction with a lower seq that commits after a higher one was relayed."""
    async with Running(settings, database, redis, service):
        async with database.transaction() as late:
            note = Note(title="late")
            late.add(note)
            await late.flush()
            await publish(late, NoteUpdated(id=note.id, title="late"), 1)
            await write_notes(database, 3)

            async def three_relayed():
                return await redis.xlen(STREAM) == 3

            await until(three_relayed)
        await until(lambda: tables_agree(database))
    assert sorted(await stream_ids(redis)) == sorted(await published(database))


@pytest.mark.parametrize("crash", ["relay_before_add", "relay_before_mark", "consumer_before_ack"])
async def test_kill_at_the_worst_moment_loses_and_doubles_nothing(settings, database, redis, crash):
    await write_notes(database, 20)
    async with worker(settings, crash=crash) as dying:
        assert await asyncio.wait_for(dying.wait(), 30) == -signal.SIGKILL
    async with worker(settings):
        await until(lambda: tables_agree(database))
    assert await stream_ids(redis) == await published(database)
    async with database.reading() as session:
        assert await session.scalar(text("SELECT max(seen) FROM copies")) == 1


async def test_redis_that_lost_everything_is_filled_again(settings, database, redis, service):
    async with Running(settings, database, redis, service):
        await write_notes(database, 10)
        await until(lambda: tables_agree(database))
        await redis.flushall()
        await write_notes(database, 5, title="after")
        await until(lambda: tables_agree(database))

        async def complete():
            return await stream_ids(redis) == await published(database)

        await until(complete)
    async with database.reading() as session:
        assert await session.scalar(text("SELECT max(seen) FROM copies")) == 1


async def test_redis_behind_the_database_gets_the_rest_again(settings, database, redis, service):
    async with Running(settings, database, redis, service):
        await write_notes(database, 4)
        await until(lambda: tables_agree(database))
    saved = await redis.dump(STREAM)
    async with Running(settings, database, redis, service):
        await write_notes(database, 4, title="lost")
        await until(lambda: tables_agree(database))
    await redis.restore(STREAM, 0, saved, replace=True)
    async with Running(settings, database, redis, service):

        async def complete():
            return await stream_ids(redis) == await published(database)

        await until(complete)


async def test_database_behind_redis_raises_the_epoch(settings, database, redis, service):
    """The database was restored from a backup: revisions start again below what others hold."""
    async with Running(settings, database, redis, service):
        await write_notes(database, 1)
        await rename(database, 1, "second")
        await rename(database, 1, "lost by the restore")
        await until(lambda: tables_agree(database))
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM outbox WHERE revision > 1"))
        await session.execute(text("UPDATE relay_state SET batch_no = 1"))
        await session.execute(text("UPDATE notes SET title = 'note 0', revision = 1"))
    async with Running(settings, database, redis, service):
        await rename(database, 1, "after the restore")
        await until(lambda: tables_agree(database))
    async with database.reading() as session:
        copy = (await session.execute(text("SELECT title, epoch, revision FROM copies"))).one()
    assert tuple(copy) == ("after the restore", 2, 2)


async def test_duplicates_and_reverse_order_do_no_harm(database, deliver):
    events = [(NoteUpdated(id=1, title=f"version {number}"), number) for number in range(1, 6)]
    await deliver(*reversed(events))
    await deliver(*events)
    async with database.reading() as session:
        copy = (await session.execute(text("SELECT title, revision FROM copies"))).one()
    assert tuple(copy) == ("version 5", 5)


async def test_same_event_twice_has_one_effect(database, context, service):

    event = as_event(NoteUpdated(id=1, title="once"), 1)
    consumer = Consumer("example", database, context.redis, service.handlers)
    await asyncio.gather(*(consumer.handle([event, event]) for _ in range(5)))
    async with database.reading() as session:
        assert await session.scalar(text("SELECT seen FROM copies")) == 1
        assert await session.scalar(text("SELECT count(*) FROM inbox")) == 1


async def test_poison_is_buried_and_the_rest_goes_on(settings, database, redis, service):
    async with Running(settings, database, redis, service) as running:
        await write_notes(database, 2)
        await rename(database, 1, "poison")
        await redis.xadd(STREAM, {"event": b"not json"}, id="999999-1")
        await write_notes(database, 2, title="after")

        async def buried():
            await running.consumer.claim_abandoned()
            async with database.reading() as session:
                return len(await list_dead_letters(session)) == 2

        await until(buried)
    async with database.reading() as session:
        letters = await list_dead_letters(session)
        copied = await session.scalar(text("SELECT count(*) FROM copies"))
    by_error = {letter.error.split(":", 1)[0]: letter for letter in letters}
    assert by_error["ValueError"].deliveries == 5
    assert "MalformedEvent" in by_error
    assert copied >= 2


async def test_dead_letter_is_put_back_by_hand_once(database, service):
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO dead_letters (consumer, stream, entry_id, event, error, deliveries) "
                "VALUES ('example', 'x', '1-1', :event, 'ValueError: was down', 5)"
            ),
            {"event": as_message(NoteUpdated(id=5, title="mended"), 1).decode()},
        )
    first = await retry_dead_letters(database, "example", service.handlers, [1])
    again = await retry_dead_letters(database, "example", service.handlers, [1])
    assert (first[1], again[1]) == (None, "no such dead letter waits")
    async with database.reading() as session:
        assert await session.scalar(text("SELECT title FROM copies WHERE id = 5")) == "mended"


async def test_second_consumer_takes_over_what_a_dead_one_left(database, redis, service):
    for stream in service.handlers.streams:
        await redis.xgroup_create(stream, "example", id="0", mkstream=True)
    for note_id in (3, 4):
        message = as_message(NoteUpdated(id=note_id, title="left behind"), 1)
        await redis.xadd(STREAM, {"event": message})
    await redis.xreadgroup("example", "dead", {STREAM: ">"})
    first = (await redis.xrange(STREAM, count=1))[0][0]
    await redis.xdel(STREAM, first)  # trimmed while pending: Redis 6.2 answers (nil, nil)
    consumer = Consumer("example", database, redis, service.handlers, claim_idle_milliseconds=0)
    assert await consumer.claim_abandoned() == 1
    pending = await redis.xpending(STREAM, "example")
    assert pending["pending"] == 0


async def relayed(database):
    async with database.reading() as session:
        return not await session.scalar(
            text("SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)")
        )


@pytest.fixture
async def leading(settings, database, redis):
    relay = Relay("example", settings.database_url, "example", redis, max_length=20)
    database.on_published = relay.wake
    task = asyncio.create_task(supervised("relay", relay.run))
    yield relay
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_trim_keeps_what_a_group_still_needs(database, redis, leading):
    for group in ("slow", "quick"):
        await redis.xgroup_create(STREAM, group, id="0", mkstream=True)
    for _ in range(6):
        await write_notes(database, 20)
        await until(lambda: relayed(database))
        await leading.trim()
    assert await redis.xlen(STREAM) == 120  # neither group has read anything
    for group in ("slow", "quick"):
        entries = (await redis.xreadgroup(group, "c", {STREAM: ">"}))[0][1]
        await redis.xack(STREAM, group, *(entry for entry, _ in entries))
    await write_notes(database, 150)
    await until(lambda: relayed(database))
    await leading.trim()
    kept = await stream_ids(redis)
    assert 20 <= len(kept) < 270
    assert kept == (await published(database))[-len(kept) :]


async def test_concurrent_relays_do_not_double(settings, database, redis):
    relays = [Relay("example", settings.database_url, "example", redis) for _ in range(3)]
    tasks = [asyncio.create_task(supervised("relay", relay.run)) for relay in relays]
    try:
        await write_notes(database, 30)
        await until(lambda: relayed(database))
        tasks[0].cancel()
        await write_notes(database, 30, title="after")
        await until(lambda: relayed(database))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert await stream_ids(redis) == await published(database)


async def test_outage_of_postgres_only_delays(postgres, settings, database, redis, service):
    async with Running(settings, database, redis, service):
        await write_notes(database, 5)
        await until(lambda: tables_agree(database))
        await postgres.kill()
        failures = 0
        try:
            await write_notes(database, 1)
        except Exception:  # noqa: BLE001 - whatever it is, nothing was written
            failures += 1
        await postgres.start()
        await write_notes(database, 5, title="after")
        await until(lambda: tables_agree(database))
    assert failures == 1
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM notes")) == 10


async def test_bulk_is_taken_in_transactions_of_bounded_size(settings, database, redis, service):
    """Twenty messages of half a megabyte: five transactions, not one of ten megabytes."""
    for number in range(1, 21):
        message = as_message(NoteUpdated(id=number, title="x" * 500_000), 1)
        await redis.xadd(STREAM, {"event": message}, id=f"1-{number}")
    sizes = []
    consumer = Consumer("example", database, redis, service.handlers)
    handle = consumer.handle

    async def noting(events):
        sizes.append(len(events))
        await handle(events)

    consumer.handle = noting
    task = asyncio.create_task(consumer.run())

    async def all_taken():
        return sum(sizes) == 20

    await until(all_taken)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert max(sizes) <= 4


async def test_frozen_postgres_is_not_waited_for_without_end(
    postgres, settings, service, monkeypatch
):
    """The server cannot keep its own statement timeout while it is stopped: ours ends the wait."""
    monkeypatch.setattr("marquee_shared.database.ANSWER_SECONDS", 0.2)
    bounded = settings.model_copy(update={"statement_timeout": 0.3})
    database = Database(bounded, "example")
    async with database.reading() as session:
        await session.execute(text("SELECT 1"))
    parent = psutil.Process(postgres.process.pid)
    frozen = [parent, *parent.children(recursive=True)]
    for process in frozen:
        process.suspend()

    async def ask():
        async with database.reading() as session:
            await session.execute(text("SELECT 1"))

    try:
        async with asyncio.timeout(20) as patience:
            with pytest.raises((OSError, DBAPIError)) as caught:
                await ask()
        assert not patience.expired()
        assert is_out_of_reach(caught.value)
    finally:
        for process in frozen:
            process.resume()
    await database.close()
