"""The conventions of the public API, as every service gets them from the library."""

import asyncio

import pytest


async def create(client, authorization, title="first", **headers):
    return await client.post(
        "/v1/notes", json={"title": title}, headers={**authorization(), **headers}
    )


async def test_created_thing_is_201_with_location_and_can_be_read(client, authorization):
    created = await create(client, authorization)
    assert created.status_code == 201
    assert created.headers["location"] == "/v1/notes/1"
    read = await client.get("/v1/notes/1")
    assert read.json() == {"id": 1, "title": "first"}
    assert read.headers["cache-tag"] == "note:1"
    assert read.headers["x-request-id"]


async def test_write_tells_the_gateway_its_events_and_purges(client, authorization, sink):
    created = await create(client, authorization)
    (event,) = await sink.events()
    assert created.headers["marquee-events"] == str(event.id)
    assert created.headers["cache-purge"] == "notes"


async def test_failed_commit_is_500_and_not_a_lost_success(client):
    answer = await client.post("/v1/notes/7/broken-commit")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "Traceback" not in answer.text


async def test_missing_thing_is_a_problem_in_the_callers_language(client):
    answer = await client.get("/v1/notes/99", headers={"Accept-Language": "de-AT,en;q=0.5"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "de"
    body = answer.json()
    assert body["code"] == "note_not_found"
    assert body["detail"] == "Es gibt keine Notiz 99."
    assert body["title"] == "Nicht gefunden"
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["instance"] == "/v1/notes/99"


async def test_lang_goes_before_accept_language_and_unsupported_counts_as_absent(client):
    headers = {"Accept-Language": "fr"}
    spanish = await client.get("/v1/notes/9?lang=es", headers=headers)
    assert spanish.headers["content-language"] == "es"
    fallback = await client.get("/v1/notes/9?lang=xx", headers=headers)
    assert fallback.headers["content-language"] == "fr"


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "invalid_json"),
        (b"\xff\xfe", "application/json", 400, "invalid_json"),
        (b"[" * 100_000, "application/json", 400, "invalid_json"),
        (b'{"title": "x"}', "text/plain", 415, "unsupported_media_type"),
        (b'{"title": "a\\u0000b"}', "application/json", 422, "validation_failed"),
        (b'{"title": "\\ud800"}', "application/json", 422, "validation_failed"),
        (b'{"title": "x", "role": "admin"}', "application/json", 422, "validation_failed"),
        (b'{"title": "a\\u202eb"}', "application/json", 422, "validation_failed"),
        (b'{"title": "' + b"x" * 1_000_001 + b'"}', "application/json", 413, "content_too_large"),
        (b"", "application/json", 422, "validation_failed"),
    ],
)
async def test_bad_bodies_get_a_documented_problem(
    client, authorization, content, kind, status, code
):
    headers = {**authorization(), "Content-Type": kind}
    answer = await client.post("/v1/notes", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    listed = await client.get("/v1/notes")
    assert listed.json()["items"] == []


async def test_validation_errors_point_at_the_field(client, authorization):
    answer = await client.post("/v1/notes", json={"title": ""}, headers=authorization())
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/title"
    assert error["code"] == "too_short"


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=1000000000", "limit=x", "cursor=abc", "page=0",
     "page=1&cursor=x", "unknown=1", "word=%00", "fields=nope"],
)  # fmt: skip
async def test_bad_query_parameters_are_422(client, query):
    answer = await client.get(f"/v1/notes?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"] or answer.json()["code"] == "invalid_cursor"


async def test_cursor_walks_the_list_while_it_grows(client, authorization):
    for number in range(5):
        await create(client, authorization, f"note {number}")
    seen = []
    cursor = ""
    while True:
        page = (await client.get(f"/v1/notes?limit=2{cursor}")).json()
        seen += [item["id"] for item in page["items"]]
        if len(seen) == 2:
            await create(client, authorization, "late")
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [1, 2, 3, 4, 5, 6]


async def test_cursor_of_another_list_or_tampered_is_refused(client, authorization):
    for number in range(3):
        await create(client, authorization, f"note {number}")
    cursor = (await client.get("/v1/notes?limit=1")).json()["next_cursor"]
    assert (await client.get(f"/v1/notes?limit=2&cursor={cursor}")).status_code == 200
    other = await client.get(f"/v1/notes?word=a&cursor={cursor}")
    assert (other.status_code, other.json()["code"]) == (422, "invalid_cursor")
    flipped = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    tampered = await client.get(f"/v1/notes?cursor={flipped}")
    assert (tampered.status_code, tampered.json()["code"]) == (422, "invalid_cursor")


async def test_numbered_pages_count_and_end_empty(client, authorization):
    for number in range(3):
        await create(client, authorization, f"note {number}")
    second = (await client.get("/v1/notes?page=2&limit=2")).json()
    assert [item["id"] for item in second["items"]] == [3]
    assert (second["page"], second["pages"], second["total"]) == (2, 2, 3)
    past = await client.get("/v1/notes?page=9&limit=2")
    assert (past.status_code, past.json()["items"]) == (200, [])


async def test_fields_keep_what_was_asked_and_the_id(client, authorization):
    await create(client, authorization)
    assert (await client.get("/v1/notes/1?fields=title")).json() == {"id": 1, "title": "first"}
    listed = (await client.get("/v1/notes?fields=id")).json()
    assert listed["items"] == [{"id": 1}]
    assert "next_cursor" in listed


async def test_etag_gives_304_and_changes_with_the_thing(client, authorization):
    await create(client, authorization)
    first = await client.get("/v1/notes/1")
    again = await client.get("/v1/notes/1", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await client.put("/v1/notes/1", json={"title": "second"}, headers=authorization())
    changed = await client.get("/v1/notes/1", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


async def test_if_match_of_an_old_version_is_412_and_changes_nothing(client, authorization):
    await create(client, authorization)
    etag = (await client.get("/v1/notes/1")).headers["etag"]
    headers = {**authorization(), "If-Match": etag}
    ok = await client.put("/v1/notes/1", json={"title": "second"}, headers=headers)
    assert ok.status_code == 200
    assert ok.headers["etag"].startswith('"2-')
    stale = await client.put("/v1/notes/1", json={"title": "third"}, headers=headers)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert (await client.get("/v1/notes/1")).json()["title"] == "second"


async def test_idempotency_key_replays_the_first_answer(client, token):
    headers = {"Authorization": f"Bearer {token()}", "Idempotency-Key": "key-1"}
    first = await client.post("/v1/notes", json={"title": "once"}, headers=headers)
    second = await client.post("/v1/notes", json={"title": "once"}, headers=headers)
    assert second.status_code == 201
    assert second.json() == first.json()
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["idempotency-replayed"] == "true"
    assert len((await client.get("/v1/notes")).json()["items"]) == 1
    other = await client.post("/v1/notes", json={"title": "two"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_idempotency_key_belongs_to_its_member(client, authorization):
    for _ in range(2):
        answer = await create(client, authorization, "mine", **{"Idempotency-Key": "key-1"})
        assert answer.status_code == 201
        assert "idempotency-replayed" not in answer.headers


async def test_concurrent_repeats_create_one_thing(client, token):
    headers = {"Authorization": f"Bearer {token()}", "Idempotency-Key": "race"}
    answers = await asyncio.gather(
        *(client.post("/v1/notes", json={"title": "race"}, headers=headers) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len((await client.get("/v1/notes")).json()["items"]) == 1


async def test_stored_answers_cannot_be_read_without_the_key(client, token, database):
    from sqlalchemy import text

    headers = {"Authorization": f"Bearer {token()}", "Idempotency-Key": "a secret key"}
    await client.post("/v1/notes", json={"title": "canary"}, headers=headers)
    async with database.reading() as session:
        row = (await session.execute(text("SELECT * FROM idempotency_keys"))).one()
    assert b"canary" not in bytes(row.answer)
    assert b"a secret key" not in bytes(row.key_hash)


async def test_unknown_route_and_wrong_method_are_problems(client):
    missing = await client.get("/v1/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "route_not_found")
    wrong = await client.delete("/v1/notes")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET, POST"
    assert (await client.patch("/v1/notes/1")).headers["allow"] == "GET, PUT"


async def test_readiness_names_its_parts(client):
    answer = await client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["parts"] == {"database": True, "redis": True, "service": True}


async def test_metrics_count_requests_by_route_template(client):
    await client.get("/v1/notes/12345")
    metrics = (await client.get("/metrics")).text
    assert 'route="/v1/notes/{note_id}"' in metrics
    assert "12345" not in metrics


async def test_deadline_of_the_caller_is_kept(client, app):
    @app.get("/slow")
    async def slow() -> None:
        await asyncio.Event().wait()

    answer = await client.get("/slow", headers={"Marquee-Deadline-Ms": "50"})
    assert (answer.status_code, answer.json()["code"]) == (504, "deadline_exceeded")


async def test_openapi_documents_problems(client):
    document = (await client.get("/openapi.json")).json()
    post = document["paths"]["/v1/notes"]["post"]
    assert {"400", "401", "403", "409", "413", "415", "422", "429"} <= set(post["responses"])
    content = post["responses"]["422"]["content"]
    assert content["application/problem+json"]["schema"]["$ref"].endswith("/Problem")


async def test_first_request_after_a_restart_of_postgres_succeeds(client, postgres, authorization):
    """Pooled connections that the server closed are replaced before anybody gets one."""
    await asyncio.gather(*(create(client, authorization, f"note {n}") for n in range(5)))
    await asyncio.gather(*(client.get("/v1/notes") for _ in range(5)))
    await postgres.kill()
    await postgres.start()
    answers = await asyncio.gather(*(client.get("/v1/notes") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await create(client, authorization)).status_code == 201
