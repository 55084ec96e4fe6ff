import asyncio
import logging

import pytest
from sqlalchemy import text

from marquee_identity.clients import Client
from marquee_identity.passwords.policy import find_weakness
from marquee_shared.events.identity import UserCreated


def body(password, **fields):
    return {
        "username": "ada",
        "email": "ada@mail.example",
        "password": password,
        **fields,
    }


async def test_signup_is_told_once_and_holds_nothing_private(client, sign_up, sink):
    made = await sign_up("Ada", first_name="Ada", language="de")
    (event,) = await sink.events(UserCreated)
    assert event.revision == 1
    assert event.data.model_dump(mode="json") == {
        "id": made["user"]["id"],
        "username": "Ada",
        "name": "Ada",
        "avatar_url": None,
        "language": "de",
        "country": None,
        "imported": False,
    }


async def test_signup_says_where_the_profile_is(client, password):
    answer = await client.post("/v1/auth/signup", json=body(password))
    assert answer.headers["location"] == "/v1/users/ada"
    assert (await client.get(answer.headers["location"])).status_code == 200


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"username": "ADA", "email": "other@mail.example"}, "username_taken"),
        ({"username": "other", "email": "ADA@MAIL.example"}, "email_taken"),
    ],
)
async def test_username_and_email_are_unique_in_any_case(client, sign_up, password, fields, code):
    await sign_up("ada")
    answer = await client.post("/v1/auth/signup", json=body(password, **fields))
    assert (answer.status_code, answer.json()["code"]) == (409, code)


@pytest.mark.parametrize("same", ["username", "email"])
async def test_hundred_concurrent_signups_with_one_name_make_one_account(
    client, database, password, same, monkeypatch
):
    # The race is in the database; a hundred hashes would only hold up the machine.
    async def hashed(*_):
        return "hash"

    monkeypatch.setattr("marquee_identity.passwords.hashing.PasswordHashing.hash", hashed)
    bodies = [
        body(password, username="Ada" if n % 2 else "aDA", email=f"m{n}@mail.example")
        if same == "username"
        else body(password, username=f"member{n}", email="Ada@mail.example")
        for n in range(90)
    ]
    answers = await asyncio.gather(*(client.post("/v1/auth/signup", json=sent) for sent in bodies))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 89
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM users")) == 1
        assert await session.scalar(text("SELECT count(*) FROM sessions")) == 1


@pytest.mark.parametrize(
    "username",
    ["me", "ADMIN", "Movies", ".well-known", "api", "ab", "a" * 31, "ada lovelace", "ad\u00e4",
     "\u212aelvin", "a/b", "ada@x", "", None, ["ada"], 7],
)  # fmt: skip
async def test_reserved_and_malformed_usernames_are_422(client, password, username):
    answer = await client.post("/v1/auth/signup", json=body(password, username=username))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/username"


@pytest.mark.parametrize(
    "email", ["ada", "ada@", "@mail.example", "a b@mail.example", "ada@mail", "", None, {}]
)
async def test_malformed_addresses_are_422(client, password, email):
    answer = await client.post("/v1/auth/signup", json=body(password, email=email))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/email"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("password123", "password_common"),
        ("qwertyuiop[", "password_keyboard"),
        ("aaaaaaaaaaaa", "password_repeats"),
        ("ada-lovelace-of-countess-fame", "password_personal"),
        ("\u00c1DA.MAILBOX at the harbour", "password_personal"),
        ("short-91!", "string_too_short"),
        ("x" * 129, "string_too_long"),
        ("nul\u0000 in the middle of it", None),
        (None, None),
        (["gannet-orbit-71-lanterns"], None),
    ],
)
async def test_weak_passwords_are_refused_saying_why(client, given, code):
    sent = body(given, username="lovelace", email="ada.mailbox@mail.example", first_name="Ada")
    answer = await client.post("/v1/auth/signup", json=sent)
    assert answer.status_code == 422
    if code is not None:
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/password", code)


async def test_refusal_of_a_password_speaks_the_callers_language(client):
    answer = await client.post("/v1/auth/signup?lang=de", json=body("aaaaaaaaaaaa"))
    assert "leicht zu erraten" in answer.json()["errors"][0]["detail"]


async def test_good_passwords_of_every_kind_pass():
    for good in ("correct horse battery staple", "k9#mQ2v!xL0z", "пароль-для-киноклуба-42"):
        assert find_weakness(good, ["ada", None]) is None


async def test_fields_the_schema_does_not_name_are_refused(client, password):
    for field in ("roles", "verified", "id", "created_at", "imported"):
        answer = await client.post("/v1/auth/signup", json=body(password, **{field: True}))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"/{field}"


async def test_password_is_stored_only_as_argon2id_of_the_asked_strength(
    sign_up, database, password
):
    await sign_up("ada")
    async with database.reading() as session:
        stored = await session.scalar(text("SELECT password_hash FROM users"))
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert password not in stored


async def test_logs_hold_no_password_address_or_token(client, password, caplog, run_jobs):
    with caplog.at_level(logging.DEBUG):
        made = await client.post("/v1/auth/signup", json=body(password))
        await client.post("/v1/auth/login", json={"login": "ada@mail.example", "password": "no"})
        await run_jobs()
    written = "\n".join(f"{r.getMessage()} {vars(r)}" for r in caplog.records)
    assert "milliseconds" in written
    for secret in (
        password, "ada@mail.example", made.json()["access_token"], made.json()["refresh_token"],
    ):  # fmt: skip
        assert secret not in written


async def test_repeat_with_the_same_key_replays_the_first_signup(client, database, password):
    headers = {"Idempotency-Key": "only-once"}
    first = await client.post("/v1/auth/signup", json=body(password), headers=headers)
    again = await client.post("/v1/auth/signup", json=body(password), headers=headers)
    assert again.status_code == 201
    assert again.json() == first.json()
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM users")) == 1


def test_addresses_of_one_subscriber_count_as_one():
    assert Client("2001:db8:1:2:aaaa::1", "").network == Client("2001:db8:1:2::9", "").network
    assert Client("192.0.2.1", "").network != Client("192.0.2.2", "").network
