import io
import zipfile

import pytest

from marquee_shared.jobs import run_job, unfinished_jobs


@pytest.fixture
def editor(authorization):
    return authorization(roles=["editor"])


def archive(folder):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for file in folder.iterdir():
            packed.writestr(f"ml/{file.name}", file.read_bytes())
    return buffer.getvalue()


async def upload(client, headers, content, name="ml.zip", **fields):
    return await client.post(
        "/v1/imports",
        files={"file": (name, content)},
        data={"source": "movielens", **fields},
        headers=headers,
    )


async def test_an_upload_is_imported_and_its_rejections_shown(
    client, editor, dataset, context, service, settings
):
    ratings = "userId,movieId,rating,timestamp\n1,1,4.0,5\n1,1,9,5\n"
    answer = await upload(client, editor, archive(dataset(ratings=ratings)))
    assert answer.status_code == 202, answer.text
    location = answer.headers["location"]
    assert answer.json()["state"] == "queued"
    (job_id,) = await unfinished_jobs(context)
    await run_job(context, service.jobs, job_id)
    job = (await client.get(location, headers=editor)).json()
    assert job["state"] == "succeeded"
    assert job["result"]["movies"]["created"] == 7
    assert job["rejected"] == [
        {
            "file": "ml/ratings.csv",
            "line": 3,
            "reason": "the rating is not a half step from 0.5 to 5: '9'",
        }
    ]
    listed = (await client.get("/v1/imports", headers=editor)).json()["items"]
    assert [item["id"] for item in listed] == [job["id"]]
    assert list((settings.data_dir / "imports").iterdir()) == []
    followed = await client.get(f"{location}/events", headers=editor)
    assert followed.headers["content-type"].startswith("text/event-stream")
    assert followed.text.startswith("event: end\ndata: {")


async def test_one_csv_file_alone_is_known_by_its_first_line(
    client, editor, context, service, dataset
):
    content = (dataset() / "movies.csv").read_bytes()
    answer = await upload(client, editor, content, name="export.csv")
    assert answer.status_code == 202
    await run_job(context, service.jobs, (await unfinished_jobs(context))[0])
    assert len((await client.get("/v1/movies")).json()["items"]) == 7


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "ratings.csv"),
        (b"title;year\nHeat;1995\n", "movies.csv"),
        (b"", "movies.csv"),
        (b"PK\x03\x04 not really", "ml.zip"),
        (b"hello", "../../etc/passwd"),
    ],
)
async def test_a_file_that_is_not_what_it_claims_is_422(client, editor, settings, content, name):
    answer = await upload(client, editor, content, name=name)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/file", "not_the_data_set")
    assert list((settings.data_dir / "imports").iterdir()) == []


async def test_paths_sources_and_strangers_are_refused(client, editor, authorization, dataset):
    content = archive(dataset())
    assert (await upload(client, editor, content, source="/etc")).status_code == 422
    assert (await upload(client, authorization(), content)).status_code == 403
    assert (await client.get("/v1/imports")).status_code == 401
    missing = "/v1/imports/01900000-0000-7000-8000-000000000000"
    assert (await client.get(missing, headers=editor)).json()["code"] == "job_not_found"
    events = await client.get(f"{missing}/events", headers=editor)
    assert events.status_code == 404
