"""Friendships against a plain model, over random sequences, and by both sides at once."""

import asyncio
from itertools import combinations, count

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from marquee_shared.events.social import (
    BlockRemoved,
    BlockSet,
    FriendshipRemoved,
    FriendshipSet,
)

KINDS = (FriendshipSet, FriendshipRemoved, BlockSet, BlockRemoved)
PEOPLE = 3
numbers = count()
someone = st.integers(0, PEOPLE - 1)
what = st.sampled_from(["ask", "refuse", "unfriend", "block", "unblock"])


def request_of(member):
    return f"/v1/users/{member.username}/friend-request"


async def act(what, me, other):
    match what:
        case "ask":
            return await me.put(request_of(other))
        case "refuse":
            return await me.delete(request_of(other))
        case "unfriend":
            return await me.delete(f"/v1/me/friends/{other.username}")
        case "block":
            return await me.put(f"/v1/me/blocks/{other.username}")
        case "unblock":
            return await me.delete(f"/v1/me/blocks/{other.username}")


class Pairs:
    """What members are to each other, plainly."""

    def __init__(self):
        self.asked, self.friends, self.blocked = set(), set(), set()

    def act(self, what, me, other):
        """Do it, and return the status that answers."""
        if me == other:
            return 422
        mine, theirs = (me, other) in self.blocked, (other, me) in self.blocked
        if (theirs and not mine) or (mine and what not in ("block", "unblock")):
            return 404
        return getattr(self, what)(me, other)

    def ask(self, me, other):
        if {me, other} in self.friends or (me, other) in self.asked:
            return 200
        if (other, me) in self.asked:
            self.asked.discard((other, me))
            self.friends.add(frozenset((me, other)))
            return 200
        self.asked.add((me, other))
        return 201

    def refuse(self, me, other):
        self.asked -= {(me, other), (other, me)}
        return 204

    def unfriend(self, me, other):
        self.friends.discard(frozenset((me, other)))
        return 204

    def block(self, me, other):
        status = 200 if (me, other) in self.blocked else 201
        self.blocked.add((me, other))
        self.unfriend(me, other)
        self.refuse(me, other)
        return status

    def unblock(self, me, other):
        self.blocked.discard((me, other))
        return 204


async def read(member):
    async def names(path):
        items = (await member.get(path)).json()["items"]
        return {item.get("user", item)["username"] for item in items}

    return (
        await names("/v1/me/friends"),
        await names("/v1/me/friend-requests"),
        await names("/v1/me/friend-requests?direction=outgoing"),
        await names("/v1/me/blocks"),
    )


def told_state(events, people):
    """Return what a consumer holds who heeds nothing but revisions."""
    friendships, blocks = {}, {}
    ids = {person.id: number for number, person in enumerate(people)}
    for event in events:
        data = event.data
        if data.user_id not in ids:
            continue
        if isinstance(data, FriendshipSet | FriendshipRemoved):
            key = frozenset((ids[data.user_id], ids[data.friend_id]))
            state = (getattr(data, "state", "none"), ids[data.user_id])
            friendships[key] = max(friendships.get(key, (0, ())), (event.revision, state))
        elif isinstance(data, BlockSet | BlockRemoved):
            key = (ids[data.user_id], ids[data.blocked_id])
            state = isinstance(data, BlockSet)
            blocks[key] = max(blocks.get(key, (0, False)), (event.revision, state))
    friends = {key for key, (_, (state, _)) in friendships.items() if state == "friends"}
    asked = {
        (who, next(iter(key - {who})))
        for key, (_, (state, who)) in friendships.items()
        if state == "requested"
    }
    return friends, asked, {key for key, (_, state) in blocks.items() if state}


async def test_friendships_are_what_a_plain_model_says(new_person, sink):
    loop = asyncio.get_running_loop()

    class Machine(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.model = Pairs()
            self.people = [self.wait(new_person(f"person{next(numbers)}")) for _ in range(PEOPLE)]

        def wait(self, coroutine):
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

        @rule(what=what, me=someone, other=someone)
        def act(self, what, me, other):
            answer = self.wait(act(what, self.people[me], self.people[other]))
            assert answer.status_code == self.model.act(what, me, other), answer.text

        @invariant()
        def everybody_sees_what_the_model_says(self):
            name = [person.username for person in self.people]
            for number, person in enumerate(self.people):
                friends, incoming, outgoing, blocked = self.wait(read(person))
                pairs = (pair - {number} for pair in self.model.friends if number in pair)
                assert friends == {name[next(iter(pair))] for pair in pairs}
                assert incoming == {name[a] for a, b in self.model.asked if b == number}
                assert outgoing == {name[b] for a, b in self.model.asked if a == number}
                assert blocked == {name[b] for a, b in self.model.blocked if a == number}

        def teardown(self):
            told = told_state(self.wait(sink.events(*KINDS)), self.people)
            assert told == (self.model.friends, self.model.asked, self.model.blocked)

    await asyncio.to_thread(
        run_state_machine_as_test,
        Machine,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # shrinking would replay it for minutes
        ),
    )


async def test_requests_from_both_at_once_make_a_friendship(new_person, sink):
    people = [await new_person(f"both{number}") for number in range(6)]
    pairs = list(combinations(people, 2))
    answers = await asyncio.gather(
        *(act("ask", one, other) for pair in pairs for one, other in (pair, pair[::-1]))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201] * 15
    for person in people:
        friends, incoming, outgoing, _ = await read(person)
        assert (len(friends), incoming, outgoing) == (5, set(), set())
    events = await sink.events(FriendshipSet)
    assert sorted(event.revision for event in events) == [1] * 15 + [2] * 15


@pytest.mark.parametrize("other", ["refuse", "unfriend", "block", "unblock"])
async def test_whatever_two_do_at_once_ends_as_one_after_the_other(new_person, sink, other):
    """Both orders are played on the model; what is answered and what stands must be one's."""
    for start in ([], [("ask", 0, 1)], [("ask", 1, 0)], [("ask", 0, 1), ("ask", 1, 0)]):
        people = [await new_person(f"order{next(numbers)}") for _ in range(2)]
        for step in start:
            await act(step[0], people[step[1]], people[step[2]])
        steps = [("ask", 0, 1), (other, 1, 0)]
        answers = await asyncio.gather(*(act(w, people[a], people[b]) for w, a, b in steps))
        outcomes = []
        for order in (steps, steps[::-1]):
            model = Pairs()
            for step in start:
                model.act(*step)
            given = {step: model.act(*step) for step in order}
            outcomes.append(
                ([given[step] for step in steps], model.friends, model.asked, model.blocked)
            )
        stands = told_state(await sink.events(*KINDS), people)
        assert ([answer.status_code for answer in answers], *stands) in outcomes


async def test_blocks_by_both_at_once_leave_no_friendship(new_person, sink):
    people = [await new_person(f"blocks{number}") for number in range(8)]
    pairs = list(zip(people[::2], people[1::2], strict=True))
    for one, other in pairs:
        await one.befriend(other)
    answers = await asyncio.gather(
        *(act("block", *order) for pair in pairs for order in (pair, pair[::-1])),
        *(act("ask", *order) for pair in pairs for order in (pair, pair[::-1])),
    )
    assert {answer.status_code for answer in answers[:8]} <= {201, 404}
    for one, other in pairs:
        friends, asked, blocked = told_state(await sink.events(*KINDS), (one, other))
        assert (friends, asked) == (set(), set())
        assert blocked
