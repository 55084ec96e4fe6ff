"""Leaving: signed out at once, undone within the grace, erased everywhere with a receipt after."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from marquee_identity.erasures.service import erase_due
from marquee_shared.events.identity import SessionRevoked, UserDeleted
from marquee_shared.events.rights import (
    CatalogMemberErased,
    RecommenderMemberErased,
    SocialMemberErased,
)


@pytest.fixture
def no_grace(app):
    object.__setattr__(app.state.context.settings, "erasure_grace", timedelta(0))


async def leave(client, made, query=""):
    answer = await client.delete(f"/v1/me{query}", headers=made["headers"])
    assert answer.status_code == 204
    return answer.headers["location"]


async def sign_in(client, username, password):
    return await client.post("/v1/auth/login", json={"login": username, "password": password})


async def test_leaving_ends_every_session_at_once(client, sign_up, password, sink):
    made = await sign_up("ada")
    await sign_in(client, "ada", password)
    receipt = (await client.get(await leave(client, made))).json()
    assert (receipt["state"], receipt["mode"], receipt["services"]) == ("waiting", "remove", [])
    assert len(await sink.events(SessionRevoked)) == 2
    refreshed = await client.post("/v1/auth/refresh", json={"refresh_token": made["refresh_token"]})
    assert refreshed.status_code == 401


async def test_signing_in_within_the_grace_undoes_it(client, sign_up, password, context, sink):
    location = await leave(client, await sign_up("ada"))
    assert (await sign_in(client, "ada", password)).status_code == 200
    answer = await client.get(location)
    assert (answer.status_code, answer.json()["code"]) == (404, "erasure_not_found")
    await erase_due(context)
    assert await sink.events(UserDeleted) == []
    assert (await sign_in(client, "ada", password)).status_code == 200


async def test_nobody_is_erased_before_the_grace_is_over(client, sign_up, password, context, sink):
    await leave(client, await sign_up("ada"))
    await erase_due(context)
    assert await sink.events(UserDeleted) == []
    assert (await sign_in(client, "ada", password)).status_code == 200


async def test_after_the_grace_all_goes_and_the_receipt_says_what(
    client, sign_up, password, context, database, deliver, sink, no_grace
):
    made = await sign_up("ada", first_name="Ada")
    location = await leave(client, made, "?content=anonymise")
    await erase_due(context)
    assert (await sign_in(client, "ada", password)).status_code == 401
    (told,) = await sink.events(UserDeleted)
    assert (str(told.data.id), told.data.mode) == (made["user"]["id"], "anonymise")
    assert location.endswith(str(told.data.receipt_id))
    receipt = (await client.get(location)).json()
    assert receipt["state"] == "erasing"
    (line,) = receipt["services"]
    assert line["service"] == "identity"
    assert (line["removed"]["profile"], line["removed"]["sessions"]) == (1, 1)
    values = {"user_id": told.data.id, "receipt_id": told.data.receipt_id, "anonymised": {}}
    for contract, count in ((CatalogMemberErased, 0), (SocialMemberErased, 7)):
        await deliver((contract(**values, removed={"ratings": count}), 2))
    await deliver((SocialMemberErased(**values, removed={"ratings": 0}), 2))
    assert (await client.get(location)).json()["state"] == "erasing"
    await deliver((RecommenderMemberErased(**values, removed={"interactions": 7}), 2))
    receipt = (await client.get(location)).json()
    assert receipt["state"] == "erased"
    removed = {line["service"]: line["removed"] for line in receipt["services"]}
    assert removed["social"] == {"ratings": 7}
    assert removed["recommender"] == {"interactions": 7}
    async with database.reading() as session:
        stored = str((await session.execute(text("SELECT * FROM erasures"))).all())
        stored += str((await session.execute(text("SELECT * FROM erasure_lines"))).all())
        assert await session.scalar(text("SELECT count(*) FROM users")) == 0
    assert made["user"]["id"] not in stored
    assert "ada" not in stored


async def test_many_workers_erase_once(client, sign_up, context, sink, no_grace):
    await leave(client, await sign_up("ada"))
    await asyncio.gather(*(erase_due(context) for _ in range(8)))
    assert len(await sink.events(UserDeleted)) == 1


async def test_who_signs_in_while_being_erased_is_kept_or_gone_whole(
    client, sign_up, password, context, database, sink, no_grace
):
    for number in range(6):
        await leave(client, await sign_up(f"ada{number}"))
    names = [f"ada{number}" for number in range(6)]
    answers, _ = await asyncio.gather(
        asyncio.gather(*(sign_in(client, name, password) for name in names)), erase_due(context)
    )
    erased = {str(event.data.id) for event in await sink.events(UserDeleted)}
    kept = {a.json()["user"]["id"] for a in answers if a.status_code == 200}
    assert not erased & kept
    assert len(erased) + len(kept) == 6
    assert {a.status_code for a in answers} <= {200, 401}


async def test_answers_about_unknown_receipts_change_nothing(deliver, database):
    nobody = "00000000-0000-4000-8000-000000000000"
    answer = SocialMemberErased(
        user_id=nobody, receipt_id=nobody, removed={"ratings": 1}, anonymised={}
    )
    await deliver((answer, 1), (answer.model_copy(update={"receipt_id": None}), 1))
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM erasure_lines")) == 0


@pytest.mark.parametrize("query", ["?content=keep", "?content=", "?mode=remove"])
async def test_a_wrong_choice_changes_nothing(client, sign_up, query):
    made = await sign_up("ada")
    answer = await client.delete(f"/v1/me{query}", headers=made["headers"])
    assert answer.status_code == 422
    assert (await client.get("/v1/me", headers=made["headers"])).status_code == 200


@pytest.mark.parametrize("language", ["en", "es", "fr", "de"])
async def test_who_leaves_is_mailed_the_receipt_and_how_to_come_back(
    client, sign_up, run_jobs, mails, language
):
    location = await leave(client, await sign_up("ada", language=language))
    due = (await client.get(location)).json()["due_at"]
    await run_jobs()
    mail = mails()[-1]
    assert (mail["To"], mail["Content-Language"]) == ("ada@mail.example", language)
    for kind in ("plain", "html"):
        content = mail.get_body((kind,)).get_content()
        assert f"http://localhost:8000{location}" in content
        assert due[:10] in content


async def test_who_is_back_before_the_mail_gets_none(client, sign_up, password, run_jobs, mails):
    made = await sign_up("ada")
    await run_jobs()
    await leave(client, made)
    await sign_in(client, "ada", password)
    before = len(mails())
    await run_jobs()
    assert all("/v1/erasures/" not in mail.as_string() for mail in mails()[before:])


async def test_nothing_connects_a_receipt_with_who_was_erased(
    client, sign_up, context, database, no_grace, run_jobs
):
    location = await leave(client, await sign_up("ada"))
    await run_jobs()
    await erase_due(context)
    async with database.reading() as session:
        parameters = (await session.scalars(text("SELECT parameters::text FROM jobs"))).all()
    assert all(location.rpartition("/")[2] not in each for each in parameters)
