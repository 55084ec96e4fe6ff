import asyncio
import threading

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from marquee_identity.passwords import hashing
from marquee_identity.passwords.hashing import PasswordHashing
from marquee_shared.problems import Unavailable


async def test_hashing_leaves_the_event_loop_free():
    passwords = PasswordHashing(workers=1, waiting=1)
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work():
        loop.call_soon_threadsafe(begun.set)
        go_on.wait()
        return threading.get_ident()

    running = asyncio.create_task(passwords.run(work))
    await begun.wait()  # the loop runs while the thread works
    go_on.set()
    assert await running != threading.get_ident()
    passwords.close()


async def test_full_queue_refuses_at_once():
    passwords = PasswordHashing(workers=1, waiting=1)
    go_on = threading.Event()
    tasks = [asyncio.create_task(passwords.run(go_on.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await passwords.hash("one too many")
    go_on.set()
    await asyncio.gather(*tasks)
    assert await passwords.run(lambda: 1) == 1
    passwords.close()


async def test_same_characters_composed_otherwise_are_the_same_password():
    passwords = PasswordHashing(workers=1, waiting=1)
    stored = await passwords.hash("caf\u00e9 by the harbour")
    assert await passwords.verify(stored, "cafe\u0301 by the harbour")
    passwords.close()


async def test_unknown_account_costs_the_same_hash(client, sign_up, monkeypatch):
    """Not by the clock: the same work is done, on a hash of the same parameters."""
    await sign_up("ada")
    compared = []
    verify = hashing._matches

    def noting(stored, password):
        compared.append(stored.rsplit("$", 2)[0])
        return verify(stored, password)

    monkeypatch.setattr(hashing, "_matches", noting)
    answers = [
        await client.post("/v1/auth/login", json={"login": login, "password": "not it at all"})
        for login in ("ada", "nobody", "nobody@mail.example")
    ]
    assert len(compared) == 3
    assert len(set(compared)) == 1
    bodies = [answer.json() | {"request_id": None} for answer in answers]
    assert bodies[0] == bodies[1] == bodies[2]
    assert {answer.status_code for answer in answers} == {401}


async def test_outdated_hash_is_replaced_at_sign_in(client, sign_up, database, password):
    await sign_up("ada")
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(password)
    async with database.transaction() as session:
        await session.execute(text("UPDATE users SET password_hash = :weak"), {"weak": weak})
    for _ in range(2):
        answer = await client.post("/v1/auth/login", json={"login": "ada", "password": password})
        assert answer.status_code == 200
    async with database.reading() as session:
        stored = await session.scalar(text("SELECT password_hash FROM users"))
    assert "m=19456,t=2" in stored


async def test_password_changed_during_the_check_signs_nobody_in(
    client, sign_up, database, password, monkeypatch
):
    await sign_up("ada")
    verify = PasswordHashing.verify

    async def then_changed(self, stored, given):
        right = await verify(self, stored, given)
        async with database.transaction() as session:
            await session.execute(text("UPDATE users SET password_hash = 'another'"))
        return right

    monkeypatch.setattr(PasswordHashing, "verify", then_changed)
    answer = await client.post("/v1/auth/login", json={"login": "ada", "password": password})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
