"""The rule of visibility: its SQL and its function say the same of every viewer and privacy."""

from typing import get_args
from uuid import UUID

import pytest
from sqlalchemy import text

from marquee_shared.events.social import Privacy
from marquee_social.visibility.rule import (
    DEFAULTS,
    SURFACES,
    VIEWER,
    Relation,
    are_friends,
    friends_of,
    may_see,
    not_blocked,
    not_muted,
    privacy_of,
    visible,
    visible_of_many,
)

LOW, MIDDLE, HIGH = (UUID(int=number) for number in (1, 2, 3))
PRIVACIES = get_args(Privacy)
SEEN = {
    Relation.OWNER: {"public", "friends", "private"},
    Relation.FRIEND: {"public", "friends"},
    Relation.STRANGER: {"public"},
    Relation.BLOCKED: set(),
    Relation.ANONYMOUS: {"public"},
}
PAIR = text(
    "INSERT INTO relationships (low_id, high_id, friendship, friendship_at, low_blocked_at, "
    "high_blocked_at, revision) VALUES (:low, :high, :friendship, now(), "
    "CASE WHEN :low_blocks THEN now() END, CASE WHEN :high_blocks THEN now() END, 1)"
)


@pytest.fixture
def pair(database):
    async def write(one, other, friendship="none", *, low_blocks=False, high_blocks=False):
        low, high = sorted((one, other))
        values = {"friendship": friendship, "low_blocks": low_blocks, "high_blocks": high_blocks}
        async with database.transaction() as session:
            await session.execute(PAIR, {"low": low, "high": high, **values})

    return write


@pytest.fixture
def ask(database):
    async def read(condition, viewer, **values):
        async with database.reading() as session:
            return await session.scalar(
                text(f"SELECT {condition}"),
                {"viewer": viewer, **values},
            )

    return read


def test_function_says_what_the_table_says():
    for relation in Relation:
        assert {p for p in PRIVACIES if may_see(relation, p)} == SEEN[relation]


@pytest.mark.parametrize("owner", [LOW, HIGH])
@pytest.mark.parametrize(
    ("made", "relation"),
    [
        (None, Relation.STRANGER),
        ({}, Relation.STRANGER),
        ({"friendship": "low_asked"}, Relation.STRANGER),
        ({"friendship": "high_asked"}, Relation.STRANGER),
        ({"friendship": "friends"}, Relation.FRIEND),
        ({"low_blocks": True}, Relation.BLOCKED),
        ({"high_blocks": True}, Relation.BLOCKED),
        ({"low_blocks": True, "high_blocks": True}, Relation.BLOCKED),
    ],
)
async def test_sql_says_what_the_function_says(pair, ask, owner, made, relation):
    if made is not None:
        await pair(MIDDLE, owner, **made)
    for viewer, expected in (
        (MIDDLE, relation),
        (owner, Relation.OWNER),
        (None, Relation.ANONYMOUS),
    ):
        for privacy in PRIVACIES:
            for said in (visible, visible_of_many):
                condition = said("CAST(:owner AS uuid)", "CAST(:privacy AS text)")
                seen = await ask(condition, viewer, owner=owner, privacy=privacy)
                assert bool(seen) is may_see(expected, privacy), (said, viewer, privacy)
        there = await ask(not_blocked("CAST(:owner AS uuid)"), viewer, owner=owner)
        assert there is (expected is not Relation.BLOCKED)
        friends = await ask(are_friends("CAST(:owner AS uuid)"), viewer, owner=owner)
        assert friends is (expected is Relation.FRIEND)


async def test_friends_are_found_on_either_side_of_a_pair(pair, database):
    await pair(LOW, MIDDLE, "friends")
    await pair(MIDDLE, HIGH, "friends")
    await pair(LOW, HIGH, "low_asked")
    for member, expected in ((LOW, {MIDDLE}), (MIDDLE, {LOW, HIGH}), (HIGH, {MIDDLE})):
        async with database.reading() as session:
            found = await session.scalars(
                text(f"SELECT id FROM {friends_of()} AS f (id, since)"),  # noqa: S608 - the rule's own
                {"viewer": member},
            )
            assert set(found) == expected


async def test_each_surface_has_its_default_until_its_owner_sets_it(ask, database):
    for surface in SURFACES:
        assert await ask(privacy_of(VIEWER, surface), LOW) == DEFAULTS[surface]
    columns = ", ".join(SURFACES)
    async with database.transaction() as session:
        await session.execute(
            text(
                f"INSERT INTO privacy_settings (user_id, {columns}, updated_at, revision) "  # noqa: S608 - constants
                "VALUES (:member, 'private', 'public', 'private', 'public', 'private', now(), 1)"
            ),
            {"member": LOW},
        )
    expected = ["private", "public", "private", "public", "private"]
    assert [await ask(privacy_of(VIEWER, surface), LOW) for surface in SURFACES] == expected


async def test_mute_is_one_sided(ask, database):
    async with database.transaction() as session:
        await session.execute(
            text("INSERT INTO mutes VALUES (:one, :other, now())"), {"one": LOW, "other": HIGH}
        )
    assert await ask(not_muted("CAST(:other AS uuid)"), LOW, other=HIGH) is False
    assert await ask(not_muted("CAST(:other AS uuid)"), HIGH, other=LOW) is True


@pytest.mark.parametrize(
    "wrong",
    [
        {"friendship": "friends", "low_blocks": True},
        {"friendship": "high_asked", "high_blocks": True},
        {"friendship": "married"},
    ],
)
async def test_database_holds_no_impossible_pair(pair, wrong):
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError):
        await pair(LOW, HIGH, **wrong)
