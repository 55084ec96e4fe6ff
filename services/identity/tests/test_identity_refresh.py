import asyncio

from joserfc import jws
from orjson import loads
from sqlalchemy import text

from marquee_shared.events.identity import SessionRevoked


def claims(token):
    return loads(jws.extract_compact(token.encode()).payload)


async def refresh(client, token):
    return await client.post("/v1/auth/refresh", json={"refresh_token": token})


async def shift(database, column, interval, *, where="true"):
    table = "sessions" if column == "expires_at" else "refresh_tokens"
    async with database.transaction() as session:
        change = f"{column} = {column} - interval '{interval}'"
        statement = f"UPDATE {table} SET {change} WHERE {where}"  # noqa: S608 - ours
        await session.execute(text(statement))


async def test_claims_are_those_of_the_contract_and_fresh(client, sign_up, mailed_code):
    made = await sign_up("ada", language="fr")
    first = claims(made["access_token"])
    assert set(first) == {
        "sub", "username", "boarded", "verified", "language", "roles", "scope", "sid", "iss",
        "aud", "iat", "exp", "jti",
    }  # fmt: skip
    assert first["exp"] - first["iat"] == 900
    assert (first["verified"], first["roles"], first["language"]) == (False, ["member"], "fr")
    code = await mailed_code()
    await client.post("/v1/auth/verify-email", json={"code": code}, headers=made["headers"])
    await client.patch("/v1/me", json={"username": "countess"}, headers=made["headers"])
    second = claims((await refresh(client, made["refresh_token"])).json()["access_token"])
    assert (second["verified"], second["username"]) == (True, "countess")
    assert (second["sid"], second["sub"]) == (first["sid"], first["sub"])
    assert second["jti"] != first["jti"]


async def test_lost_answer_gets_the_same_successor_within_the_grace(client, sign_up):
    made = await sign_up("ada")
    first = (await refresh(client, made["refresh_token"])).json()
    again = (await refresh(client, made["refresh_token"])).json()
    assert again["refresh_token"] == first["refresh_token"]
    assert (await refresh(client, first["refresh_token"])).status_code == 200


async def test_reuse_after_the_grace_ends_the_family(client, sign_up, database, sink):
    made = await sign_up("ada")
    successor = (await refresh(client, made["refresh_token"])).json()["refresh_token"]
    await shift(database, "spent_at", "11 seconds", where="spent_at IS NOT NULL")
    reused = await refresh(client, made["refresh_token"])
    assert (reused.status_code, reused.json()["code"]) == (401, "refresh_token_reused")
    assert (await refresh(client, successor)).json()["code"] == "invalid_refresh_token"
    (revoked,) = await sink.events(SessionRevoked)
    assert str(revoked.data.session_id) == claims(made["access_token"])["sid"]


async def test_reuse_ends_that_family_alone(client, sign_up, password):
    made = await sign_up("ada")
    elsewhere = await client.post("/v1/auth/login", json={"login": "ada", "password": password})
    second = (await refresh(client, made["refresh_token"])).json()["refresh_token"]
    await refresh(client, second)
    assert (await refresh(client, made["refresh_token"])).status_code == 401
    assert (await refresh(client, elsewhere.json()["refresh_token"])).status_code == 200


async def test_session_ends_ninety_days_after_sign_in_however_used(client, sign_up, database):
    made = await sign_up("ada")
    await shift(database, "expires_at", "89 days 23 hours 59 minutes")
    second = await refresh(client, made["refresh_token"])
    assert second.status_code == 200
    await shift(database, "expires_at", "2 minutes")
    third = await refresh(client, second.json()["refresh_token"])
    assert (third.status_code, third.json()["code"]) == (401, "invalid_refresh_token")


async def test_session_ends_after_thirty_days_without_use(client, sign_up, database):
    made = await sign_up("ada")
    await shift(database, "created_at", "29 days")
    second = await refresh(client, made["refresh_token"])
    assert second.status_code == 200
    await shift(database, "created_at", "31 days")
    third = await refresh(client, second.json()["refresh_token"])
    assert (third.status_code, third.json()["code"]) == (401, "invalid_refresh_token")


async def test_concurrent_reuse_ends_the_session_once(client, sign_up, database, sink):
    made = await sign_up("ada")
    await refresh(client, made["refresh_token"])
    await shift(database, "spent_at", "11 seconds", where="spent_at IS NOT NULL")
    answers = await asyncio.gather(*(refresh(client, made["refresh_token"]) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {401}
    codes = [answer.json()["code"] for answer in answers]
    assert codes.count("refresh_token_reused") == 1
    assert len(await sink.events(SessionRevoked)) == 1


async def test_tokens_stand_in_no_table(client, sign_up, database):
    made = await sign_up("ada")
    successor = (await refresh(client, made["refresh_token"])).json()["refresh_token"]
    async with database.reading() as session:
        for table in ("refresh_tokens", "sessions", "outbox"):
            statement = f"SELECT string_agg(t::text, ' ') FROM {table} t"  # noqa: S608 - ours
            written = await session.scalar(text(statement))
            for token in (made["refresh_token"], successor):
                assert token not in written
                assert token.encode().hex() not in written


async def test_forged_and_malformed_refresh_tokens_are_refused(client, sign_up):
    made = await sign_up("ada")
    for token in ("x", "mqr_" + "A" * 43, made["access_token"], made["refresh_token"] + "x"):
        answer = await refresh(client, token[:500])
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_refresh_token")
    for nothing in (None, "", [], {}, 7, "x" * 501):
        assert (await refresh(client, nothing)).status_code == 422


async def test_refresh_token_is_no_access_token(client, sign_up):
    made = await sign_up("ada")
    headers = {"Authorization": f"Bearer {made['refresh_token']}"}
    answer = await client.get("/v1/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
