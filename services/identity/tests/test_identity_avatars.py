"""Avatars: decoded and drawn anew, in three sizes, under addresses that never change."""

import io
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from marquee_identity.avatars.drawing import draw_avatar, initials
from marquee_identity.avatars.service import FOLDER, delete_discarded
from marquee_shared.events.identity import UserUpdated


def picture(kind="JPEG", size=(900, 600), colour="red"):
    exif = Image.Exif()
    exif[0x010F] = "canary-camera"
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind, exif=exif)
    return buffer.getvalue()


async def put(client, made, data, name="me.jpg"):
    return await client.put("/v1/me/avatar", files={"file": (name, data)}, headers=made["headers"])


async def test_a_picture_is_drawn_anew_without_its_metadata(client, sign_up, sink):
    made = await sign_up("ada")
    data = picture()
    assert b"canary-camera" in data
    answer = await put(client, made, data)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert {(size["width"], size["type"]) for size in body["sizes"]} == {
        (width, kind) for width in (64, 160, 400) for kind in ("image/webp", "image/jpeg")
    }
    for size in body["sizes"]:
        shown = await client.get(size["url"])
        assert shown.headers["content-type"] == size["type"]
        assert "immutable" in shown.headers["cache-control"]
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert b"canary" not in shown.content
        with Image.open(io.BytesIO(shown.content)) as image:
            assert image.size == (size["width"], size["width"])
            assert not image.getexif()
    me = (await client.get("/v1/me", headers=made["headers"])).json()
    assert me["avatar_url"] == body["avatar_url"]
    (told,) = await sink.events(UserUpdated)
    assert told.data.avatar_url == body["avatar_url"]


async def test_the_same_picture_of_two_members_can_be_deleted_apart(
    client, sign_up, context, settings
):
    ada, bob = await sign_up("ada"), await sign_up("bob")
    urls = [(await put(client, made, picture())).json()["avatar_url"] for made in (ada, bob)]
    assert urls[0] != urls[1]
    for _ in "ab":
        assert (await client.delete("/v1/me/avatar", headers=ada["headers"])).status_code == 204
    assert (await client.get(urls[0])).status_code == 200
    await delete_discarded(context)
    gone = await client.get(urls[0])
    assert (gone.status_code, gone.json()["code"]) == (404, "file_not_found")
    assert (await client.get(urls[1])).status_code == 200
    assert len(list((settings.data_dir / "files" / FOLDER).rglob("*.webp"))) == 3


async def test_a_picture_that_came_back_is_not_deleted(client, sign_up, context):
    made = await sign_up("ada")
    url = (await put(client, made, picture())).json()["avatar_url"]
    await put(client, made, picture(colour="blue"))
    await put(client, made, picture())
    await delete_discarded(context)
    assert (await client.get(url)).status_code == 200


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_image"),
        (b"<script>alert(1)</script>", 415, "unsupported_image"),
        (b"", 415, "unsupported_image"),
        (picture()[:200], 422, "broken_image"),
        (picture(kind="PNG", size=(13_000, 10)), 413, "image_too_large"),
    ],
)
async def test_what_is_no_picture_is_refused_by_its_content(
    client, sign_up, data, status, code, sink
):
    made = await sign_up("ada")
    answer = await put(client, made, data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await sink.events(UserUpdated) == []


@pytest.mark.parametrize("path", ["../../etc/160.webp", "0" * 40 + "/161.webp", "xyz/160.webp"])
async def test_other_addresses_show_nothing(client, path):
    assert (await client.get(f"/v1/avatars/{path}")).status_code in (404, 422)


async def test_a_member_without_a_picture_has_a_drawn_one(client, sign_up):
    await sign_up("ada", first_name="Ada", last_name="Lovelace")
    answer = await client.get("/v1/users/ada/avatar.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert ">AL<" in answer.text
    assert (await client.get("/v1/users/nobody/avatar.svg")).status_code == 404


@given(st.text(max_size=60))
def test_any_name_is_drawn_as_well_formed_xml(name):
    document = ET.fromstring(draw_avatar("key", name))  # noqa: S314 - our own
    assert document.tag.endswith("svg")
    assert len(initials(name)) >= 1


async def test_unknown_parts_of_an_upload_are_refused(client, sign_up):
    made = await sign_up("ada")
    parts = {"file": ("me.jpg", picture()), "crop": (None, "square")}
    answer = await client.put("/v1/me/avatar", files=parts, headers=made["headers"])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/crop"
    assert (await client.get("/v1/me", headers=made["headers"])).json()["avatar_url"] is None
