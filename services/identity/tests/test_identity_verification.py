import asyncio

import pytest
from sqlalchemy import text

from marquee_identity.accounts.codes import new_code


async def verify(client, made, code):
    return await client.post("/v1/auth/verify-email", json={"code": code}, headers=made["headers"])


def other(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_mail_is_written_after_commit_in_the_members_language(sign_up, run_jobs, mails):
    await sign_up("ada", first_name="<Ada & Co>", language="de")
    assert mails() == []
    await run_jobs()
    (mail,) = mails()
    assert mail["To"] == "ada@mail.example"
    assert mail["Subject"].startswith("Bestätigen")
    plain = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    code = next(word for word in plain.split() if word.isdigit() and len(word) == 6)
    assert code in html
    assert "Hallo <Ada & Co>" in plain
    assert "<Ada" not in html
    assert "&lt;Ada &amp; Co&gt;" in html


async def test_request_language_is_used_where_the_member_named_none(
    client, password, run_jobs, mails
):
    sent = {"username": "ada", "email": "ada@mail.example", "password": password}
    await client.post("/v1/auth/signup", json=sent, headers={"Accept-Language": "es-MX"})
    await run_jobs()
    assert mails()[0]["Content-Language"] == "es"


async def test_failed_signup_sends_no_mail(client, sign_up, password, run_jobs, mails):
    await sign_up("ada")
    sent = {"username": "bob", "email": "ada@mail.example", "password": password}
    assert (await client.post("/v1/auth/signup", json=sent)).status_code == 409
    await run_jobs()
    assert len(mails()) == 1


async def test_right_code_verifies_once_and_refresh_tells(client, sign_up, mailed_code):
    made = await sign_up("ada")
    code = await mailed_code()
    verified = await verify(client, made, code)
    assert (verified.status_code, verified.json()["verified"]) == (200, True)
    again = await verify(client, made, code)
    assert (again.status_code, again.json()["code"]) == (409, "email_already_verified")
    answer = await client.post("/v1/auth/refresh", json={"refresh_token": made["refresh_token"]})
    assert answer.json()["user"]["verified"] is True


async def test_code_used_at_once_by_many_succeeds_once(client, sign_up, mailed_code, redis):
    made = await sign_up("ada")
    code = await mailed_code()
    answers = await asyncio.gather(*(verify(client, made, code) for _ in range(9)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 8


async def test_five_wrong_tries_at_once_make_the_right_code_useless(client, sign_up, mailed_code):
    made = await sign_up("ada")
    code = await mailed_code()
    wrong = await asyncio.gather(*(verify(client, made, other(code)) for _ in range(8)))
    codes = sorted(answer.json()["code"] for answer in wrong)
    assert codes == ["code_expired"] * 3 + ["invalid_code"] * 5
    assert {answer.status_code for answer in wrong} == {422}
    right = await verify(client, made, code)
    assert (right.status_code, right.json()["code"]) == (422, "code_expired")


async def test_code_expires_after_fifteen_minutes(client, sign_up, mailed_code, database):
    made = await sign_up("ada")
    code = await mailed_code()
    async with database.transaction() as session:
        lasting = await session.scalar(
            text("UPDATE codes SET expires_at = now() RETURNING old.expires_at - now()")
        )
    assert 14 * 60 < lasting.total_seconds() <= 15 * 60
    late = await verify(client, made, code)
    assert (late.status_code, late.json()["code"]) == (422, "code_expired")


async def test_code_of_another_member_is_wrong(client, sign_up, mailed_code):
    await sign_up("ada")
    code = await mailed_code()
    other_member = await sign_up("bob")
    await mailed_code()
    answer = await verify(client, other_member, code)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "code", [None, "", [], ["123456"], 123456, "12345", "\uff11\uff12\uff13\uff14\uff15\uff16", {}]
)
async def test_what_is_no_code_is_422_and_takes_no_try(
    client, sign_up, mailed_code, database, code
):
    made = await sign_up("ada")
    await mailed_code()
    assert (await verify(client, made, code)).status_code == 422
    async with database.reading() as session:
        assert await session.scalar(text("SELECT tries FROM codes")) == 0


async def test_resend_waits_a_minute_then_only_the_new_code_counts(
    client, sign_up, mailed_code, database
):
    made = await sign_up("ada")
    first = await mailed_code()
    early = await client.post("/v1/auth/verify-email/resend", headers=made["headers"])
    assert early.status_code == 429
    assert 1 <= int(early.headers["retry-after"]) <= 60
    async with database.transaction() as session:
        await session.execute(text("UPDATE codes SET requested_at = now() - interval '61 s'"))
    answers = await asyncio.gather(
        *(client.post("/v1/auth/verify-email/resend", headers=made["headers"]) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [202, 429, 429, 429, 429]
    second = await mailed_code()
    if first != second:
        assert (await verify(client, made, first)).status_code == 422
    assert (await verify(client, made, second)).status_code == 200


async def test_code_stands_in_no_table(sign_up, mailed_code, database):
    await sign_up("ada")
    code = await mailed_code()
    async with database.reading() as session:
        for table in ("codes", "jobs", "outbox", "users", "idempotency_keys"):
            statement = f"SELECT string_agg(t::text, ' ') FROM {table} t"  # noqa: S608 - ours
            rows = await session.execute(text(statement))
            words = (rows.scalar() or "").replace(",", " ").replace('"', " ").split()
            assert code not in words


async def test_guessing_over_many_codes_is_slowed(client, sign_up, mailed_code, database):
    made = await sign_up("ada")
    code = await mailed_code()
    statuses = []
    for _ in range(12):
        async with database.transaction() as session:
            await session.execute(text("UPDATE codes SET tries = 0"))
        statuses.append((await verify(client, made, other(code))).status_code)
    assert statuses == [422] * 10 + [429] * 2


def test_codes_are_six_digits_leading_zeros_kept(monkeypatch):
    assert all(len(new_code()) == 6 and new_code().isdigit() for _ in range(200))
    monkeypatch.setattr("secrets.randbelow", lambda _: 42)
    assert new_code() == "000042"
