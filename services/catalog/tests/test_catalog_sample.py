from collections import defaultdict
from datetime import date
from statistics import fmean

from marquee_catalog.sample import sample_films
from marquee_catalog.sample.members import sample_members
from marquee_catalog.sample.tastes import TASTES, affinities
from marquee_shared.events.catalog import MembersImported, RatingsImported

DAY = date(2026, 1, 1)


def test_members_are_the_same_every_time_and_differ_by_seed():
    films = list(sample_films())
    assert sample_members(films, DAY) == sample_members(films, DAY)
    assert sample_members(films, DAY) != sample_members(films, DAY, seed=2)


def test_ratings_are_plausible_and_follow_tastes():
    films = list(sample_films())
    members, ratings = sample_members(films, DAY)
    drawn = affinities(films)
    assert len({member.username for member in members}) == len(members) == 300
    assert len({(rating.member, rating.film) for rating in ratings}) == len(ratings)
    assert {rating.value for rating in ratings} == {n / 2 for n in range(1, 11)}
    assert 3.2 < fmean(rating.value for rating in ratings) < 4.0
    assert [rating.at for rating in ratings] == sorted(rating.at for rating in ratings)
    by_member = defaultdict(list)
    for rating in ratings:
        by_member[rating.member].append(rating)
    assert min(map(len, by_member.values())) >= 15
    liked = {name: [] for name in TASTES}
    others = {name: [] for name in TASTES}
    for member in members:
        leading = member.tastes[0]
        for rating in by_member[member.number]:
            group = liked if drawn[leading][rating.film] > 0.5 else others
            group[leading].append(rating.value)
    for name in TASTES:
        assert fmean(liked[name]) > fmean(others[name]) + 0.4, name


async def test_the_sample_comes_by_the_import_and_twice_changes_nothing(run_import, sink):
    first = await run_import(source="sample")
    assert first.result["movies"] == {"created": 600, "updated": 0, "unchanged": 0}
    assert first.result["members"] == 300
    (members,) = await sink.events(MembersImported)
    assert members.data.source == "sample"
    told = len(await sink.events())
    chunks = await sink.events(RatingsImported)
    assert sum(len(event.data.ratings) for event in chunks) == first.result["ratings"]
    again = await run_import(source="sample")
    assert again.result["movies"]["unchanged"] == 600
    assert len(await sink.events()) == told
