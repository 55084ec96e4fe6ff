"""Watch time against players that are simulated: whatever arrives when, what ran is what counts.

Each player has a clock of its own, plays, stalls, seeks and stops, and what it tells is brought
late, again and in any order. At every moment the figures are those of the events that have
arrived; in the end they are what the players really showed.
"""

import asyncio
from datetime import date
from itertools import pairwise

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from marquee_shared.events.social import PlayerEvent as ReceivedEvent
from marquee_shared.events.social import WatchBatchReceived
from marquee_shared.testing.plugin import new_uuid
from marquee_social.watch_time.service import add_batches
from marquee_social.watch_time.timeline import PlayerEvent, extend, watched

SECOND, DAY = 1_000, 86_400_000
EPOCH = date(1970, 1, 1)
SHORTLY_BEFORE_MIDNIGHT = 20_000 * DAY - 50 * SECOND
RUNTIME = 60 * SECOND
FILMS = {"tv": 1, "phone": 1, "tablet": 2}
SKEWS = {"tv": 0, "phone": 45 * SECOND, "tablet": -25 * SECOND}
some_player = st.sampled_from(sorted(FILMS))


def seconds(spans, back=0):
    """The seconds of these stretches, each once; none begins or ends within one."""
    return {second - back for began, ended in spans for second in range(began, ended, SECOND)}


class Player:
    """A device that shows one film and tells of it."""

    def __init__(self, name):
        self.name, self.skew = name, SKEWS[name]
        self.running, self.position, self.speed = False, 0, 1.0
        self.told = []
        self.film, self.clock = set(), set()

    def tell(self, kind, now):
        event = PlayerEvent(len(self.told), kind, self.position, now + self.skew, self.speed)
        self.told.append(event)
        return self.name, event

    def play(self, length, now):
        shown = round(length * self.speed)
        self.film |= seconds([(self.position, self.position + shown)])
        self.clock |= seconds([(now + self.skew, now + self.skew + length)])
        self.position += shown


class Players(RuleBasedStateMachine):
    """Three players of one member; a subclass says where events go and what comes of them."""

    def __init__(self):
        super().__init__()
        self.now = SHORTLY_BEFORE_MIDNIGHT
        self.players = {name: Player(name) for name in FILMS}
        self.waiting, self.sent = [], []
        self.arrived = {name: {} for name in FILMS}
        self.known_skew = dict.fromkeys(FILMS, 0)
        self.start_or_end("tv")

    def take(self, received):
        raise NotImplementedError

    def check(self):
        raise NotImplementedError

    def tell(self, name, kind="progress"):
        self.waiting.append(self.players[name].tell(kind, self.now))

    @rule(name=some_player)
    def start_or_end(self, name):
        player = self.players[name]
        self.tell(name, "pause" if player.running else "start")
        player.running = not player.running

    @rule(names=st.sets(some_player, min_size=1), tens=st.integers(1, 4))
    def play(self, names, tens):
        for name in sorted(names):
            if self.players[name].running:
                self.players[name].play(tens * 10 * SECOND, self.now)
        self.pass_time(tens * 10)  # for the others too, who stall

    def pass_time(self, length):
        self.now += length * SECOND
        for name, player in self.players.items():
            if player.running:
                self.tell(name)

    @rule(name=some_player, to=st.integers(0, 9), waits=st.sampled_from([0, 2]))
    def seek(self, name, to, waits):
        player = self.players[name]
        if abs(to * 10 * SECOND - player.position) < 10 * SECOND:
            return
        player.position = to * 10 * SECOND
        self.pass_time(waits)

    @rule(name=some_player, speed=st.sampled_from([0.5, 1.0, 2.0]))
    def change_speed(self, name, speed):
        self.players[name].speed = speed
        if self.players[name].running:
            self.tell(name)

    @rule(name=some_player, by=st.sampled_from([-40, -10, 15, 70]))
    def set_clock(self, name, by):
        self.players[name].skew += by * SECOND
        if self.players[name].running:
            self.tell(name)

    @rule(name=some_player)
    def stop(self, name):
        self.players[name].running = False
        self.tell(name, "stop")

    @precondition(lambda self: self.waiting or self.sent)
    @rule(data=st.data())
    def bring(self, data):
        batches = data.draw(st.integers(1, 2))
        self.deliver(*(self.some_of(data) for _ in range(batches)))

    def some_of(self, data):
        new = (
            data.draw(st.lists(st.sampled_from(self.waiting), unique=True)) if self.waiting else []
        )
        again = data.draw(st.lists(st.sampled_from(self.sent), max_size=3)) if self.sent else []
        for event in new:
            self.waiting.remove(event)
        self.sent += new
        return data.draw(st.permutations(new + again))

    def deliver(self, *batches):
        batches = [batch for batch in batches if batch]
        if not batches:
            return
        for name, event in (event for batch in batches for event in batch):
            self.arrived[name][event.sequence] = event
            self.known_skew[name] = max(self.known_skew[name], event.at - self.now)
        self.take(batches)
        self.check()

    def stretches(self, name):
        ordered = [event for _, event in sorted(self.arrived[name].items())]
        return [found for pair in pairwise(ordered) if (found := watched(*pair))]

    def teardown(self):
        self.deliver(self.waiting[::-2], self.sent[::3])
        self.deliver(self.waiting)
        for name, player in self.players.items():
            stretches = self.stretches(name)
            assert seconds(s.film for s in stretches) == player.film
            assert seconds(s.clock for s in stretches) == player.clock


class InMemory(Players):
    """Timelines alone."""

    def __init__(self):
        super().__init__()
        self.runs = {name: [] for name in FILMS}
        self.settled = {name: [] for name in FILMS}
        self.presumed = {name: [] for name in FILMS}

    def take(self, batches):
        for batch in batches:
            for name in {name for name, _ in batch}:
                events = [event for whose, event in batch if whose == name]
                known = extend(self.runs[name], events)
                self.runs[name], self.presumed[name] = known.runs, known.presumed
                self.settled[name] += known.settled

    def check(self):
        for name in FILMS:
            found, expected = self.settled[name] + self.presumed[name], self.stretches(name)
            assert seconds(s.film for s in found) == seconds(s.film for s in expected)
            assert seconds(s.clock for s in found) == seconds(s.clock for s in expected)

    def teardown(self):
        super().teardown()
        for name, player in self.players.items():
            assert len(self.runs[name]) == min(1, len(player.told))
            assert not self.presumed[name]


def test_timelines_are_what_players_showed():
    run_state_machine_as_test(
        InMemory,
        settings=settings(max_examples=50, stateful_step_count=30, deadline=None, derandomize=True),
    )


PAIRS = text(
    "SELECT movie_id, milliseconds, coverage, last_position, completed_at IS NOT NULL AS completed "
    "FROM watched_movies WHERE user_id = :user_id"
)
DAYS = text(
    "SELECT day, milliseconds FROM watch_days WHERE user_id = :user_id AND milliseconds > 0"
)
TOTAL = text("SELECT milliseconds FROM watchers WHERE user_id = :user_id")
FILM_TOTALS = text(
    "SELECT t.milliseconds = sum(w.milliseconds) AND t.viewers = count(*) "
    "AND t.completions = count(w.completed_at) FROM movie_watch_totals t "
    "JOIN watched_movies w USING (movie_id) GROUP BY t.movie_id"
)


class Stored(Players):
    """What the consumer makes of it in the database."""

    def __init__(self):
        super().__init__()
        self.member = new_uuid()

    def wait(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def take(self, batches):
        self.wait(self.add([self.batch(batch) for batch in batches]))

    def batch(self, events):
        received = [
            ReceivedEvent(session_id=name, movie_id=FILMS[name], **event._asdict())
            for name, event in events
        ]
        return WatchBatchReceived(user_id=self.member, received_at=self.now, events=received)

    async def add(self, batches):
        async with self.database.transaction() as session:
            await add_batches(session, batches)

    async def read(self):
        async with self.database.reading() as session:
            values = {"user_id": self.member}
            pairs = (await session.execute(PAIRS, values)).all()
            days = (await session.execute(DAYS, values)).all()
            return pairs, days, await session.scalar(TOTAL, values)

    def check(self):
        begun = [name for name in FILMS if self.arrived[name]]
        film, clock, newest = {}, {}, {}
        for name in begun:
            movie, stretches = FILMS[name], self.stretches(name)
            film.setdefault(movie, set()).update(seconds(s.film for s in stretches))
            ran = seconds((s.clock for s in stretches), back=self.known_skew[name])
            clock.setdefault(movie, set()).update(ran)
            last_at = max(event.at for event in self.arrived[name].values())
            position = self.arrived[name][max(self.arrived[name])].position
            # of two that ended together the first name counts
            rank = (self.known_skew[name] - last_at, name)
            newest[movie] = min(newest.get(movie, (rank, position)), (rank, position))
        covered = {movie: sum(s < RUNTIME for s in held) * SECOND for movie, held in film.items()}
        pairs, days, total = self.wait(self.read())
        assert {(row.movie_id, *row[1:]) for row in pairs} == {
            (movie, len(clock[movie]) * SECOND, covered[movie], newest[movie][1],
             covered[movie] >= 0.9 * RUNTIME)
            for movie in film
        }  # fmt: skip
        ran = set().union(*clock.values())
        assert total == len(ran) * SECOND
        expected = {}
        for second in ran:
            expected[second // DAY] = expected.get(second // DAY, 0) + SECOND
        assert {(row.day - EPOCH).days: row.milliseconds for row in days} == expected


async def test_stored_watch_time_is_what_players_showed(deliver, film, database):
    await deliver(*((film(number, runtime=1), 1) for number in (1, 2)))
    fixtures = {"loop": asyncio.get_running_loop(), "database": database}
    await asyncio.to_thread(
        run_state_machine_as_test,
        type("BoundStored", (Stored,), fixtures),
        settings=settings(
            max_examples=35,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # shrinking would replay it for minutes
        ),
    )
    async with database.reading() as session:
        assert set(await session.scalars(FILM_TOTALS)) == {True}
