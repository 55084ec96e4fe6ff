"""What is secret stays out of logs; and without Redis nobody tries anything."""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from oidc_server import CLIENT_ID, CLIENT_SECRET, oidc_server
from pydantic import SecretStr
from redis.exceptions import ConnectionError as RedisConnectionError

from marquee_identity.settings import IdentitySettings
from marquee_shared.logs import JsonFormatter

NEW_PASSWORD = "harbour-velvet-93-cicada"
NEW_EMAIL = "countess@mail.example"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest_asyncio.fixture
async def provider():
    async with oidc_server() as running:
        yield running


@pytest.fixture
def settings(settings, provider):
    return settings.model_copy(
        update={
            "google_client_id": CLIENT_ID,
            "google_client_secret": SecretStr(CLIENT_SECRET),
            "google_discovery_url": f"{provider.url}/.well-known/openid-configuration",
            "google_plain_http_hosts": provider.url.removeprefix("http://"),
        }
    )


@pytest.fixture
def logged(caplog):
    """Return all that was logged, as it is written; but for the client of the test itself."""
    caplog.set_level(logging.INFO)
    formatter = JsonFormatter("test")

    def read():
        records = [record for record in caplog.records if record.name != "httpx"]
        return "\n".join(formatter.format(record) for record in records)

    return read


@pytest_asyncio.fixture
async def application(client, verified):
    body = {"name": "TV", "redirect_uris": ["https://tv.example/cb"]}
    made = await client.post("/v1/me/applications", json=body, headers=verified["headers"])
    return made.json()["id"]


async def spend(client, known, grant, **fields):
    """Ask for tokens twice, so that an error is logged where one would be; note what is secret."""
    for _ in "ab":
        answer = await client.post("/v1/oauth/token", data={"grant_type": grant, **fields})
        known.update(
            value for name, value in answer.json().items() if name.endswith(("_token", "_code"))
        )


async def test_no_code_token_password_or_address_is_logged(
    client, verified, application, password, provider, run_jobs, mailed_code, logged
):
    headers = verified["headers"]
    known = {"ada@mail.example", NEW_EMAIL, password, NEW_PASSWORD, CLIENT_SECRET, VERIFIER}
    known |= {verified["access_token"], verified["refresh_token"]}

    await client.put(
        "/v1/me/email", json={"email": NEW_EMAIL, "current_password": password}, headers=headers
    )
    code = await mailed_code()
    for given in ("000000", code):
        await client.post("/v1/me/email/confirm", json={"code": given}, headers=headers)
    mailed = {code}

    asked = {
        "response_type": "code",
        "client_id": application,
        "redirect_uri": "https://tv.example/cb",
        "state": "a-state-of-the-application",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    await client.get("/v1/oauth/authorize", params=asked, headers=headers)
    told = await client.post(
        "/v1/oauth/authorize", json={**asked, "approve": True}, headers=headers
    )
    code = parse_qs(urlsplit(told.json()["redirect_to"]).query)["code"][0]
    known |= {code, asked["state"]}
    await spend(
        client, known, "authorization_code", client_id=application, code=code,
        redirect_uri=asked["redirect_uri"], code_verifier=VERIFIER,
    )  # fmt: skip

    begun = await client.post("/v1/oauth/device_authorization", data={"client_id": application})
    known |= {begun.json()["device_code"], begun.json()["user_code"]}
    typed = {"user_code": begun.json()["user_code"]}
    await client.get("/v1/oauth/device", params=typed, headers=headers)
    await client.post("/v1/oauth/device", json={**typed, "approve": True}, headers=headers)
    await spend(
        client, known, DEVICE_GRANT, client_id=application,
        device_code=begun.json()["device_code"],
    )  # fmt: skip

    started = (await client.get("/v1/auth/google")).json()
    back = provider.authorize(started["authorization_url"])
    for _ in "ab":
        answer = await client.post("/v1/auth/google", json=back)
        known |= {str(value) for name, value in answer.json().items() if name.endswith("_token")}
    known |= {back["code"], back["state"]}

    await run_jobs()
    assert (
        await client.post("/v1/auth/password-reset", json={"email": NEW_EMAIL})
    ).status_code == 202
    await run_jobs()
    code = await mailed_code()
    mailed.add(code)
    body = {"email": NEW_EMAIL, "code": code, "new_password": NEW_PASSWORD}
    for given in ("000000", code):
        await client.post("/v1/auth/password-reset/confirm", json={**body, "code": given})
    await client.post("/v1/auth/login", json={"login": NEW_EMAIL, "password": NEW_PASSWORD})
    await run_jobs()

    written = logged()
    assert "/v1/oauth/token" in written, "requests are not logged here: this test sees nothing"
    assert len(known) > 15
    assert not [secret for secret in known if secret in written]
    words = set(written.replace('"', " ").split())
    assert not mailed & words


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("POST", "/v1/auth/verify-email", {"json": {"code": "123456"}}),
        ("POST", "/v1/auth/password-reset", {"json": {"email": "ada@mail.example"}}),
        ("POST", "/v1/auth/password-reset/confirm", {"json": {
            "email": "ada@mail.example", "code": "123456", "new_password": NEW_PASSWORD}}),
        ("PUT", "/v1/me/email", {"json": {"email": NEW_EMAIL, "current_password": "x"}}),
        ("PATCH", "/v1/me", {"json": {"email": NEW_EMAIL, "current_password": "x"}}),
        ("POST", "/v1/me/email/confirm", {"json": {"code": "123456"}}),
        ("GET", "/v1/oauth/device", {"params": {"user_code": "BBBB-BBBB"}}),
        ("POST", "/v1/oauth/device", {"json": {"user_code": "BBBB-BBBB", "approve": True}}),
        ("POST", "/v1/oauth/device_authorization", {"data": {
            "client_id": "00000000-0000-4000-8000-000000000000"}}),
    ],
)  # fmt: skip
async def test_without_redis_nobody_tries_a_code(
    client, verified, app, monkeypatch, method, path, given
):
    async def fail(**_):
        raise RedisConnectionError

    monkeypatch.setattr(app.state.context.state["identity"].attempts, "_take", fail)
    answer = await client.request(method, path, headers=verified["headers"], **given)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert answer.headers["retry-after"]


def test_a_blank_secret_is_none(monkeypatch):
    for name in ("PREVIOUS_KEY_ENCRYPTION_KEY", "GOOGLE_CLIENT_SECRET", "SMTP_URL"):
        monkeypatch.setenv(name, "")
    found = IdentitySettings()
    assert found.previous_key_encryption_key is None
    assert found.google_client_secret is None
    assert found.smtp_url is None
