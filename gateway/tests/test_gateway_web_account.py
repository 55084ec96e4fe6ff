"""Signing up, confirming, resetting, a provider, and letting applications in."""

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from gateway_web import HTML, form_token, send, sign_in


async def test_a_new_member_goes_from_form_to_code_to_welcome(
    gateway: Any, web_api: Any, tokens: Any
) -> None:
    web_api.answers("/v1/auth/signup", status=201, body=tokens(verified=False, boarded=False))
    answer = await send(
        gateway.client,
        "/sign-up?lang=fr",
        username="ada",
        email="ada@example.org",
        password="words words",
    )
    assert answer.headers["location"] == "/verify"
    [signup] = web_api.received("/v1/auth/signup")
    assert orjson.loads(signup.body) == {
        "username": "ada", "email": "ada@example.org", "password": "words words",
        "first_name": None, "last_name": None, "language": "fr",
    }  # fmt: skip
    shown = await gateway.client.get("/verify", headers=HTML)
    assert "ada@example.org" in shown.text
    web_api.answers("/v1/auth/verify-email", status=422, body=orjson.dumps(
        {"code": "wrong_code", "detail": "That is not it.", "errors": []}))  # fmt: skip
    wrong = await send(gateway.client, "/verify", code="000 000")
    assert wrong.status_code == 422
    assert 'id="f-code-error">That is not it.' in wrong.text
    assert orjson.loads(web_api.received("/v1/auth/verify-email")[0].body) == {"code": "000000"}
    web_api.answers("/v1/auth/verify-email", body=b"{}")
    web_api.answers("/v1/auth/refresh", body=tokens(verified=True, boarded=False))
    right = await send(gateway.client, "/verify", code="123456")
    assert (right.status_code, right.headers["location"]) == (303, "/welcome")
    assert len(web_api.received("/v1/auth/refresh")) == 1, "the claims are fresh"


@pytest.mark.parametrize(
    ("code", "field"), [("username_taken", "username"), ("email_taken", "email")]
)
async def test_a_taken_name_stands_beside_its_field(
    gateway: Any, web_api: Any, code: str, field: str
) -> None:
    body = {"code": code, "detail": "Somebody has that."}
    web_api.answers("/v1/auth/signup", status=409, body=orjson.dumps(body))
    answer = await send(
        gateway.client, "/sign-up", username="ada", email="ada@example.org", password="x"
    )
    assert answer.status_code == 409
    assert f'id="f-{field}-error">Somebody has that.' in answer.text


async def test_a_forgotten_password_tells_nobody_who_is_a_member(
    gateway: Any, web_api: Any
) -> None:
    web_api.answers("/v1/auth/password-reset", status=202, body=b"{}")
    answer = await send(gateway.client, "/forgotten", email="ada@example.org")
    assert answer.status_code == 200
    assert "If there is such an account" in answer.text
    assert 'value="ada@example.org"' in answer.text
    web_api.answers("/v1/auth/password-reset/confirm", status=204, body=b"")
    done = await send(
        gateway.client,
        "/reset",
        email="ada@example.org",
        code="123 456",
        new_password="new words here",
    )
    assert done.headers["location"] == "/sign-in"
    [confirm] = web_api.received("/v1/auth/password-reset/confirm")
    assert orjson.loads(confirm.body)["code"] == "123456"


async def test_a_provider_is_offered_where_there_is_one(
    start_gateway: Any, web_api: Any, tokens: Any
) -> None:
    web_api.answers("/v1/auth/google", status=404, body=b'{"code":"provider_not_configured"}')
    without = await start_gateway()
    assert "Google" not in (await without.client.get("/sign-in", headers=HTML)).text
    url = "https://accounts.provider.example/o?x=1"
    web_api.answers("/v1/auth/google", body=orjson.dumps({"authorization_url": url, "state": "s"}))
    gateway = await start_gateway()
    assert 'href="/auth/google"' in (await gateway.client.get("/sign-in", headers=HTML)).text
    step = await gateway.client.get("/auth/google", headers=HTML)
    policy = step.headers.get_list("content-security-policy")[0]
    assert "form-action 'self' https://accounts.provider.example;" in policy
    answer = await gateway.client.post(
        "/auth/google", data={"form_token": form_token(step.text)}, headers=HTML
    )
    assert answer.headers["location"] == url
    [challenge] = parse_qs(urlsplit(web_api.received("/v1/auth/google")[-1].target).query)[
        "challenge"
    ]
    web_api.answers("/v1/auth/google", body=tokens())
    back = await gateway.client.get("/auth/google/callback?code=c&state=s", headers=HTML)
    assert back.headers["location"] == "/"
    sent = orjson.loads(web_api.received("/v1/auth/google")[-1].body)
    digest = hashlib.sha256(sent["verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge
    assert "set-cookie" in back.headers


async def test_nobody_is_signed_in_by_a_link_of_another(gateway: Any, web_api: Any) -> None:
    answer = await gateway.client.get("/auth/google/callback?code=c&state=s", headers=HTML)
    assert answer.headers["location"] == "/sign-in"
    assert web_api.received("/v1/auth/google") == []


ASKED = {
    "response_type": "code", "client_id": "0190", "redirect_uri": "https://app.example/back",
    "code_challenge": "c" * 43, "code_challenge_method": "S256", "scope": "read", "state": "a&b",
}  # fmt: skip


async def test_an_application_is_let_in_by_its_member_alone(gateway: Any, web_api: Any) -> None:
    application = {"name": "Reel <Notes>"}
    web_api.answers("/v1/oauth/authorize", body=orjson.dumps(
        {"application": application, "scopes": ["read"], "redirect_uri": ASKED["redirect_uri"]}))  # fmt: skip
    guest = await gateway.client.get("/oauth/authorize", params=ASKED, headers=HTML)
    assert guest.status_code == 303
    then = parse_qs(urlsplit(guest.headers["location"]).query)["next"][0]
    assert then.startswith("/oauth/authorize?")
    assert "state=a%26b" in then
    answer = await sign_in(gateway.client, next=then)
    assert answer.headers["location"] == then, "back to the question"
    page = await gateway.client.get(then, headers=HTML)
    assert "Reel &lt;Notes&gt;" in page.text
    assert "form-action 'self' https://app.example;" in page.headers["content-security-policy"]
    web_api.answers(
        "/v1/oauth/authorize", body=b'{"redirect_to":"https://app.example/back?code=1"}'
    )
    data = {**ASKED, "form_token": form_token(page.text), "decision": "allow"}
    answer = await gateway.client.post("/oauth/authorize", data=data, headers=HTML)
    assert answer.headers["location"] == "https://app.example/back?code=1"
    sent = orjson.loads(web_api.received("/v1/oauth/authorize")[-1].body)
    assert sent == {**ASKED, "approve": True}
    await gateway.client.post("/oauth/authorize", data={**data, "decision": ""}, headers=HTML)
    assert orjson.loads(web_api.received("/v1/oauth/authorize")[-1].body)["approve"] is False
    before = len(web_api.received("/v1/oauth/authorize"))
    forged = await gateway.client.post(
        "/oauth/authorize", data={**data, "form_token": "x"}, headers=HTML
    )
    assert forged.status_code == 403
    assert len(web_api.received("/v1/oauth/authorize")) == before


@pytest.mark.parametrize(
    ("uri", "source"),
    [("com.example.app:/back", "com.example.app:"), ("http://127.0.0.1:9000/x", "http://127.0.0.1:9000"),
     ("https://a.example;script-src *", ""), ("https://[::1]:1/x", "https://[::1]:1"), ("//x y/", "")],
)  # fmt: skip
def test_a_policy_names_where_a_form_leads_and_nothing_more(uri: str, source: str) -> None:
    from marquee_gateway.web.consent import _source

    assert _source(uri) == source


async def test_a_wrong_request_sends_nobody_anywhere(gateway: Any, web_api: Any) -> None:
    web_api.answers("/v1/oauth/authorize", status=422, body=orjson.dumps(
        {"code": "x", "detail": "That is no request.", "errors": []}))  # fmt: skip
    await sign_in(gateway.client)
    page = await gateway.client.get("/oauth/authorize", params=ASKED, headers=HTML)
    assert page.status_code == 422
    assert "That is no request." in page.text
    assert "app.example" not in page.headers["content-security-policy"]


async def test_a_device_is_compared_before_it_is_let_in(gateway: Any, web_api: Any) -> None:
    await sign_in(gateway.client)
    web_api.answers("/v1/oauth/device", status=404, body=b'{"code":"x","detail":"No such code."}')
    wrong = await gateway.client.get("/device?user_code=NOPE", headers=HTML)
    assert wrong.status_code == 404
    assert 'id="f-user_code-error">No such code.' in wrong.text
    assert 'value="NOPE"' in wrong.text
    web_api.answers("/v1/oauth/device", body=orjson.dumps(
        {"application": {"name": "TV"}, "scopes": ["read", "write"], "device": "Lounge", "address": "192.0.2.1"}))  # fmt: skip
    shown = await gateway.client.get("/device?user_code=ABCD-EFGH", headers=HTML)
    assert re.search(r"“Lounge”.*192\.0\.2\.1", shown.text)
    web_api.answers("/v1/oauth/device", status=204, body=b"")
    data = {"form_token": form_token(shown.text), "user_code": "ABCD-EFGH", "decision": "allow"}
    done = await gateway.client.post("/device", data=data, headers=HTML)
    assert done.status_code == 303
    sent = orjson.loads(web_api.received("/v1/oauth/device")[-1].body)
    assert sent == {"user_code": "ABCD-EFGH", "approve": True}
