"""Sessions against a plain model: the set of events decides, never the order they came in."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from marquee_social.watch_time import timeline
from marquee_social.watch_time.timeline import PlayerEvent, Stretch, extend, watched


def seconds(spans):
    """Every millisecond of these stretches, counted once."""
    found = set()
    for began, ended in spans:
        found.update(range(began, ended))
    return found


def model(events):
    """What a session with exactly these events comes to, from nothing."""
    first = {}
    for event in events:
        first.setdefault(event.sequence, event)
    ordered = [first[number] for number in sorted(first)]
    stretches = [s for pair in pairwise(ordered) if (s := watched(*pair))]
    return (
        seconds(s.film for s in stretches),
        seconds(s.clock for s in stretches),
        ordered[-1].position,
    )


# Milliseconds small enough to be counted one by one, and SLACK (2,000) still matters.
player_events = st.builds(
    PlayerEvent,
    sequence=st.integers(0, 12),
    kind=st.sampled_from(["start", "progress", "progress", "progress", "pause", "stop"]),
    position=st.integers(0, 6000),
    at=st.integers(0, 5000),
    speed=st.sampled_from([0.5, 1.0, 2.0]),
)


@given(
    st.lists(player_events, min_size=1, max_size=14, unique_by=lambda e: e.sequence),
    st.data(),
)
def test_order_batches_and_repeats_do_not_matter(events, data):
    shuffled = data.draw(st.permutations(events))
    repeated = shuffled + data.draw(st.lists(st.sampled_from(events), max_size=5))
    runs, settled = [], []
    while repeated:
        size = data.draw(st.integers(1, len(repeated)))
        known = extend(runs, repeated[:size])
        runs, settled, repeated = known.runs, settled + list(known.settled), repeated[size:]
    stretches = settled + list(known.presumed)
    film, clock, position = model(events)
    assert seconds(s.film for s in stretches) == film
    assert seconds(s.clock for s in stretches) == clock
    assert runs[-1][1].position == position


@given(st.lists(player_events, min_size=1, max_size=14))
def test_the_first_of_two_events_with_one_number_stands(events):
    known = extend([], events)
    film, clock, _ = model(events)
    stretches = [*known.settled, *known.presumed]
    assert seconds(s.film for s in stretches) == film
    assert seconds(s.clock for s in stretches) == clock


def progress(sequence, position, at, kind="progress", speed=1.0):
    return PlayerEvent(sequence, kind, position * 1000, at * 1000, speed)


def test_what_runs_counts_and_a_seek_does_not():
    assert watched(progress(1, 10, 0), progress(2, 20, 10)) == Stretch(
        (10_000, 20_000), (0, 10_000)
    )
    assert watched(progress(1, 10, 0), progress(2, 300, 10)) is None
    assert watched(progress(1, 300, 0), progress(2, 10, 10)) is None
    assert watched(progress(1, 10, 0, "pause"), progress(2, 20, 10)) is None
    assert watched(progress(1, 10, 0), progress(2, 20, 10, "start")) is None
    assert watched(progress(1, 10, 10), progress(2, 20, 0)) is None


def test_a_stalled_player_adds_only_what_it_showed():
    found = watched(progress(1, 10, 0), progress(2, 14, 60))
    assert found == Stretch((10_000, 14_000), (0, 4_000))


def test_speed_is_no_seek_where_the_player_says_so():
    fast = progress(1, 0, 0, speed=2.0)
    assert watched(fast, progress(2, 60, 30)) == Stretch((0, 60_000), (0, 30_000))
    assert watched(progress(1, 0, 0), progress(2, 60, 30)) is None


def test_consecutive_events_take_no_room():
    known = extend([], [progress(n, n * 10, n * 10) for n in range(720)])
    assert len(known.runs) == 1
    assert not known.presumed


def test_open_gaps_are_bounded_and_the_oldest_close_first(monkeypatch):
    monkeypatch.setattr(timeline, "MAX_RUNS", 3)
    runs, settled = [], []
    for number in range(0, 20, 2):
        known = extend(runs, [progress(number, number * 10, number * 10)])
        runs, settled = known.runs, settled + list(known.settled)
    assert [run[0].sequence for run in runs] == [0, 16, 18]
    assert seconds(s.film for s in [*settled, *known.presumed]) == set(range(180_000))
    late = extend(runs, [progress(17, 0, 165)])
    assert [run[0].sequence for run in late.runs] == [0, 16]
    assert not extend(runs, [progress(5, 9999, 50)]).settled
