"""Members that an import brings, in bulk."""

from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest
from sqlalchemy import text

from marquee_identity.users.service import republish_users
from marquee_shared.events.catalog import ImportedMember, MembersImported
from marquee_shared.events.identity import UserCreated, UserUpdated


def member(number, username=None, name=None):
    return ImportedMember(
        id=uuid5(NAMESPACE_URL, f"marquee:movielens:{number}"),
        username=username or f"movielens-{number}",
        name=f"MovieLens {number}" if name is None else name,
    )


def found(*members, chunk=0):
    return MembersImported(
        import_id=uuid4(), chunk=chunk, source="movielens", members=list(members)
    )


async def test_imported_members_can_be_looked_up_like_any_others(client, deliver, sink):
    await deliver((found(member(1), member(2)), 1))
    answer = await client.get("/v1/users/movielens-1")
    assert answer.status_code == 200
    read = answer.json()
    assert read["id"] == str(member(1).id)
    assert (read["name"], read["imported"]) == ("MovieLens 1", True)
    items = (await client.get("/v1/users?q=movielens 2")).json()["items"]
    assert [item["username"] for item in items] == ["movielens-2"]
    events = await sink.events(UserCreated)
    assert [(event.data.id, event.revision) for event in events] == [
        (member(number).id, 1) for number in sorted((1, 2), key=lambda number: member(number).id)
    ]
    assert all(event.data.imported for event in events)


async def test_imported_member_cannot_sign_in(client, deliver):
    await deliver((found(member(1)), 1))
    for login in ("movielens-1", "MovieLens-1"):
        answer = await client.post("/v1/auth/login", json={"login": login, "password": "None"})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


async def test_told_twice_and_in_reverse_changes_nothing(deliver, database, sink):
    first, second = found(member(1), member(2)), found(member(2), member(3), chunk=1)
    await deliver((second, 2), (first, 1))
    await deliver((first, 1), (second, 2), (second, 2))
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM users")) == 3
    assert len(await sink.events(UserCreated)) == 3


async def test_username_of_a_real_member_is_kept_and_the_import_gets_a_suffix(
    client, sign_up, deliver, sink
):
    await sign_up("MovieLens-1")
    await sign_up("movielens-1-2")
    await deliver((found(member(1)), 1))
    for username, imported in (
        ("movielens-1", False), ("movielens-1-2", False), ("movielens-1-3", True),
    ):  # fmt: skip
        assert (await client.get(f"/v1/users/{username}")).json()["imported"] is imported
    (event,) = [e for e in await sink.events(UserCreated) if e.data.imported]
    assert event.data.username == "movielens-1-3"


async def test_namesakes_within_one_import_all_arrive(deliver, database, sink):
    members = [member(number, username="same") for number in range(40)]
    await deliver((found(*members), 1))
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(DISTINCT username_key) FROM users")) == 40
    names = {event.data.username for event in await sink.events(UserCreated)}
    assert len(names) == 40
    assert {"same", "same-2"} <= names


@pytest.mark.parametrize(
    "username", ["Éléonore du Bois", "x", "", "日本", "a" * 80, "a/../b", "\u202eevil\x00"]
)
async def test_usernames_from_elsewhere_are_written_in_our_letters(client, deliver, sink, username):
    await deliver((found(member(1, username=username or " ", name="\x00 ")), 1))
    (event,) = await sink.events(UserCreated)
    assert (await client.get(f"/v1/users/{event.data.username}")).status_code == 200


async def test_bulk_arrives_in_one_delivery(deliver, database, sink):
    chunks = [
        (found(*(member(n) for n in range(start, start + 1000)), chunk=start), start + 1)
        for start in range(0, 3000, 1000)
    ]
    await deliver(*chunks)
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM users WHERE imported")) == 3000
    assert len(await sink.events(UserCreated)) == 3000


async def test_republish_tells_of_everyone_at_their_revision(
    client, context, sign_up, deliver, sink, monkeypatch
):
    monkeypatch.setattr("marquee_identity.users.service.REPUBLISH_CHUNK", 2)
    made = await sign_up("ada")
    await client.patch("/v1/me", json={"country": "GB"}, headers=made["headers"])
    await deliver((found(member(1), member(2), member(3)), 1))
    before = len(await sink.events())
    assert await republish_users(context) == 4
    again = (await sink.events(UserUpdated))[-4:]
    assert len(await sink.events()) == before + 4
    by_name = {event.data.username: event for event in again}
    assert (by_name["ada"].revision, by_name["ada"].data.country) == (2, "GB")
    assert by_name["movielens-3"].data.imported
