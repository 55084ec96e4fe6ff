import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from marquee_identity.users.models import User
from marquee_identity.users.schemas import UserPublic, UserRead
from marquee_identity.users.search import prefix_query, search_words
from marquee_identity.users.service import public_state
from marquee_shared.events.identity import UserUpdated

PRIVATE = {"email", "email_key", "password_hash", "roles", "verified", "verified_at", "boarded"}


async def test_profile_is_changed_cleared_and_told(client, sign_up, sink):
    made = await sign_up("ada", first_name="Ada")
    change = {
        "username": "Countess", "last_name": " Lovelace ", "bio": "Poetical\r\nscience",
        "language": "fr", "country": "gb",
    }  # fmt: skip
    answer = await client.patch("/v1/me", json=change, headers=made["headers"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-purge"] == f"user:{made['user']['id']},users"
    read = answer.json()
    assert read == made["user"] | {
        "username": "Countess", "name": "Ada Lovelace", "last_name": "Lovelace",
        "bio": "Poetical\nscience", "language": "fr", "country": "GB",
        "updated_at": read["updated_at"],
    }  # fmt: skip
    assert read["updated_at"] > made["user"]["updated_at"]
    (event,) = await sink.events(UserUpdated)
    assert (event.revision, event.data.username, event.data.country) == (2, "Countess", "GB")
    cleared = {"first_name": "", "last_name": None, "bio": " ", "language": "", "country": ""}
    answer = await client.patch("/v1/me", json=cleared, headers=made["headers"])
    assert answer.status_code == 200, answer.text
    read = answer.json()
    assert [read[field] for field in cleared] == [None] * 5
    assert read["name"] == "Countess"


async def test_profile_can_be_edited_before_verification(client, sign_up):
    made = await sign_up("ada")
    answer = await client.patch("/v1/me", json={"bio": "new"}, headers=made["headers"])
    assert (answer.status_code, answer.json()["verified"]) == (200, False)


@pytest.mark.parametrize(
    "change",
    [
        {"roles": ["administrator"]}, {"verified": True}, {"id": str(uuid4())}, {"user_id": 1},
        {"created_at": "2020-01-01T00:00:00Z"}, {"email": "x@mail.example"}, {"imported": True},
        {"username": None}, {"username": ""}, {"username": "admin"}, {"language": "xx"},
        {"country": "GBR"}, {"country": "1!"}, {"bio": "x" * 2001}, {"bio": "a\u202eb"},
        {"first_name": "a\nb"}, {"first_name": "x" * 101}, {"first_name": ["a"]}, {"last_name": 7},
    ],
)  # fmt: skip
async def test_what_may_not_be_written_is_422_and_changes_nothing(client, sign_up, change):
    made = await sign_up("ada")
    answer = await client.patch("/v1/me", json=change, headers=made["headers"])
    assert answer.status_code == 422, answer.text
    assert (await client.get("/v1/me", headers=made["headers"])).json() == made["user"]


async def test_taken_username_is_409_and_ones_own_in_other_case_is_not(client, sign_up):
    await sign_up("ada")
    bob = await sign_up("bob")
    taken = await client.patch("/v1/me", json={"username": "ADA"}, headers=bob["headers"])
    assert (taken.status_code, taken.json()["code"]) == (409, "username_taken")
    own = await client.patch("/v1/me", json={"username": "BOB"}, headers=bob["headers"])
    assert (own.status_code, own.json()["username"]) == (200, "BOB")


async def test_rename_to_one_name_at_once_succeeds_for_one(client, sign_up):
    members = [await sign_up(f"member{number}") for number in range(5)]
    answers = await asyncio.gather(
        *(
            client.patch("/v1/me", json={"username": "best"}, headers=member["headers"])
            for member in members
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]


async def test_if_match_of_an_old_version_is_412(client, sign_up):
    made = await sign_up("ada")
    etag = (await client.get("/v1/me", headers=made["headers"])).headers["etag"]
    headers = made["headers"] | {"If-Match": etag}
    first = await client.patch("/v1/me", json={"bio": "first"}, headers=headers)
    assert first.status_code == 200
    assert first.headers["etag"].startswith('"2-')
    second = await client.patch("/v1/me", json={"bio": "second"}, headers=headers)
    assert (second.status_code, second.json()["code"]) == (412, "precondition_failed")


async def test_concurrent_changes_have_ascending_revisions(client, sign_up, sink):
    made = await sign_up("ada")
    await asyncio.gather(
        *(
            client.patch("/v1/me", json={"bio": str(number)}, headers=made["headers"])
            for number in range(12)
        )
    )
    events = await sink.events(UserUpdated)
    assert [event.revision for event in events] == list(range(2, 14))


async def test_token_of_someone_who_is_gone_is_401(client, authorization):
    for method in ("GET", "PATCH"):
        body = {"json": {"bio": "x"}} if method == "PATCH" else {}
        answer = await client.request(method, "/v1/me", headers=authorization(), **body)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_profile_is_found_in_any_case_and_missing_ones_are_404(client, sign_up):
    await sign_up("Ada.L")
    answer = await client.get("/v1/users/aDA.l")
    assert (answer.status_code, answer.json()["username"]) == (200, "Ada.L")
    assert answer.headers["cache-tag"] == f"user:{answer.json()['id']}"
    missing = await client.get("/v1/users/nobody?lang=fr")
    assert (missing.status_code, missing.json()["code"]) == (404, "user_not_found")
    assert missing.json()["detail"] == "Ce membre n'existe pas."


@pytest.fixture
async def people(sign_up):
    await sign_up("zoe_k", first_name="Zoë", last_name="Kravitz")
    await sign_up("jl.godard", first_name="Jean-Luc", last_name="Godard")
    await sign_up("Amelie", first_name="Amélie", last_name="Poulain d'Or")
    await sign_up("o-brien", first_name="Conan", last_name="O'Brien")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("zoe", ["zoe_k"]), ("ZOË", ["zoe_k"]), ("krav zo", ["zoe_k"]), ("avitz", []),
        ("jean", ["jl.godard"]), ("luc", ["jl.godard"]), ("jean-lu", ["jl.godard"]),
        ("jl.go", ["jl.godard"]), ("god", ["jl.godard"]), ("amelie", ["Amelie"]),
        ("o'brien", ["o-brien"]), ("O-b", ["o-brien"]), ("zoe godard", []), ("%", []), ("_", []),
        ("'", []), ("\\", []), ("a:*|b & !c <-> (d", []), ("&", []),
        (" ", ["Amelie", "jl.godard", "o-brien", "zoe_k"]),
        ("", ["Amelie", "jl.godard", "o-brien", "zoe_k"]),
    ],
)  # fmt: skip
async def test_search_finds_by_prefix_of_any_name(client, people, query, found):
    answer = await client.get("/v1/users", params={"q": query})
    assert answer.status_code == 200, answer.text
    assert [item["username"] for item in answer.json()["items"]] == found


async def test_search_follows_a_change_of_name(client, sign_up):
    made = await sign_up("ada", first_name="Augusta")
    await client.patch("/v1/me", json={"first_name": "Ada"}, headers=made["headers"])
    for query, count in (("augusta", 0), ("ada", 1)):
        assert len((await client.get(f"/v1/users?q={query}")).json()["items"]) == count


async def test_browsing_by_cursor_and_by_page_gives_everyone_once(client, people):
    seen, cursor = [], ""
    while cursor is not None:
        suffix = f"&cursor={cursor}" if cursor else ""
        page = (await client.get(f"/v1/users?limit=3{suffix}")).json()
        seen += [item["username"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ["Amelie", "jl.godard", "o-brien", "zoe_k"]
    second = (await client.get("/v1/users?limit=3&page=2")).json()
    assert [item["username"] for item in second["items"]] == ["zoe_k"]
    assert (second["page"], second["pages"], second["total"]) == (2, 2, 4)
    assert "total" not in (await client.get("/v1/users")).json()


async def test_public_answers_hold_nothing_private(client_at, sign_up, authorization, password):
    async with client_at("203.0.113.77") as phone:
        sent = {
            "username": "ada", "email": "canary@private.example", "password": password,
            "first_name": "Ada",
        }  # fmt: skip
        made = await phone.post("/v1/auth/signup", json=sent, headers={"User-Agent": "canary/1"})
    user = made.json()["user"]
    await sign_up("bob")
    async with client_at("192.0.2.1") as stranger:
        for headers in ({}, authorization(), authorization(roles=["administrator"])):
            for path in ("/v1/users/ada", "/v1/users", "/v1/users?q=ada", "/v1/users?q=canary"):
                answer = await stranger.get(path, headers=headers)
                assert answer.status_code == 200
                for secret in ("canary", "203.0.113.77", "private.example", "argon2"):
                    assert secret not in answer.text
                for item in answer.json().get("items", [answer.json()]):
                    assert not PRIVATE & set(item)
    assert set(user) == PRIVATE - {"email_key", "password_hash", "verified_at"} | {
        "id", "username", "name", "first_name", "last_name", "avatar_url", "bio", "language",
        "country", "imported", "created_at", "updated_at",
    }  # fmt: skip


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


@given(
    st.builds(
        User,
        id=st.uuids(), username=st.from_regex(r"\A[a-z]{3,30}\Z"),
        email=words.map("canary-email{}".format), email_key=words.map("canary-email{}".format),
        password_hash=words.map("canary-hash{}".format),
        first_name=st.none() | words, last_name=st.none() | words, bio=st.none() | words,
        language=st.sampled_from([None, "en", "es", "fr", "de"]),
        country=st.sampled_from([None, "GB"]), avatar_url=st.none(),
        roles=st.just(["canary-role"]), boarded=st.booleans(), imported=st.booleans(),
        verified_at=st.none() | st.just(datetime(1815, 12, 10, tzinfo=UTC)),
        created_at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
        updated_at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    )
)  # fmt: skip
def test_no_private_field_reaches_a_public_shape_whoever_it_is(user):
    public = UserPublic.model_validate(user)
    told = UserUpdated(**public_state(user))
    for shape in (public, told):
        assert not PRIVATE & set(type(shape).model_fields)
        assert "canary" not in shape.model_dump_json()
        assert "1815" not in shape.model_dump_json()
    assert UserRead.model_validate(user).email == user.email


@given(words, words)
def test_every_prefix_of_every_word_is_asked_for_safely(name, query):
    for word in search_words(name, None):
        assert word
        assert word == word.strip()
    assert prefix_query(query).count("'") % 2 == 0


async def test_any_text_can_be_searched_for(client, sign_up, database):
    await sign_up("ada")

    @given(words)
    def collect(query):
        queries.append(query)

    queries: list[str] = []
    collect()
    async with database.reading() as session:
        for query in map(prefix_query, queries):
            await session.execute(text("SELECT CAST(:query AS tsquery)"), {"query": query})
