"""Every route of identity against what no client should send."""

import pytest

from marquee_identity.app import SERVICE
from marquee_shared.app import create_app

BODIES = {
    "no JSON": (b"{", "application/json"),
    "invalid UTF-8": (b'{"login": "\xff"}', "application/json"),
    "deep": (b'{"login":' + b"[" * 50_000, "application/json"),
    "text": (b"{}", "text/plain"),
    "list": (b"[]", "application/json"),
    "null": (b"null", "application/json"),
    "number": (b"1e999", "application/json"),
    "nothing": (b"", "application/json"),
    "unknown field": (b'{"role": "administrator"}', "application/json"),
    "NUL": (
        b'{"login": "\\u0000", "password": "\\u0000", "refresh_token": "\\u0000", "bio": "\\u0000"}',
        "application/json",
    ),
    "lone surrogate": (
        b'{"login": "\\ud800", "password": "x", "refresh_token": "\\ud800", "code": "\\ud800"}',
        "application/json",
    ),
    "arrays": (
        b'{"login": [], "password": {}, "refresh_token": [], "code": [], "bio": {}}',
        "application/json",
    ),
    "too long": (b'{"login": "' + b"x" * 1_000_001 + b'"}', "application/json"),
    "form": (b"username=%00&password=%00", "application/x-www-form-urlencoded"),
    "broken form": (b"username=%ff&password=%zz&=&;", "application/x-www-form-urlencoded"),
}

FOR_APPLICATIONS = {"/v1/oauth/token", "/v1/oauth/device_authorization", "/v1/oauth/revoke"}
"""Their errors are OAuth's (RFC 6749, 5.2)."""


def writing_routes():
    document = create_app(SERVICE).openapi()
    return [
        (method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "requestBody" in operation
    ]


@pytest.mark.parametrize("name", BODIES)
async def test_bad_bodies_get_documented_problems(client, sign_up, name):
    made = await sign_up("ada")
    content, kind = BODIES[name]
    for method, path, operation in writing_routes():
        answer = await client.request(
            method, path, content=content, headers={**made["headers"], "Content-Type": kind}
        )
        assert 400 <= answer.status_code < 500, (path, answer.text)
        assert str(answer.status_code) in operation["responses"], (path, answer.text)
        if path in FOR_APPLICATIONS and answer.status_code == 400:
            assert answer.headers["content-type"] == "application/json"
            assert answer.json()["error"] == "invalid_request"
        else:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"]


@pytest.mark.parametrize(
    "path",
    ["/v1/users?limit=0", "/v1/users?limit=1000000000", "/v1/users?page=0", "/v1/users?q=%00",
     "/v1/users?q=" + "a" * 101, "/v1/users?cursor=abc", "/v1/users?sort=name",
     "/v1/users?fields=password_hash", "/v1/users?fields=email", "/v1/users/%00",
     "/v1/users/" + "a" * 101, "/v1/me/sessions?cursor=%F0%9F%8E%AC",
     "/v1/me/sessions?page=1"],
)  # fmt: skip
async def test_bad_parameters_are_422(client, sign_up, path):
    made = await sign_up("ada")
    answer = await client.get(path, headers=made["headers"])
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"] or answer.json()["code"] == "invalid_cursor"


async def test_session_id_that_is_none_is_422(client, sign_up):
    made = await sign_up("ada")
    answer = await client.delete("/v1/me/sessions/x", headers=made["headers"])
    assert answer.status_code == 422


async def test_grant_types_other_than_password_are_422(client):
    form = {"grant_type": "client_credentials", "username": "ada", "password": "x"}
    assert (await client.post("/v1/auth/token", data=form)).status_code == 422
