"""The panel driven in a real browser: signing in, searching, editing, a cover, an import.

`SCREENSHOTS=<folder>` keeps what the browser showed.
"""

import asyncio
import io
import os
import shutil
import socket
import zipfile
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from PIL import Image
from playwright.async_api import async_playwright, expect

from marquee_shared.events.catalog import MovieUpdated
from marquee_shared.jobs import run_job, unfinished_jobs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PASSWORD = "a long walk to the cinema"

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium: apt-get install --no-install-recommends chromium"
)


@pytest_asyncio.fixture
async def site(app, panel_identity):
    """The application on a port, as a browser reaches it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await task


@pytest_asyncio.fixture
async def page(site):
    """A page of Chromium; any script error, refused asset or foreign request fails the test."""
    wrong = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = await browser.new_page(base_url=site, viewport={"width": 1360, "height": 900})
        opened.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        opened.on("request", lambda asked: None if asked.url.startswith((site, "data:"))
                  else wrong.append(f"foreign: {asked.url}"))  # fmt: skip
        yield opened
        await browser.close()
    assert wrong == []


async def show(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def sign_in(page, name):
    await page.goto("/admin/movies/list")
    await page.fill("#username", name)
    await page.fill("#password", PASSWORD)
    await show(page, "1-sign-in")
    await page.click("button[type=submit]")
    await page.wait_for_url("**/admin/movies/list")


def picture():
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((600, 900)).save(buffer, "PNG")
    return buffer.getvalue()


async def test_an_editor_finds_translates_and_covers_a_film(
    page, client, authorization, run_import, few_members, sink
):
    await run_import(source="sample")
    await sign_in(page, "editor-ada")
    await expect(page.locator("table tbody tr")).to_have_count(25)
    await show(page, "2-films")
    await page.fill("input[type=search]", "blade runer")
    await page.press("input[type=search]", "Enter")
    await page.wait_for_url("**q=blade*")
    await expect(page.locator("table tbody")).to_contain_text("Blade Runner")
    await show(page, "3-found")
    await page.goto("/admin/movies/edit?pk=blade-runner-1982")
    await page.fill("#tagline", "Man has made his match.")
    await page.fill('[id="translation_es.title"]', "El cazador implacable")
    file = {"name": "cover.png", "mimeType": "image/png", "buffer": picture()}
    await page.set_input_files("#cover", file)
    await show(page, "4-edit")
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.wait_for_url("**/admin/movies/list**")
    await expect(page.locator(".alert-success")).to_contain_text("Blade Runner")
    film = (await client.get("/v1/movies/blade-runner-1982?lang=es")).json()
    assert film["tagline"] == "Man has made his match."
    assert film["title"] == "El cazador implacable"
    assert film["cover_url"].startswith("/v1/pictures/")
    edits = [event for event in await sink.events(MovieUpdated) if event.data.id == film["id"]]
    assert [event.revision for event in edits][-3:] == [2, 3, 4]
    await page.goto("/admin/movies/detail?pk=blade-runner-1982")
    await expect(page.locator("body")).to_contain_text("El cazador implacable")
    await show(page, "5-detail")
    await page.goto("/admin")
    await show(page, "6-overview")


async def add_row(page, field, **values):
    rows = page.locator(f"#{field} .list-container .field-list-item")
    before = await rows.count()
    await page.click(f"#{field} .field-list-btn-add")
    await expect(rows).to_have_count(before + 1)
    for name, value in values.items():
        part = rows.last.locator(f"[name$='.{name}']")
        if name == "job":
            await part.select_option(value)
        elif name == "won":
            await part.set_checked(value)
        else:
            await part.fill(value)


async def test_an_editor_fills_rows_merges_deletes_and_restores(page, client, authorization, sink):
    editor = authorization(roles=["editor"])
    for path, body in [
        ("people", {"name": "Al Pacino"}), ("people", {"name": "Michael Mann"}),
        ("platforms", {"name": "Netflix"}), ("awards", {"name": "Saturn Awards"}),
        ("movies", {"title": "Heat", "year": 1995, "synopsis": "A thief and a policeman.",
                    "credits": [{"person": "michael-mann", "job": "director"}]}),
        ("movies", {"title": "Heat (double)", "year": 1995, "runtime": 170}),
    ]:  # fmt: skip
        answer = await client.post(f"/v1/{path}", json=body, headers=editor)
        assert answer.status_code == 201, answer.text
    await sign_in(page, "editor-ada")
    await page.goto("/admin/movies/edit?pk=heat-1995")
    await expect(page.locator("[id='credits.1.person']")).to_have_value("michael-mann")
    await add_row(page, "credits", person="al-pacino", job="actor", character="Vincent Hanna")
    await add_row(page, "platforms", platform="netflix", country="ES")
    await add_row(
        page, "awards", award="saturn-awards", year="1996", category="Best Film", won=True
    )
    await show(page, "10-rows")
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.wait_for_url("**/admin/movies/list**")
    film = (await client.get("/v1/movies/heat-1995?include=credits")).json()
    assert [
        (c["person"]["slug"], c["job"], c["character"], c["order"]) for c in film["credits"]
    ] == [("michael-mann", "director", None, 0), ("al-pacino", "actor", "Vincent Hanna", 1)]
    assert [(p["slug"], p["country"]) for p in film["platforms"]] == [("netflix", "ES")]
    (prize,) = film["awards"]
    assert (prize["slug"], prize["year"], prize["category"], prize["won"]) == (
        "saturn-awards", 1996, "Best Film", True,
    )  # fmt: skip
    await page.goto("/admin/movies/detail?pk=heat-1995")
    await expect(page.locator("body")).to_contain_text("al-pacino · actor · Vincent Hanna")
    await show(page, "11-rows-detail")
    await page.goto("/admin/movies/list")
    double = page.locator("tr", has_text="Heat (double)")
    await double.locator("[title='Merge into another'], "
                         "[data-bs-original-title='Merge into another']").click()  # fmt: skip
    await page.fill("#merge-into", "heat-1995")
    await show(page, "12-merge")
    await page.click(".modal.show button:has-text('Merge')")
    await expect(page.locator(".alert-success")).to_contain_text("part of Heat")
    assert (await client.get("/v1/movies/heat-double-1995")).headers["location"] == (
        "/v1/movies/heat-1995"
    )
    assert (await client.get("/v1/movies/heat-1995")).json()["runtime"] == 170
    assert (await client.delete("/v1/movies/heat-1995", headers=editor)).status_code == 204
    await page.goto("/admin/deleted/list")
    await expect(page.locator("table tbody tr")).to_have_count(1)
    await show(page, "13-deleted")
    await page.click("[title='Restore'], [data-bs-original-title='Restore']")
    await page.click(".modal.show button:has-text('Restore')")
    await expect(page.locator(".alert-success")).to_contain_text("Heat is shown again")
    assert (await client.get("/v1/movies/heat-1995")).status_code == 200
    await page.goto("/admin/imports/create")
    await show(page, "14-import-form")


async def test_an_import_is_uploaded_and_followed(page, client, dataset, context, service):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in dataset(ratings="userId,movieId,rating,timestamp\n1,1,9,5\n").iterdir():
            archive.writestr(f"ml/{file.name}", file.read_bytes())
    await sign_in(page, "editor-ada")
    await page.goto("/admin/imports/create")
    upload = {"name": "ml.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
    await page.set_input_files("#file", upload)
    await page.select_option("#source", "movielens")
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.wait_for_url("**/admin/imports/list**")
    await expect(page.locator("table tbody")).to_contain_text("queued")
    (job_id,) = await unfinished_jobs(context)
    await page.goto(f"/admin/imports/detail?pk={job_id}")
    await run_job(context, service.jobs, job_id)
    await expect(page.locator("body")).to_contain_text("succeeded", timeout=15_000)
    await expect(page.locator("body")).to_contain_text("not a half step")
    await show(page, "7-import")
    assert len((await client.get("/v1/movies")).json()["items"]) == 7


async def test_an_administrator_runs_a_task_and_tries_a_failed_job_again(
    page, context, service, broken_job
):
    await sign_in(page, "administrator")
    await page.goto("/admin/jobs/list")
    await expect(page.locator("table tbody")).to_contain_text("broken")
    await show(page, "8-jobs")
    await page.click("[title='Try again'], [data-bs-original-title='Try again']")
    await page.click(".modal.show button:has-text('Try again')")
    await expect(page.locator("table tbody")).to_contain_text("queued")
    assert await unfinished_jobs(context) == [broken_job]
    await page.goto("/admin/schedule/list")
    await show(page, "9-schedule")
