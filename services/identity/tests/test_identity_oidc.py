"""Signing in by a provider, against one of our own over real HTTP."""

import asyncio
import io

import pytest
import pytest_asyncio
from joserfc import jws
from joserfc.jwk import RSAKey
from oidc_server import CLIENT_ID, CLIENT_SECRET, oidc_server
from orjson import loads
from PIL import Image
from pydantic import SecretStr, ValidationError
from sqlalchemy import text

from marquee_identity.oidc.pending import s256
from marquee_identity.oidc.pictures import is_allowed
from marquee_identity.settings import IdentitySettings
from marquee_shared.events.identity import UserCreated
from marquee_shared.events.social import MemberSuspended

PATH = "/v1/auth/google"


@pytest_asyncio.fixture
async def provider():
    async with oidc_server() as running:
        yield running


@pytest.fixture
def settings(settings, provider):
    place = provider.url.removeprefix("http://")
    return settings.model_copy(
        update={
            "google_client_id": CLIENT_ID,
            "google_client_secret": SecretStr(CLIENT_SECRET),
            "google_discovery_url": f"{provider.url}/.well-known/openid-configuration",
            "google_plain_http_hosts": place,
            "google_picture_hosts": "127.0.0.1",
        }
    )


@pytest.fixture
def begin(client):
    async def start(**query):
        answer = await client.get(PATH, params=query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return answer.json()

    return start


@pytest.fixture
def sign_in(client, begin, provider):
    async def go(**changes):
        started = await begin()
        back = {**provider.authorize(started["authorization_url"]), **changes}
        return await client.post(PATH, json=back)

    return go


@pytest.fixture
def verified(client, sign_up, mailed_code):
    async def make(username="ada"):
        made = await sign_up(username)
        code = await mailed_code()
        answer = await client.post(
            "/v1/auth/verify-email", json={"code": code}, headers=made["headers"]
        )
        assert answer.status_code == 200
        return made

    return make


def claims(token):
    return loads(jws.extract_compact(token.encode()).payload)


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_new_identity_makes_a_verified_account_and_signs_in_to_it_again(
    client, sign_in, sink, database
):
    first = await sign_in()
    assert first.status_code == 200, first.text
    user = first.json()["user"]
    assert (user["username"], user["name"]) == ("ada-lovelace", "Ada Lovelace")
    assert (user["email"], user["verified"], user["language"]) == ("ada@mail.example", True, "fr")
    assert claims(first.json()["access_token"])["verified"] is True
    headers = {"Authorization": f"Bearer {first.json()['access_token']}"}
    assert (await client.get("/v1/me", headers=headers)).status_code == 200
    again = await sign_in()
    assert again.json()["user"]["id"] == user["id"]
    assert len(await sink.events(UserCreated)) == 1
    async with database.reading() as session:
        assert await session.scalar(text("SELECT password_hash FROM users")) is None


async def test_identity_stays_linked_whatever_becomes_of_its_address(sign_in, provider):
    first = await sign_in()
    provider.person |= {"email": "other@mail.example", "email_verified": False}
    assert (await sign_in()).json()["user"]["id"] == first.json()["user"]["id"]


async def test_verified_account_is_linked_and_its_member_told(
    client, sign_in, verified, run_jobs, mails, provider
):
    made = await verified()
    provider.person["email"] = "ADA@Mail.Example"
    answer = await sign_in()
    assert answer.json()["user"]["id"] == made["user"]["id"]
    events = await client.get("/v1/me/security-events", headers=made["headers"])
    assert "identity_linked" in [item["kind"] for item in events.json()["items"]]
    await run_jobs()
    assert any("Google" in mail["Subject"] for mail in mails())


async def test_account_that_has_not_proved_the_address_is_not_linked(sign_in, sign_up, database):
    """Whoever signs up with another's address must not share the account they come to later."""
    await sign_up("ada")
    refused(await sign_in(), 409, "account_not_verified")
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM linked_identities")) == 0


@pytest.mark.parametrize("vouched", [False, None, "true", 1])
@pytest.mark.parametrize("known", [True, False])
async def test_address_the_provider_does_not_vouch_for_counts_for_nothing(
    sign_in, verified, provider, vouched, known
):
    if known:
        await verified()
    provider.person["email_verified"] = vouched
    refused(await sign_in(), 403, "provider_email_not_verified")


async def test_account_linked_to_one_identity_is_not_linked_to_a_second(
    sign_in, verified, provider
):
    await verified()
    await sign_in()
    provider.person["sub"] = "another"
    refused(await sign_in(), 409, "other_identity_linked")


async def test_state_and_code_work_once_though_used_at_once(client, begin, provider):
    back = provider.authorize((await begin())["authorization_url"])
    answers = await asyncio.gather(*(client.post(PATH, json=back) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 7
    refused(await client.post(PATH, json=back), 422, "sign_in_refused")


async def test_first_sign_ins_at_once_make_one_account(sign_in, database):
    answers = await asyncio.gather(*(sign_in() for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["user"]["id"] for answer in answers}) == 1
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM users")) == 1


async def test_code_of_one_sign_in_does_not_go_with_the_state_of_another(client, begin, provider):
    mine = provider.authorize((await begin())["authorization_url"])
    theirs = provider.authorize((await begin())["authorization_url"])
    mixed = {"code": theirs["code"], "state": mine["state"]}
    refused(await client.post(PATH, json=mixed), 422, "sign_in_refused")


async def test_challenge_binds_the_sign_in_to_who_began_it(client, begin, provider):
    verifier = "v" * 43
    for given, status in ((None, 422), ("w" * 43, 422), (verifier, 200)):
        started = await begin(challenge=s256(verifier))
        back = provider.authorize(started["authorization_url"])
        body = back if given is None else {**back, "verifier": given}
        assert (await client.post(PATH, json=body)).status_code == status


async def test_state_expires(begin, redis):
    await begin()
    (key,) = await redis.keys("oidc:state:*")
    assert 0 < await redis.ttl(key) <= 600


async def test_made_up_state_or_code_is_refused(sign_in):
    refused(await sign_in(state="made-up"), 422, "sign_in_refused")
    refused(await sign_in(code="made-up"), 422, "sign_in_refused")


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another-client"]},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"exp": 1},
        {"iat": 99_999_999_999},
    ],
)
async def test_id_token_that_is_not_for_us_now_is_not_believed(sign_in, provider, wrong):
    provider.claims = wrong
    refused(await sign_in(), 502, "provider_unavailable")


async def test_nonce_of_another_sign_in_is_refused(sign_in, provider):
    provider.claims = {"nonce": "replayed"}
    refused(await sign_in(), 422, "sign_in_refused")


async def test_forged_signature_is_refused_and_a_rotated_key_is_found(sign_in, provider):
    assert (await sign_in()).status_code == 200
    provider.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig", "alg": "RS256"})
    refused(await sign_in(), 502, "provider_unavailable")
    provider.published = [provider.key]
    assert (await sign_in()).status_code == 200


async def test_endpoints_without_tls_are_not_called(client, provider):
    provider.document = {"token_endpoint": "http://elsewhere.example/token"}
    refused(await client.get(PATH), 502, "provider_unavailable")


async def test_suspended_member_does_not_get_in_this_way(sign_in, deliver):
    made = await sign_in()
    data = MemberSuspended(user_id=made.json()["user"]["id"], until=None, reason="spam")
    await deliver((data, 1))
    refused(await sign_in(), 403, "account_suspended")


@pytest.mark.parametrize("value", [None, "", [], {}, 7])
async def test_malformed_bodies_are_422(sign_in, value):
    for field in ("code", "state"):
        assert (await sign_in(**{field: value})).status_code == 422


async def test_taken_names_get_another_ending(sign_in, sign_up, provider):
    await sign_up("ada-lovelace")
    provider.person["email"] = "lady@mail.example"
    username = (await sign_in()).json()["user"]["username"]
    assert username.startswith("ada-lovelace-")


async def test_names_of_the_house_are_not_given(sign_in, provider):
    provider.person |= {"given_name": "Admin", "family_name": None}
    assert (await sign_in()).json()["user"]["username"].startswith("admin-")


def drawn(size, kind="PNG"):
    content = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(content, kind)
    return content.getvalue()


async def test_picture_is_drawn_anew_and_shown(client, sign_in, provider, run_jobs):
    provider.pictures["ada"] = (200, drawn((300, 200)) + b"<script>a polyglot</script>")
    provider.person["picture"] = f"{provider.url}/picture/ada"
    made = await sign_in()
    assert made.json()["user"]["avatar_url"] is None
    await run_jobs()
    user = (await sign_in()).json()["user"]
    shown = await client.get(user["avatar_url"])
    assert shown.status_code == 200
    assert b"<script>" not in shown.content
    assert Image.open(io.BytesIO(shown.content)).size == (160, 160)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("missing", (404, b"")),
        ("elsewhere", (302, b"")),
        ("page", (200, b"<svg xmlns='http://www.w3.org/2000/svg'/>")),
        ("huge", (200, b"\x89PNG" + bytes(5_000_001))),
    ],
)
async def test_what_is_no_good_picture_is_left_alone(
    sign_in, provider, run_jobs, database, name, answer
):
    provider.pictures = {name: answer, "ada": (200, drawn((30, 30)))}
    provider.person["picture"] = f"{provider.url}/picture/{name}"
    await sign_in()
    await run_jobs()
    assert provider.requests == [name]
    assert (await sign_in()).json()["user"]["avatar_url"] is None
    async with database.reading() as session:
        state = "SELECT state FROM jobs WHERE kind = 'adopt_picture'"
        assert await session.scalar(text(state)) == "failed"


async def test_host_that_is_away_is_tried_again(sign_in, provider, run_jobs, database):
    provider.pictures["ada"] = (503, b"")
    provider.person["picture"] = f"{provider.url}/picture/ada"
    await sign_in()
    await run_jobs()
    async with database.reading() as session:
        state = "SELECT state FROM jobs WHERE kind = 'adopt_picture'"
        assert await session.scalar(text(state)) == "queued"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://lh3.googleusercontent.com/a/b=s96-c", True),
        ("https://googleusercontent.com/a", True),
        ("http://lh3.googleusercontent.com/a", False),
        ("https://evilgoogleusercontent.com/a", False),
        ("https://googleusercontent.com.evil.example/a", False),
        ("https://lh3.googleusercontent.com@evil.example/a", False),
        ("https://ada@lh3.googleusercontent.com/a", False),
        ("https://lh3.googleusercontent.com:8443/a", False),
        ("https://lh3.googleusercontent.com:x/a", False),
        ("https://169.254.169.254/latest", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_pictures_come_from_allowed_hosts_only(url, allowed):
    settings = IdentitySettings(environment="test", _env_file=None)
    assert is_allowed(url, settings) is allowed


def test_production_speaks_tls_with_every_provider():
    with pytest.raises(ValidationError, match="GOOGLE_PLAIN_HTTP_HOSTS"):
        IdentitySettings(
            environment="production",
            secret_key=SecretStr("s" * 40),
            key_encryption_key=SecretStr("k" * 40),
            google_plain_http_hosts="127.0.0.1:9",
            _env_file=None,
        )
