"""Who is in sight of whom: in a search, on a profile, after blocks, suspensions and leaving."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from marquee_identity.users.repository import search_statement
from marquee_identity.users.search import prefix_query
from marquee_shared.events.social import (
    BlockRemoved,
    BlockSet,
    BlocksSet,
    BlockState,
    FriendshipRemoved,
    FriendshipSet,
    FriendshipsSet,
    FriendshipState,
    MemberRestored,
    MemberSuspended,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def pair(sign_up):
    ada = await sign_up("ada", first_name="Ada", last_name="Lovelace")
    bob = await sign_up("bob", first_name="Élodie", last_name="Müller-Østby")
    return ada, bob


def id_of(made):
    return UUID(made["user"]["id"])


async def found(client, query, **options):
    answer = await client.get(f"/v1/users?q={query}", **options)
    assert answer.status_code == 200
    return [item["username"] for item in answer.json()["items"]]


@pytest.mark.parametrize("query", ["elod", "ÉLODIE", "mull", "østby", "ostby", "el mu", "BO"])
async def test_names_are_found_as_one_types_them(client, pair, query):
    assert await found(client, query) == ["bob"]


async def test_a_block_hides_each_from_the_other_and_from_nobody_else(client, pair, deliver):
    ada, bob = pair
    await deliver((BlockSet(user_id=id_of(ada), blocked_id=id_of(bob), at=NOW), 1))
    for viewer, hidden in ((ada, "bob"), (bob, "ada")):
        assert await found(client, hidden, headers=viewer["headers"]) == []
        paged = await client.get(f"/v1/users?q={hidden}&page=1", headers=viewer["headers"])
        assert (paged.json()["total"], paged.json()["items"]) == (0, [])
        answer = await client.get(f"/v1/users/{hidden}", headers=viewer["headers"])
        missing = await client.get("/v1/users/nobody", headers=viewer["headers"])
        assert answer.status_code == 404
        same = {"status", "code", "detail", "title"}
        assert {k: answer.json()[k] for k in same} == {k: missing.json()[k] for k in same}
        assert await found(client, hidden) == [hidden]
    await deliver((BlockRemoved(user_id=id_of(ada), blocked_id=id_of(bob)), 2))
    assert await found(client, "bob", headers=ada["headers"]) == ["bob"]


async def test_late_and_repeated_news_change_nothing(client, pair, deliver):
    ada, bob = pair
    block = BlockSet(user_id=id_of(ada), blocked_id=id_of(bob), at=NOW)
    await deliver((BlockRemoved(user_id=id_of(ada), blocked_id=id_of(bob)), 4), (block, 3))
    assert await found(client, "bob", headers=ada["headers"]) == ["bob"]
    state = BlockState(user_id=id_of(ada), blocked_id=id_of(bob), blocked=True, revision=5)
    await deliver((BlocksSet(blocks=[state]), 1))
    assert await found(client, "bob", headers=ada["headers"]) == []


async def friendship(client, viewer, username):
    answer = await client.get(f"/v1/users/{username}", headers=viewer["headers"] if viewer else {})
    return answer.json()["friendship"]


async def test_a_profile_says_what_one_is_to_the_caller(client, pair, deliver):
    ada, bob = pair
    assert await friendship(client, None, "bob") is None
    assert await friendship(client, ada, "ada") == "self"
    assert await friendship(client, ada, "bob") == "none"
    told = FriendshipSet(user_id=id_of(ada), friend_id=id_of(bob), state="requested", at=NOW)
    await deliver((told, 1))
    assert await friendship(client, ada, "bob") == "requested"
    assert await friendship(client, bob, "ada") == "requested_you"
    state = FriendshipState(
        user_id=id_of(bob), friend_id=id_of(ada), state="friends", at=NOW, revision=2
    )
    await deliver((FriendshipsSet(friendships=[state]), 1))
    assert await friendship(client, ada, "bob") == "friends"
    assert await friendship(client, bob, "ada") == "friends"
    await deliver((FriendshipRemoved(user_id=id_of(ada), friend_id=id_of(bob)), 3), (told, 1))
    assert await friendship(client, bob, "ada") == "none"


async def test_who_leaves_or_is_suspended_is_out_of_sight(
    client, pair, deliver, password, authorization
):
    ada, bob = pair
    suspended = MemberSuspended(user_id=id_of(bob), until=None, reason="spam")
    await deliver((suspended, 1))
    assert await found(client, "bob") == []
    assert (await client.get("/v1/users/bob")).status_code == 404
    moderator = authorization(roles=["moderator"])
    assert (await client.get("/v1/users/bob", headers=moderator)).status_code == 200
    await deliver((MemberRestored(user_id=id_of(bob), reason="appeal"), 2))
    assert await found(client, "bob") == ["bob"]
    await client.delete("/v1/me", headers=ada["headers"])
    assert await found(client, "ada") == []
    assert (await client.get("/v1/users/ada")).status_code == 404
    await client.post("/v1/auth/login", json={"login": "ada", "password": password})
    assert await found(client, "ada") == ["ada"]


async def test_a_search_is_answered_from_its_index(client, pair, database):
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO users (id, username, username_key, imported, search) "
                "SELECT gen_random_uuid(), 'member-' || n, 'member-' || n, true, "
                "  array_to_tsvector(ARRAY['member-' || n, md5(n::text)]) "
                "FROM generate_series(1, 20000) AS n"
            )
        )
    async with database.transaction() as session:
        await session.execute(text("SELECT gin_clean_pending_list('ix_users_search')"))
        await session.execute(text("ANALYZE users"))
        # So few rows fit into few pages, which PostgreSQL would rather read through.
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        statement = search_statement(prefix_query("lovel"), id_of(pair[1])).limit(21)
        compiled = statement.compile(
            dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
        )
        plan = "\n".join(await session.scalars(text(f"EXPLAIN {compiled}".replace(":", "\\:"))))
    assert "ix_users_search" in plan
    assert "Seq Scan on users" not in plan
    assert await found(client, "lovel") == ["ada"]
