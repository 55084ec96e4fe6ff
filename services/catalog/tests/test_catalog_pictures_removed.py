import asyncio
import io
import os
import time

import pytest
from PIL import Image
from sqlalchemy import text

from marquee_catalog.covers.repository import hold_pictures
from marquee_catalog.covers.tasks import GRACE, remove_unused_pictures

LONG = GRACE.total_seconds() + 60


@pytest.fixture
def editor(authorization):
    return authorization(roles=["editor"])


@pytest.fixture
async def put(client, editor):
    async def put(path, colour):
        buffer = io.BytesIO()
        Image.new("RGB", (40, 60), colour).save(buffer, "PNG")
        files = {"file": ("picture.png", buffer.getvalue())}
        answer = await client.put(path, files=files, headers=editor)
        assert answer.status_code == 200, answer.text
        return answer.json()["url"]

    for body in ({"title": "Heat"}, {"title": "Ronin"}):
        assert (await client.post("/v1/movies", json=body, headers=editor)).status_code == 201
    await client.post("/v1/people", json={"name": "Ida Lupino"}, headers=editor)
    return put


@pytest.fixture
def pass_time(context):
    """Let all that was written down and every file be older than the grace."""

    async def go():
        async with context.database.transaction() as session:
            await session.execute(
                text("UPDATE unused_pictures SET since = since - make_interval(secs => :long)"),
                {"long": LONG},
            )
        for file in (context.settings.data_dir / "files" / "pictures").rglob("*.*"):
            os.utime(file, (time.time() - LONG, time.time() - LONG))

    return go


async def there(client, *urls):
    return [(await client.get(url)).status_code == 200 for url in urls]


async def test_a_replaced_picture_stays_a_while_and_goes(client, context, put, editor, pass_time):
    old = await put("/v1/movies/heat/cover", "teal")
    new = await put("/v1/movies/heat/cover", "navy")
    face = await put("/v1/people/ida-lupino/portrait", "pink")
    french = await put("/v1/movies/heat/translations/fr/cover", "olive")
    buried = await put("/v1/movies/ronin/cover", "gold")
    assert (await client.delete("/v1/movies/ronin", headers=editor)).status_code == 204
    await pass_time()
    assert await remove_unused_pictures(context) == {"pictures": 5, "unused": 1, "removed": 0}
    assert await there(client, old) == [True]
    await pass_time()
    assert await remove_unused_pictures(context) == {"pictures": 5, "unused": 1, "removed": 1}
    assert await there(client, old, new, face, french, buried) == [False, *[True] * 4]
    assert await remove_unused_pictures(context) == {"pictures": 4, "unused": 0, "removed": 0}


async def test_a_picture_that_came_back_stays(client, context, put, pass_time):
    first = await put("/v1/movies/heat/cover", "teal")
    await put("/v1/movies/heat/cover", "navy")
    await remove_unused_pictures(context)
    await pass_time()
    assert await put("/v1/movies/ronin/cover", "teal") == first
    await remove_unused_pictures(context)
    await put("/v1/movies/ronin/cover", "gold")
    assert (await remove_unused_pictures(context))["removed"] == 0
    assert await there(client, first) == [True]


async def test_what_is_being_uploaded_is_waited_for(client, context, put, pass_time):
    old = await put("/v1/movies/heat/cover", "teal")
    await put("/v1/movies/heat/cover", "navy")
    await remove_unused_pictures(context)
    await pass_time()
    async with context.database.transaction() as session:
        await hold_pictures(session)
        removal = asyncio.create_task(remove_unused_pictures(context))
        async with context.database.reading() as reading:
            waiting = text(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
            while not await reading.scalar(waiting):
                assert not removal.done()
        await session.execute(
            text("UPDATE movies SET cover_url = :url WHERE slug = 'ronin'"), {"url": old}
        )
    assert (await removal)["removed"] == 0
    assert await there(client, old) == [True]
