"""A member's rights, as every service has them from the library."""

import orjson
import pytest
from example.service import RIGHTS, ExampleMemberErased
from sqlalchemy import text

from marquee_shared.events.identity import UserDeleted
from marquee_shared.rights import EXPORT_SCOPE, Dataset, Erased, Rights
from marquee_shared.testing.plugin import new_uuid


@pytest.fixture
def datasets(client, authorization):
    """Ask for what is held of a member as identity does; the keywords are claims."""

    async def ask(member, name="", **claims):
        path = f"/internal/members/{member}/datasets" + (f"/{name}" if name else "")
        token = {"sub": str(member), "kind": "service", "scope": EXPORT_SCOPE, **claims}
        return await client.get(path, headers=authorization(**token))

    return ask


@pytest.fixture
def write(client, authorization):
    async def make(member, title):
        headers = authorization(sub=str(member))
        answer = await client.post("/v1/notes", json={"title": title}, headers=headers)
        assert answer.status_code == 201

    return make


async def test_an_export_holds_everything_of_the_member_and_nothing_of_others(datasets, write):
    ann, bob = new_uuid(), new_uuid()
    for who, title in ((ann, "first"), (bob, "his"), (ann, "zweite Ä")):
        await write(who, title)
    assert (await datasets(ann)).json() == ["notes", "jobs"]
    answer = await datasets(ann, "notes")
    assert answer.headers["content-type"] == "application/x-ndjson"
    found = [orjson.loads(line) for line in answer.content.splitlines()]
    first, second = [row.pop("id") for row in found]
    assert first < second
    assert found == [
        {"title": "first", "author_id": str(ann)},
        {"title": "zweite Ä", "author_id": str(ann)},
    ]
    assert (await datasets(new_uuid(), "notes")).content == b""
    missing = await datasets(ann, "nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "dataset_not_found")


async def test_a_large_dataset_arrives_whole(datasets, database):
    member = new_uuid()
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO notes (title, author_id, revision) "
                "SELECT repeat('x', 100) || n, :member, 1 FROM generate_series(1, 5000) AS n"
            ),
            {"member": member},
        )
    lines = (await datasets(member, "notes")).content.splitlines()
    assert len({orjson.loads(line)["id"] for line in lines}) == 5000


@pytest.mark.parametrize(
    "claims",
    [
        {"kind": "member"},
        {"kind": "member", "roles": ["administrator"]},
        {"scope": "recommender"},
        {"sub": str(new_uuid())},
    ],
)
async def test_nobody_but_identity_reads_a_members_data(datasets, write, claims):
    member = new_uuid()
    await write(member, "private")
    for name in ("", "notes"):
        answer = await datasets(member, name, **claims)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_without_a_token_it_is_401_and_it_is_in_no_public_document(client):
    answer = await client.get(f"/internal/members/{new_uuid()}/datasets/notes")
    assert answer.status_code == 401
    assert "/internal" not in (await client.get("/openapi.json")).text


@pytest.mark.parametrize(
    ("mode", "left", "removed", "anonymised"),
    [("remove", [("his", True)], 2, 0),
     ("anonymise", [("first", False), ("his", True), ("second", False)], 0, 2)],
)  # fmt: skip
async def test_an_erased_member_is_gone_by_their_choice_and_the_receipt_says_so(
    write, deliver, database, sink, mode, left, removed, anonymised
):
    ann, bob, receipt = new_uuid(), new_uuid(), new_uuid()
    for who, title in ((ann, "first"), (bob, "his"), (ann, "second")):
        await write(who, title)
    async with database.transaction() as session:
        await session.execute(
            text("INSERT INTO jobs (id, kind, requested_by) VALUES (:id, 'count', :ann)"),
            {"id": new_uuid(), "ann": ann},
        )
    await deliver((UserDeleted(id=ann, mode=mode, receipt_id=receipt), 5))
    async with database.reading() as session:
        notes = await session.execute(
            text("SELECT title, author_id IS NOT NULL FROM notes ORDER BY title")
        )
        assert [tuple(row) for row in notes] == left
        (job,) = await session.execute(text("SELECT state, requested_by FROM jobs"))
        assert tuple(job) == ("cancelled", None)
    (told,) = await sink.events(ExampleMemberErased)
    assert (told.data.user_id, told.data.receipt_id, told.revision) == (ann, receipt, 5)
    assert told.data.removed == {"notes": removed, "jobs": 0}
    assert told.data.anonymised == {"notes": anonymised, "jobs": 1}


async def test_what_fails_halfway_erases_nothing(write, deliver, database, sink, monkeypatch):
    member = new_uuid()
    await write(member, "kept until all can go")

    async def fail(*_):
        raise ValueError

    monkeypatch.setitem(RIGHTS.datasets, "late", Dataset("late", None, fail))
    with pytest.raises(ValueError):  # noqa: PT011 - raised above
        await deliver((UserDeleted(id=member), 2))
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM notes")) == 1
    assert await sink.events(ExampleMemberErased) == []


def test_two_datasets_of_one_name_are_refused():
    async def erase(*_):
        return Erased()

    dataset = Dataset("notes", None, erase)
    with pytest.raises(ValueError, match="one name"):
        Rights("example", [dataset, dataset])
