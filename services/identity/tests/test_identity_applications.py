"""OAuth applications: who owns them, where they may be answered to, what deleting one ends."""

import asyncio

import pytest

from marquee_identity.applications.uris import is_registered

PATH = "/v1/me/applications"


@pytest.fixture
def register(client, verified):
    async def make(**fields):
        body = {"name": "Marquee TV", "redirect_uris": ["https://tv.example/cb"], **fields}
        return await client.post(PATH, json=body, headers=verified["headers"])

    return make


async def test_an_application_is_registered_changed_and_deleted(client, register, verified):
    made = await register()
    assert made.status_code == 201
    assert "secret" not in made.json()
    path, headers = f"{PATH}/{made.json()['id']}", verified["headers"]
    (listed,) = (await client.get(PATH, headers=headers)).json()["items"]
    assert listed == made.json()
    changed = await client.patch(path, json={"name": "TV"}, headers=headers)
    assert (changed.json()["name"], changed.json()["redirect_uris"]) == (
        "TV",
        ["https://tv.example/cb"],
    )
    stale = {**headers, "If-Match": '"1-x"'}
    assert (await client.patch(path, json={"name": "x"}, headers=stale)).status_code == 412
    assert (await client.delete(path, headers=stale)).status_code == 412
    assert (await client.delete(path, headers=headers)).status_code == 204
    assert (await client.delete(path, headers=headers)).status_code == 404
    assert (await client.get(PATH, headers=headers)).json()["items"] == []


async def test_anothers_application_is_nobodys(client, register, sign_up):
    made, other = await register(), await sign_up("bob")
    path = f"{PATH}/{made.json()['id']}"
    answer = await client.patch(path, json={"name": "x"}, headers=other["headers"])
    assert (answer.status_code, answer.json()["code"]) == (404, "application_not_found")
    assert (await client.delete(path, headers=other["headers"])).status_code == 404


async def test_unverified_members_register_none(client, sign_up):
    made = await sign_up("bob")
    answer = await client.post(PATH, json={"name": "x"}, headers=made["headers"])
    assert answer.json()["code"] == "email_not_verified"


async def test_of_many_registered_at_once_none_is_too_many(register):
    answers = await asyncio.gather(*(register() for _ in range(25)))
    assert sum(answer.status_code == 201 for answer in answers) == 20
    assert {answer.status_code for answer in answers} == {201, 409}


@pytest.mark.parametrize(
    "uri",
    ["https://tv.example/cb?a=b", "http://127.0.0.1/cb", "http://127.0.0.1:8400/cb",
     "http://[::1]/cb", "com.example.tv:/cb", "com.example.tv://signed/in"],
)  # fmt: skip
async def test_redirect_uris_that_may_be(register, uri):
    assert (await register(redirect_uris=[uri])).status_code == 201


@pytest.mark.parametrize(
    "uri",
    ["http://tv.example/cb", "http://localhost/cb", "https://tv.example/cb#x", "/cb", "tv:/cb",
     "javascript:alert(1)", "data:text/html,x", "https://user@tv.example/", "https:///cb",
     "https://tv.example/\u00e9", "https://tv.example/a b", "https://tv.example:x/", "", "\x00",
     "https://tv.example\\@evil.example/", "file:///etc/passwd", "http://127.0.0.1.evil.example/",
     "https://" + "x" * 500, "com.example.tv:cb", "https://[/", "http://u@127.0.0.1/cb"],
)  # fmt: skip
async def test_redirect_uris_that_may_not_be(register, uri):
    answer = await register(redirect_uris=[uri])
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    ("uri", "fits"),
    [("https://tv.example/cb", True), ("https://tv.example/cb/", False),
     ("https://tv.example/cb?x", False), ("https://TV.example/cb", False),
     ("https://tv.example:443/cb", False), ("https://tv.example/cb#", False),
     ("http://127.0.0.1:50123/cb", True), ("http://127.0.0.1/cb", True),
     ("http://127.0.0.1:50123/other", False), ("http://[::1]:50123/cb", False),
     ("http://x@127.0.0.1:50123/cb", False), ("http://127.0.0.1:x/cb", False)],
)  # fmt: skip
def test_only_the_port_of_this_machine_may_differ(uri, fits):
    assert is_registered(uri, ["https://tv.example/cb", "http://127.0.0.1:1/cb"]) is fits
