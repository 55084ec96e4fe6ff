"""Reporting on pages, and what moderators do there."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import pytest_asyncio
from gateway_web import HTML, send, sign_in

AT = "2026-01-01T00:00:00Z"
THEO = {"id": "1", "username": "theo", "name": "Theo", "avatar_url": None}
QUEUE = "/v1/moderation/reports"
REPORT = {
    "id": 5, "target": {"type": "review", "id": 7}, "reason": "spoiler", "note": "Look <b>",
    "state": "open", "action": None, "author": THEO, "reporter": {**THEO, "name": "Lin"},
    "snapshot": {"title": "Cold <i>", "content": "The cat lives."}, "open_reports": 2, "appeal": None,
    "appealed_at": None, "decided_at": None, "decision_note": "", "suspended_until": None,
    "created_at": AT, "updated_at": AT,
}  # fmt: skip
ENTRY = {
    "id": 1, "report_id": 5, "target": REPORT["target"], "state": "actioned", "action": "hide",
    "note": "Too much told.", "moderator": {**THEO, "name": "Mia"}, "member": THEO, "at": AT,
    "suspended_until": None,
}  # fmt: skip


def listed(*items: Any) -> bytes:
    return orjson.dumps({"items": items, "next_cursor": None})


@pytest.fixture
def house(web_api: Any, tokens: Any) -> Any:
    """Services that know a moderator and a report."""
    web_api.answers("/v1/auth/login", body=tokens(roles=["member", "moderator"]))
    web_api.answers(QUEUE, body=listed(REPORT))
    web_api.answers(f"{QUEUE}/5", body=orjson.dumps(REPORT))
    web_api.answers("/v1/moderation/log", body=listed(ENTRY))
    return web_api


@pytest_asyncio.fixture
async def moderator(gateway: Any, house: Any) -> Any:
    """A moderator's browser."""
    await sign_in(gateway.client)
    return gateway.client


async def test_moderators_find_what_waits(moderator: Any, house: Any) -> None:
    page = await moderator.get("/moderation?reason=spoiler&target=", headers=HTML)
    assert "Cold &lt;i&gt;" in page.text
    assert "2 reports" in page.text
    assert '<option value="spoiler" selected>' in page.text
    [call] = house.received(QUEUE)
    assert "state=open" in call.target
    assert "reason=spoiler" in call.target
    assert "target" not in call.target
    assert 'href="/moderation"' in (await moderator.get("/", headers=HTML)).text


@pytest.mark.parametrize("path", ["/moderation", "/moderation/5", "/moderation/log"])
async def test_nobody_else_does(gateway: Any, house: Any, tokens: Any, path: str) -> None:
    house.answers("/v1/auth/login", body=tokens())
    for place in (QUEUE, f"{QUEUE}/5", "/v1/moderation/log"):
        house.answers(place, status=403, body=b'{"code":"forbidden","detail":"No."}')
    await sign_in(gateway.client)
    page = await gateway.client.get(path, headers=HTML)
    assert page.status_code == 403
    assert "This is not for you" in page.text
    assert 'href="/moderation"' not in page.text


async def test_a_report_shows_what_was_written_then(moderator: Any) -> None:
    page = await moderator.get("/moderation/5", headers=HTML)
    assert "The cat lives." in page.text
    assert "Look &lt;b&gt;" in page.text
    assert "decided by Mia" in page.text
    assert " style=" not in page.text


@pytest.mark.parametrize(
    ("way", "body"),
    [("dismiss", {"state": "dismissed"}), ("hide", {"state": "actioned", "action": "hide"}),
     ("uphold", {"state": "actioned"})],
)  # fmt: skip
async def test_a_decision_says_what_is_to_happen(
    moderator: Any, house: Any, way: str, body: dict[str, str]
) -> None:
    await send(moderator, "/moderation/5", do=way, note="So be it.", days="7")
    [call] = [one for one in house.received(f"{QUEUE}/5") if one.method == "PATCH"]
    assert orjson.loads(call.body) == {**body, "note": "So be it."}


@pytest.mark.parametrize(("days", "ends"), [("7", True), ("ever", False)])
async def test_a_suspension_lasts_as_long_as_was_chosen(
    moderator: Any, house: Any, days: str, ends: bool
) -> None:
    await send(moderator, "/moderation/5", do="suspend", note="", days=days)
    [call] = [one for one in house.received(f"{QUEUE}/5") if one.method == "PATCH"]
    body = orjson.loads(call.body)
    assert ("until" in body) is ends
    if ends:
        left = datetime.fromisoformat(body["until"]) - datetime.now(UTC)
        assert left.days in {6, 7}


async def test_a_decision_that_does_not_fit_keeps_what_was_written(
    moderator: Any, house: Any
) -> None:
    async def one(request: Any) -> Any:
        if request.method == "PATCH":
            return house.reply(status=409, body=b'{"code":"report_decided","detail":"Too late."}')
        return house.reply(body=orjson.dumps(REPORT))

    house.answers(f"{QUEUE}/5", one)
    answer = await send(moderator, "/moderation/5", do="hide", note="My <b> words")
    assert answer.status_code == 409
    assert "Too late." in answer.text
    assert "My &lt;b&gt; words" in answer.text
    assert 'value="hide" required checked' in answer.text


# reporting


@pytest.mark.parametrize(
    ("kind", "number", "target"),
    [("review", "7", {"type": "review", "id": 7}), ("user", "theo", {"type": "user", "id": "theo"}),
     ("user", "12", {"type": "user", "id": "12"})],
)  # fmt: skip
async def test_a_report_tells_of_the_thing_and_goes_back_to_it(
    moderator: Any, house: Any, kind: str, number: str, target: dict[str, Any]
) -> None:
    house.answers("/v1/reports", status=201, body=b"{}")
    answer = await send(
        moderator, "/report", page=f"/report?type={kind}&id={number}", type=kind, id=number,
        reason="spam", note="", next="/films/alien-1979",
    )  # fmt: skip
    assert answer.headers["location"] == "/films/alien-1979"
    [call] = house.received("/v1/reports")
    assert orjson.loads(call.body) == {"target": target, "reason": "spam", "note": ""}


async def test_a_report_without_a_reason_is_told_beside_it(moderator: Any, house: Any) -> None:
    error = {"pointer": "/reason", "code": "enum", "detail": "Wrong."}
    house.answers("/v1/reports", status=422, body=orjson.dumps(
        {"code": "validation_failed", "detail": "No.", "errors": [error]}))  # fmt: skip
    answer = await send(
        moderator, "/report", page="/report?type=review&id=7", type="review", id="7",
        note="A <b> note",
    )  # fmt: skip
    assert 'id="reason-error">Please choose a reason.' in answer.text
    assert "A &lt;b&gt; note" in answer.text
    assert 'name="id" value="7"' in answer.text


@pytest.mark.parametrize("query", ["", "?type=film&id=1", "?type=review"])
async def test_there_is_nothing_else_to_report(moderator: Any, query: str) -> None:
    assert (await moderator.get(f"/report{query}", headers=HTML)).status_code == 404


@pytest.mark.parametrize("language", ["en", "es", "fr", "de"])
@pytest.mark.parametrize("path", ["/moderation", "/moderation/5", "/moderation/log"])
async def test_moderation_speaks_every_language(moderator: Any, path: str, language: str) -> None:
    page = await moderator.get(f"{path}?lang={language}", headers=HTML)
    assert page.status_code == 200
    assert page.headers["content-language"] == language
