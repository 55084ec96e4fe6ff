"""What the database itself holds, under writers at once and past the service."""

import asyncio
import os
import subprocess
import sys

import asyncpg
import pytest


@pytest.fixture
async def connect(context, settings):
    """Open connections of one's own."""
    opened = []

    async def open_one():
        connection = await asyncpg.connect(
            settings.database_url, server_settings={"search_path": "catalog"}
        )
        opened.append(connection)
        return connection

    yield open_one
    for connection in opened:
        await connection.close()


async def add(connection, title, parent=None):
    return await connection.fetchval(
        "INSERT INTO channels (title, slug, parent_id) VALUES ($1, $1, $2) RETURNING id",
        title, parent,
    )  # fmt: skip


async def outcome(work):
    try:
        await work
    except asyncpg.CheckViolationError as error:
        return error.constraint_name
    return None


async def test_moves_against_each_other_never_make_a_cycle(connect):
    first, second = await connect(), await connect()
    for round_ in range(10):
        a, b = await add(first, f"a{round_}"), await add(first, f"b{round_}")
        move = "UPDATE channels SET parent_id = $1 WHERE id = $2"
        outcomes = await asyncio.gather(
            outcome(first.execute(move, a, b)), outcome(second.execute(move, b, a))
        )
        assert sorted(outcomes, key=str) == [None, "channels_acyclic"]


async def test_a_move_waits_for_the_one_before_and_sees_it(connect):
    first, second, watcher = [await connect() for _ in range(3)]
    a, b = await add(first, "a"), await add(first, "b")
    move = "UPDATE channels SET parent_id = $1 WHERE id = $2"
    transaction = first.transaction()
    await transaction.start()
    await first.execute(move, a, b)
    waiting = asyncio.create_task(outcome(second.execute(move, b, a)))
    while not await watcher.fetchval(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
    ):
        await asyncio.sleep(0)
    await transaction.commit()
    assert await waiting == "channels_acyclic"


async def test_new_channels_cannot_close_a_circle_either(connect):
    connection = await connect()
    circle = (
        "INSERT INTO channels (id, parent_id, slug, title) OVERRIDING SYSTEM VALUE "
        "VALUES (901, 902, 'a', 'A'), (902, 903, 'b', 'B'), (903, 901, 'c', 'C')"
    )
    assert await outcome(connection.execute(circle)) == "channels_acyclic"
    assert await connection.fetchval("SELECT count(*) FROM channels") == 0
    await connection.execute(circle.replace("903, 901", "903, NULL"))
    assert await connection.fetchval("SELECT count(*) FROM channels") == 3


async def test_cycles_within_one_statement_and_under_another_isolation_are_refused(connect):
    connection = await connect()
    a, b = await add(connection, "a"), await add(connection, "b")
    swap = "UPDATE channels SET parent_id = CASE id WHEN $1 THEN $2 ELSE $1 END"
    assert await outcome(connection.execute(swap, a, b)) == "channels_acyclic"
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
        async with connection.transaction(isolation="repeatable_read"):
            await connection.execute("UPDATE channels SET parent_id = $1 WHERE id = $2", a, b)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute("UPDATE channels SET parent_id = id WHERE id = $1", a)


async def test_a_channel_and_a_content_at_once_leave_a_leaf_or_a_branch(connect):
    first, second = await connect(), await connect()
    for round_ in range(10):
        leaf = await add(first, f"leaf{round_}")
        outcomes = await asyncio.gather(
            outcome(add(first, f"child{round_}", leaf)),
            outcome(second.execute(
                "INSERT INTO contents (channel_id, slug, title) VALUES ($1, 'x', 'x')", leaf
            )),
        )  # fmt: skip
        assert outcomes in ([None, "contents_leaf"], ["channels_leaf", None])


async def test_groups_stay_right_when_many_change_the_tree_at_once(connect):
    setup = await connect()
    group = await setup.fetchval("INSERT INTO groups (slug, title) VALUES ('g', 'G') RETURNING id")
    roots = [await add(setup, f"root{n}") for n in range(3)]
    leaves = [await add(setup, f"leaf{n}", roots[n % 3]) for n in range(9)]
    give = "INSERT INTO channel_groups VALUES ($1, $2) ON CONFLICT DO NOTHING"

    async def churn(offset):
        connection = await connect()
        for step in range(15):
            leaf = leaves[(step * 7 + offset) % 9]
            match (step + offset) % 4:
                case 0:
                    await connection.execute(give, leaf, group)
                case 1:
                    await connection.execute(
                        "UPDATE channels SET parent_id = $1 WHERE id = $2",
                        roots[(step + offset) % 3], leaf,
                    )  # fmt: skip
                case 2:
                    await connection.execute(
                        "UPDATE channels SET active = NOT active WHERE id = $1", leaf
                    )
                case 3:
                    await connection.execute(
                        "DELETE FROM channel_groups WHERE channel_id = $1", leaf
                    )

    for leaf in leaves:
        await setup.execute(give, leaf, group)
    await asyncio.gather(*(churn(offset) for offset in range(4)))
    held = dict(await setup.fetch("SELECT channel_id, sources FROM channel_group_sources"))
    expected = dict(await setup.fetch(
        "SELECT c.id, count(*) FROM channel_groups AS g JOIN channels AS c ON c.id = g.channel_id "
        "GROUP BY 1 UNION ALL SELECT c.parent_id, count(*) FROM channel_groups AS g "
        "JOIN channels AS c ON c.id = g.channel_id AND c.active GROUP BY 1"
    ))  # fmt: skip
    assert held == expected
    assert held


async def test_concurrent_moves_over_http_end_in_one_tree(client, authorization):
    headers = authorization(roles=["editor"])
    for title in ("a", "b", "c"):
        await client.post("/v1/channels", json={"title": title}, headers=headers)

    async def move(path, parent):
        change = {"parent": parent}
        return (
            await client.patch(f"/v1/channels/{path}", json=change, headers=headers)
        ).status_code

    statuses = await asyncio.gather(move("a", "b"), move("b", "c"), move("c", "a"))
    assert set(statuses) <= {200, 404, 409, 422}
    assert statuses.count(200) >= 1
    report = (await client.get("/v1/channels/ratings")).json()["items"]
    assert {item["title"] for item in report} == {"a", "b", "c"}


async def test_the_command_writes_the_report(client, authorization, settings, tmp_path):
    headers = authorization(roles=["editor"])
    await client.post("/v1/channels", json={"title": "Éire"}, headers=headers)
    content = {"title": "x", "channel": "eire", "rating": 8.1}
    await client.post("/v1/contents", json=content, headers=headers)
    environment = {
        **os.environ, "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url,
        "ENVIRONMENT": "test", "DATA_DIR": str(tmp_path),
    }  # fmt: skip

    async def run(*arguments):
        command = [sys.executable, "-m", "marquee_catalog", "channel-ratings", *arguments]
        return await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, check=False
        )

    expected = "Channel Title,Average Rating\r\nÉire,8.100\r\n".encode()
    assert (await run()).stdout == expected
    target = tmp_path / "report.csv"
    assert (await run("-o", str(target))).returncode == 0
    assert target.read_bytes() == expected
    refused = await run("-o", str(tmp_path / "no" / "report.csv"))
    assert refused.returncode == 1
    assert b"cannot write" in refused.stderr
