"""The events told so far, and `republish` from nothing, rebuild the same replica."""

import pytest
from sqlalchemy import text

from marquee_shared.events.catalog import MovieData, MovieDeleted, MovieMerged
from marquee_shared.jobs import run_job, unfinished_jobs


@pytest.fixture
def replica(sink):
    """Build what another service would hold: the newest of each thing, and where doubles went."""

    async def build():
        held, into = {}, {}
        for event in await sink.events():
            if event.subject.startswith("import:"):
                continue  # what an import found is no state
            if isinstance(event.data, MovieMerged) or event.type == "catalog.person.merged":
                into[event.subject] = event.data.into
                continue
            known = held.get(event.subject)
            if known is None or known[0] < event.version:
                gone = isinstance(event.data, MovieDeleted) or event.type.endswith(".deleted")
                held[event.subject] = (event.version, None if gone else event.data.model_dump())
        return held, into

    return build


async def test_replay_from_nothing_gives_the_same(
    client, authorization, run_import, dataset, context, service, replica
):
    editor = authorization(roles=["administrator"])

    async def send(method, path, **body):
        answer = await client.request(method, f"/v1/{path}", json=body or None, headers=editor)
        assert answer.status_code < 300, answer.text

    await run_import(source="movielens", path=str(dataset()))
    await send("PATCH", "movies/the-matrix-1999", title="Matrix", slug="matrix", genres=["drama"])
    await send("PUT", "movies/matrix/translations/fr", title="La Matrice")
    await send("POST", "movies/hamlet-2000-2/merge", into="hamlet-2000")
    await send("DELETE", "movies/stranger-things")
    await send("DELETE", "movies/toy-story-1995?hard=true")
    await send("POST", "people", name="Ann")
    await send("POST", "people", name="Bob")
    await send("POST", "people", name="Ann")
    await send("POST", "people/ann-2/merge", into="ann")
    await send("DELETE", "people/bob?hard=true")
    await send("PATCH", "movies/matrix", credits=[{"person": "ann", "job": "director"}])
    for kind in ("genres", "platforms", "awards", "tags"):
        await send("POST", kind, name="Alpha")
        await send("PATCH", f"{kind}/alpha", name="Beta")
        await send("POST", kind, name="Gamma")
        await send("DELETE", f"{kind}/gamma")
    await send("PATCH", "genres/drama", name="Serious")
    await send("PUT", "genres/drama/translations/de", name="Ernst")
    await send("POST", "genres/mystery/merge", into="thriller")
    await send("PATCH", "people/ann", name="Anna")
    for job_id in await unfinished_jobs(context):
        await run_job(context, service.jobs, job_id)
    told, into = await replica()
    async with context.database.transaction() as session:
        await session.execute(text("DELETE FROM outbox"))
    await service.republish(context)
    anew, again = await replica()
    # genres and tags that only an import has made are first told by `republish`
    assert {subject: anew.get(subject) for subject in told} == told
    assert {s for s in anew if s.startswith(("movie", "person"))} <= set(told)
    assert again == into
    matrix = anew["movie:2"][1]
    assert (matrix["genres"][0]["name"], matrix["credits"][0]["name"]) == ("Serious", "Anna")
    assert matrix["titles"] == {"fr": "La Matrice"}
    assert MovieData.model_fields.keys() == matrix.keys()
    assert (anew["movie:1"][1], anew["movie:5"][1]) == (None, None)
